"""Helpers for the wording of messages to students."""


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: "1 image", "2 images", "1,024 images"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def sentences(*parts: str) -> str:
    """Join sentences, and leave out those that are empty."""
    return " ".join(part for part in parts if part)
