"""``python -m nbjudge`` does what ``nbjudge`` does."""

from .commands import main

main()
