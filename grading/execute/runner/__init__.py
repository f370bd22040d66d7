"""The student side: what runs inside the sandbox. It imports nothing from the rest of the project."""
