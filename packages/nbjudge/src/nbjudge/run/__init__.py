"""The execution of hand-ins: jobs, the sessions that run them (here or on a cluster), and the store of results."""
