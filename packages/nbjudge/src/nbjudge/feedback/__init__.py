"""The feedback page that a student gets back."""
