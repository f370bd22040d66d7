"""Grade nbgrader submissions with student code and judging code in separate processes."""
