"""An empty gradebook, and what is in one, for comparisons."""

import functools
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from nbgrader.api import Gradebook

# Of each, what identifies a row: nbgrader makes up an id for it.
NAMED = {
    "assignment": "name",
    "notebook": "(select name from assignment where id = assignment_id) || '/' || name",
    "base_cell": "name",
    "submitted_assignment": "student_id || '/' || (select name from assignment where id = assignment_id)",
    "submitted_notebook": "(select student_id from submitted_assignment as whole where whole.id = assignment_id)"
    " || '/' || (select name from notebook where id = notebook_id)",
}


def begin(course):
    """Give a course an empty gradebook: to make one, nbgrader starts another program, which takes a second."""
    (course / "gradebook.db").write_bytes(_empty())


@functools.cache
def _empty():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "gradebook.db")
        Gradebook(f"sqlite:///{path}").close()
        return path.read_bytes()


def dump(course):
    """All that is in the gradebook, with names in the places of ids."""
    with closing(sqlite3.connect(course / "gradebook.db")) as gradebook:
        names = {}
        for table, name in NAMED.items():
            rows = gradebook.execute(f"select id, {name} from {table}").fetchall()
            names |= {key: f"{table} {told}" for key, told in rows}
        content = {}
        for (table,) in gradebook.execute("select name from sqlite_master where type = 'table'").fetchall():
            cursor = gradebook.execute(f"select * from {table}")
            columns = [column for column, *_ in cursor.description]
            nameless = table not in {*NAMED, "student"}  # nothing refers to such an id
            keep = [i for i, column in enumerate(columns) if column != "id" or not nameless]
            content[table] = sorted(repr([names.get(row[i], row[i]) for i in keep]) for row in cursor)
    return content


def totals(course):
    """The automatic points of each student."""
    with sqlite3.connect(course / "gradebook.db") as gradebook:
        return dict(
            gradebook.execute(
                "select student_id, sum(auto_score) from grade"
                " join submitted_notebook on grade.notebook_id = submitted_notebook.id"
                " join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id group by 1"
            )
        )
