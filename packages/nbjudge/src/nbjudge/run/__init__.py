"""The execution of hand-ins: what (a job), how (a session), where (here or on a cluster), and what is kept of it."""
