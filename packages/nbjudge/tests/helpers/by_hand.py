"""An assignment with cells that a grader reads, and marks as formgrader saves them."""

from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook

from helpers.tiny_course import cell, light, marked

BY_HAND = ("essay", "use", "task")


def assignment():
    """Two tests, and of each kind of cell that is graded by hand one."""
    notebook = light()
    notebook.cells += [
        marked("essay", "A model answer.", new_markdown_cell, grade=True, solution=True, points=5),
        marked("use", "first + second", grade=True, solution=True, points=3),
        marked("task", "## Task\n\nTry it.", new_markdown_cell, task=True, locked=True, points=2),
    ]
    return notebook


def work(words="It works.", code="first", **more):
    """What a student makes of it."""
    notebook = assignment()
    sources = {"first": "first = 1", "second": "second = 2", "essay": words, "use": code} | more
    for ident, source in sources.items():
        cell(notebook, ident).source = source
    return notebook


def put(course, student, ident, score, notebook="work", **more):
    """Save a mark as formgrader does."""
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        found = gradebook.find_grade(ident, notebook, "ex1", student)
        found.manual_score, found.extra_credit = score, more.get("extra")
        found.needs_manual_grade = found.manual_score is None and found.auto_score is None
        gradebook.db.commit()


def told(course, student, ident, notebook="work"):
    """What a grader sees in the field for the mark, in grey if it is empty, and whether the mark is settled."""
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        found = gradebook.find_grade(ident, notebook, "ex1", student)
        return found.manual_score, found.auto_score, not found.needs_manual_grade
