"""Late penalties after a deadline, an extension or a mark has changed."""

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config


def update_penalties(db_url: str, assignment: str, config: Config) -> list[str]:
    """Work out everybody's late penalty again, from the deadline, extensions and marks as they are now.

    nbgrader does so only when it autogrades: a deadline that is moved later changes nothing, and marks given by hand
    later are not reduced. This stores what nbgrader would if it autograded everybody now, and executes nothing.

    Parameters
    ----------
    db_url : str
        The gradebook.
    assignment : str
        Name of the assignment; one that is not in the gradebook has no penalties.
    config : Config
        nbgrader's configuration, with the plugin that knows the penalty (``c.AssignLatePenalties.plugin_class``).

    Returns
    -------
    list of str
        The students whose penalty has changed, by name.
    """
    assigning = AssignLatePenalties(config=config)
    if not assigning.enabled:
        return []
    assigning.init_plugin()
    changed = set()
    with Gradebook(db_url) as gradebook:
        try:
            submissions = gradebook.find_assignment(assignment).submissions
        except MissingEntry:
            return []
        for submission in submissions:
            # An extension of no deadline can't be worked out.
            late = submission.total_seconds_late if submission.assignment.duedate else 0
            for notebook in submission.notebooks:
                penalty = None
                if late > 0:
                    penalty = assigning.plugin_inst.late_submission_penalty(submission.student.id, notebook.score, late)
                if penalty is not None:
                    penalty = assigning._check_late_penalty(notebook, penalty)
                if (penalty or 0) != (notebook.late_submission_penalty or 0):
                    notebook.late_submission_penalty = penalty
                    changed.add(submission.student.id)
        gradebook.db.commit()
    return sorted(changed)
