"""The model solution itself, handed in with its checkpoints.

hands in: checkpoint
"""
