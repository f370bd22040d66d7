"""The model solution without any checkpoint: both nets are trained in grading."""
