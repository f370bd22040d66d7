"""What is in a gradebook, for comparisons."""

import sqlite3

TABLES = ("student", "submitted_assignment", "grade", "comment", "submitted_notebook")


def dump(course):
    """The gradebook without what nbgrader makes up: ids."""
    content = {}
    with sqlite3.connect(course / "gradebook.db") as gradebook:
        for table in TABLES:
            cursor = gradebook.execute(f"select * from {table}")
            names = [column[0] for column in cursor.description]
            keep = [i for i, name in enumerate(names) if not name.endswith("id") or name == "student_id"]
            content[table] = sorted(repr([row[i] for i in keep]) for row in cursor)
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
