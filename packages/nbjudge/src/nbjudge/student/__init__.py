"""The student side, which runs inside the sandbox. It imports `nbjudge.protocol`, and nothing else of this package."""
