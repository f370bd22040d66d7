"""Modules for instructors, which know the answers; they are never released."""
