"""Grades nbgrader courses: student code in a sandbox, tests apart from it, and a whole class at once."""

from typing import Any


def configure(config: Any) -> None:
    """Have a course graded by nbjudge: the one line that ``nbgrader_config.py`` needs.

    It stands at the top of the file. What the course sets after it wins.

    Parameters
    ----------
    config : traitlets.config.Config
        ``get_config()`` of the file.

    Examples
    --------
    ::

        c = get_config()

        import nbjudge

        nbjudge.configure(c)
    """
    from .plugin.configure import configure  # nbgrader, which the student's side and the judging side do without

    configure(config)
