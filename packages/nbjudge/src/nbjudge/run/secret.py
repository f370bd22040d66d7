"""The secret of a course. Without it, nobody can foresee which hidden inputs a hand-in is asked about."""

import os
import secrets
from pathlib import Path

from .disk import new_folder

SECRET_FILE = ".course_secret"
SECRET_BYTES = 16


class SecretError(OSError):
    """The course's secret can't be read."""


def course_secret(root: Path) -> bytes:
    """The course's 128-bit secret, made at first use. The seeds of hidden inputs are derived from it.

    Raises
    ------
    SecretError
        The file that holds it is damaged.
    """
    path = root / SECRET_FILE
    if not path.exists():
        with new_folder(root) as folder:
            made = folder / path.name
            with made.open("x") as file:
                made.chmod(0o600)
                file.write(secrets.token_hex(SECRET_BYTES))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(made, path)
            except FileExistsError:
                pass  # another process has made the secret first
            except OSError:  # this disk has no hard links
                os.rename(made, path)
    try:
        secret = bytes.fromhex(path.read_text("ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise SecretError(
            f"{path} is damaged: it should hold {2 * SECRET_BYTES} hexadecimal digits. Put a copy of yours in its "
            "place; or remove it, and grade everybody with --begin-anew --force: then they are asked other questions"
        )
    return secret
