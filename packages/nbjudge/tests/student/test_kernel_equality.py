"""What real courses do in small notebooks goes on in the sandbox as it does in a Jupyter kernel.

`docs/kernel.md` says in words what is equal and what is not. Each small notebook says itself what must come out, so
they are tried in stock Jupyter, too: else they would prove nothing.
"""

import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbjudge.run.plan import PlannedCell
from nbjudge.run.session import Session
from nbjudge.sandbox.limits import Limits

from helpers.ordinary_user import PROJECT
from helpers.small_notebooks import NAME, complaints, read_all

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

SMALL = read_all()
KERNEL = PROJECT / "docs" / "kernel.md"
QUICK = 12  # one in so many is tried with every `make test`
LIMITS = Limits(cell=60.0, memory=2 * 2**30)


def in_sandbox(small):
    """The outputs of each cell, as the sandbox records them."""
    cells = [PlannedCell(cell.source, on_student_side=True) for cell in small.cells]
    reports = Session(cells, files=small.files, notebook=Path(NAME).stem, limits=LIMITS).run()
    return [
        [
            (output["type"], f"{output['name']}: {output['value']}" if output["type"] == "error" else output["text"])
            for output in report["outputs"]
        ]
        for report in reports
    ]


def in_jupyter(small, folder):
    """The outputs of each cell, as nbclient gets them from ipykernel."""
    home = folder / "home" / "ps1"
    for name, content in small.contents().items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)
    notebook = nbformat.read(home / NAME, as_version=4)
    NotebookClient(notebook, timeout=60, allow_errors=True, resources={"metadata": {"path": str(home)}}).execute()
    return [[_said(output) for output in cell.outputs] for cell in notebook.cells]


def _said(output):
    match output.output_type:
        case "error":
            return "error", f"{output.ename}: {output.evalue}"
        case "stream":
            return "stream", output.text
    return output.output_type, output.data.get("text/plain", "")


def cases(every):
    """The notebooks as parameters of a test; all but one in `every` are slow."""
    return [
        pytest.param(small, id=small.name, marks=[pytest.mark.slow] if number % every else [])
        for number, small in enumerate(SMALL)
    ]


def test_there_are_enough_of_them():
    assert len(SMALL) >= 200 and len({small.name for small in SMALL}) == len(SMALL)


@pytest.mark.parametrize("small", [small for small in SMALL if small.refused], ids=lambda small: small.name)
def test_what_is_refused_on_purpose_is_documented(small):
    assert f"| {small.title} | " in KERNEL.read_text()


@pytest.mark.parametrize("small", cases(QUICK))
def test_the_sandbox_does_what_a_kernel_does(small):
    found = complaints(small, in_sandbox(small))
    assert not found if not small.refused else found


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of nbclient and zmq, about themselves
@pytest.mark.parametrize("small", cases(1))
def test_a_kernel_does_it(small, tmp_path):
    assert complaints(small, in_jupyter(small, tmp_path)) == []
