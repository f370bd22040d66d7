"""Computes late penalties: while grading, and after a deadline, an extension or a mark has changed."""

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from ..gradebook import NbgraderContext, gradebook


class AssignPenalties(AssignLatePenalties):
    """Do what nbgrader's AssignLatePenalties does, but use the open gradebook if there is one."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Save the penalty of one notebook."""
        names: NbgraderContext = resources["nbgrader"]
        self.init_plugin()
        with gradebook(names) as opened:
            submission = opened.find_submission(names["assignment"], names["student"])
            (notebook,) = (entry for entry in submission.notebooks if entry.name == names["notebook"])
            opened.db.flush()
            opened.db.refresh(notebook)  # updates its score
            notebook.late_submission_penalty = self.penalty(submission, notebook)
        return nb, resources

    def penalty(self, submission: SubmittedAssignment, notebook: SubmittedNotebook) -> float | None:
        """Points that a notebook loses; None if it is not late."""
        # Without a deadline, nbgrader can't compute an extension.
        late = submission.total_seconds_late if submission.assignment.duedate else 0
        if late <= 0:
            return None
        # If an answer must be read again, its previous mark is still shown, but does not count.
        waiting = [grade for grade in notebook.grades if grade.needs_manual_grade and grade.manual_score is None]
        score = notebook.score - sum((grade.auto_score or 0.0) + (grade.extra_credit or 0.0) for grade in waiting)
        penalty = self.plugin_inst.late_submission_penalty(submission.student.id, score, late)
        return None if penalty is None else self._check_late_penalty(notebook, penalty)


def update_penalties(db_url: str, assignment: str, config: Config) -> list[str]:
    """Compute all late penalties again, from the current deadline, extensions and marks.

    nbgrader computes penalties only when it autogrades: if the deadline is changed after that, the penalties stay the
    same, and marks given by hand after that are not reduced. This function stores the penalties that nbgrader would
    store if it autograded everybody now, but executes nothing.

    Parameters
    ----------
    db_url : str
        The address of the gradebook.
    assignment : str
        Name of the assignment. If it is not in the gradebook, there are no penalties.
    config : Config
        nbgrader's configuration, with the plugin that computes a penalty (``c.AssignLatePenalties.plugin_class``).

    Returns
    -------
    list of str
        The students whose penalty has changed, sorted by name.
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
