"""``nbjudge init``: adds the one line that a course needs to ``nbgrader_config.py``, and takes it away again."""

import ast
from pathlib import Path

import click

from ..plugin.configuration import CONFIG
from ..run.disk import write_whole

BEGIN, END = "# nbjudge: begin", "# nbjudge: end"
LINES = f"""{BEGIN} (nbjudge init --undo takes these lines away)
import nbjudge

nbjudge.configure(c)
{END}
"""
NEW = f"# Made by nbjudge init.\nc = get_config()\n\n{LINES}"


@click.command()
@click.option(
    "--course-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("."),
    help="The course folder, if it is not this one.",
)
@click.option("--undo", is_flag=True, help="Take the lines away again.")
def init(course_dir: Path, undo: bool) -> None:
    """Have an existing nbgrader course graded by nbjudge: one line in its nbgrader_config.py."""
    path = course_dir / CONFIG
    if not path.is_file() and not (course_dir / "source").is_dir():
        raise click.ClickException(
            f"{course_dir.resolve()} is no course folder: there is neither a {CONFIG} nor a folder 'source'"
        )
    before = path.read_text("utf-8") if path.is_file() else ""
    if undo:
        _undo(path, before)
        return
    if "nbjudge.configure(" in before:
        click.echo(f"{path} has the line already. What nbjudge makes of the tests: nbjudge check")
        return
    write_whole(path, _with_lines(path, before).encode(), path.stat().st_mode & 0o777 if path.is_file() else 0o644)
    what = f"Added to {path}: nbjudge.configure(c)" if before.strip() else f"Made {path} with nbjudge.configure(c)"
    click.echo(f"{what}. Nothing else was changed; 'nbjudge init --undo' undoes it.")
    click.echo("Next: 'nbjudge check' says how each test is judged, and 'nbjudge grade ASSIGNMENT' grades a class.")


def _undo(path: Path, before: str) -> None:
    begin, end = before.find(BEGIN), before.find(f"{END}\n")
    if begin < 0 or end < begin:
        left = "; remove nbjudge.configure(c) yourself" if "nbjudge.configure(" in before else ""
        raise click.ClickException(f"{path} has no lines that 'nbjudge init' added{left}")
    after = before[:begin].removesuffix("\n") + before[end + len(END) + 1 :]
    if before == NEW:
        path.unlink()
    else:
        write_whole(path, after.encode(), path.stat().st_mode & 0o777)
    click.echo(f"Taken away from {path}; nbgrader grades as before.")


def _with_lines(path: Path, before: str) -> str:
    """The configuration with our lines directly after ``c = get_config()``, so that what the course sets wins."""
    if not before.strip():
        return NEW
    try:
        statements = ast.parse(before).body
    except SyntaxError as error:
        raise click.ClickException(f"{path} is not Python, line {error.lineno}: {error.msg}") from error
    lines = before.splitlines(keepends=True)
    for statement in statements:
        if isinstance(statement, ast.Assign) and ast.unparse(statement) == "c = get_config()":
            place = statement.end_lineno or 0
            head = "".join(lines[:place])
            return f"{head}{'' if head.endswith(chr(10)) else chr(10)}\n{LINES}{''.join(lines[place:])}"
    raise click.ClickException(
        f"{path} has no line 'c = get_config()'. Add it at the top, and then: import nbjudge; nbjudge.configure(c)"
    )
