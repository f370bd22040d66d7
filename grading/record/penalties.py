"""What a late hand-in loses, into the gradebook."""

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import AssignLatePenalties

from ..gradebook import gradebook


class AssignPenalties(AssignLatePenalties):
    """Do what nbgrader's AssignLatePenalties does, in a gradebook that is open already if there is one."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Save the penalty of one notebook."""
        names = resources["nbgrader"]
        self.init_plugin()
        with gradebook(names) as opened:
            submission = opened.find_submission(names["assignment"], names["student"])
            (notebook,) = (entry for entry in submission.notebooks if entry.name == names["notebook"])
            notebook.late_submission_penalty = None
            late = submission.total_seconds_late
            if late > 0:
                opened.db.flush()
                opened.db.refresh(notebook)  # its score
                penalty = self.plugin_inst.late_submission_penalty(names["student"], notebook.score, late)
                if penalty is not None:
                    notebook.late_submission_penalty = self._check_late_penalty(notebook, penalty)
        return nb, resources
