"""Words that messages to students share."""


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: "1 image", "2 images", "1,024 images"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def sentences(*parts: str) -> str:
    """Sentences one after the other, without those that are empty."""
    return " ".join(part for part in parts if part)
