"""The model solution itself, handed in with its checkpoint.

hands in: checkpoint
"""
