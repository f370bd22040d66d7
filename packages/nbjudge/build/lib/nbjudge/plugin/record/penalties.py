"""What late hand-ins lose: while grading, and after a deadline, an extension or a mark has changed."""

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from ..gradebook import NbgraderContext, gradebook


class AssignPenalties(AssignLatePenalties):
    """Do what nbgrader's AssignLatePenalties does, in a gradebook that is open already if there is one."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Save the penalty of one notebook."""
        names: NbgraderContext = resources["nbgrader"]
        self.init_plugin()
        with gradebook(names) as opened:
            submission = opened.find_submission(names["assignment"], names["student"])
            (notebook,) = (entry for entry in submission.notebooks if entry.name == names["notebook"])
            opened.db.flush()
            opened.db.refresh(notebook)  # its score
            notebook.late_submission_penalty = self.penalty(submission, notebook)
        return nb, resources

    def penalty(self, submission: SubmittedAssignment, notebook: SubmittedNotebook) -> float | None:
        """Points that a notebook loses; None if it is not late."""
        # An extension of no deadline can't be worked out.
        late = submission.total_seconds_late if submission.assignment.duedate else 0
        if late <= 0:
            return None
        # A mark for an answer that is to be read again stays there to be seen, and does not count.
        waiting = [grade for grade in notebook.grades if grade.needs_manual_grade and grade.manual_score is None]
        score = notebook.score - sum((grade.auto_score or 0.0) + (grade.extra_credit or 0.0) for grade in waiting)
        penalty = self.plugin_inst.late_submission_penalty(submission.student.id, score, late)
        return None if penalty is None else self._check_late_penalty(notebook, penalty)


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
    assigning = AssignPenalties(config=config)
    if not assigning.enabled:
        return []
    assigning.init_plugin()
    changed = set()
    with Gradebook(db_url) as opened:
        try:
            submissions = opened.find_assignment(assignment).submissions
        except MissingEntry:
            return []
        for submission in submissions:
            for notebook in submission.notebooks:
                penalty = assigning.penalty(submission, notebook)
                if (penalty or 0) != (notebook.late_submission_penalty or 0):
                    notebook.late_submission_penalty = penalty
                    changed.add(submission.student.id)
        opened.db.commit()
    return sorted(changed)
