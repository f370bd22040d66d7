"""Grades nbgrader courses: student code in a sandbox, tests apart from it, and a whole class at once."""
