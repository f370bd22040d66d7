"""Everything that depends on nbgrader: its steps, its gradebook, its folders. No other folder imports nbgrader."""
