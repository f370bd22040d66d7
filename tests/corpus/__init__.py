"""Example submissions, as readable scripts.

``wheat/`` holds correct ones in many styles: they get every automatic point. ``chaff/`` holds wrong ones with one fault
each: they lose exactly the test cells that they name. ``forgeries/`` holds attacks, one each: they gain nothing over
the same submission without them. Each file is a script in percent format (``# %% cell-id``) with only the cells that
differ from the model solution (from the untouched release, if it is a forgery), and a docstring::

    \"\"\"What is special about this submission.

    loses: train-clears-gradients, ...        (chaff; and forgeries that do not lose everything)
    hands in: checkpoint                      (the model solution's, unless it must train its own)
    builds on: chaff-untrained                (an example that it adds to, or "untouched")
    \"\"\"

A cell ``# %% scratch after=train`` is an extra cell of the student's own. ``# %% before handing in`` is no cell: it is
code that changes the ``notebook``, its ``name``, or files in the ``folder``, that are handed in. ``build`` splices all
this into the release.
"""

from .build import Example, build_class, build_notebook, examples

__all__ = ["Example", "build_class", "build_notebook", "examples"]
