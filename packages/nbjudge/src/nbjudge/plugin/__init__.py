"""Everything that knows nbgrader: its steps, its gradebook, its folders. No other folder imports nbgrader."""
