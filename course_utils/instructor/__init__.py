"""For instructors only, never released: what knows the answers."""
