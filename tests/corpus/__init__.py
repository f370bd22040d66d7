"""Example submissions, as readable scripts.

``wheat/`` holds correct ones in many styles: they get every automatic point. ``chaff/`` holds wrong ones with one fault
each: they lose exactly the test cells that they name. Each file is a script in percent format (``# %% cell-id``) with
only the cells that differ from the model solution, and a docstring::

    \"\"\"What is special about this submission.

    loses: train-clears-gradients, ...        (chaff only)
    hands in: checkpoint                      (the model solution's, unless it must train its own)
    \"\"\"

A cell ``# %% scratch after=train`` is an extra cell of the student's own. ``build`` splices all this into the release.
"""

from .build import Example, build_class, build_notebook, examples

__all__ = ["Example", "build_class", "build_notebook", "examples"]
