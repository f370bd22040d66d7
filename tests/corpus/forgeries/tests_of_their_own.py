"""Own cells carry the metadata of test cells, under new ids and under ids that are known."""

# %% before handing in
from copy import deepcopy

(pattern,) = [cell for cell in notebook.cells if cell.id == "glitchnet-size"]
for number, ident in enumerate(["my-own-test", "glitchnet-size", "setup-checks", "", None, 7]):
    own = deepcopy(pattern)
    own.id = f"own-{number}"
    own.source = "open('/tmp/left-by-a-forgery', 'w')\n__door__ = None\n1000.0"
    own.metadata.nbgrader.update(grade_id=ident, points=1000)
    notebook.cells.insert(3 * number, own)
