"""The command ``nbjudge``, and ``python -m nbjudge``."""

import sys

NO_LINUX = (
    "Error: nbjudge needs Linux, for its sandbox is made of namespaces, which {} does not have. Grade in a container: "
    "`docker compose run --rm course make grade`, with the Dockerfile and compose.yaml of nbjudge's repository; on "
    "Windows, WSL 2 is a Linux, too."
)


def main() -> None:
    """Run the command, where there is a Linux."""
    if sys.platform != "linux":
        sys.exit(NO_LINUX.format(sys.platform))
    from .commands import main  # some of its modules can't be imported elsewhere

    main()


if __name__ == "__main__":
    main()
