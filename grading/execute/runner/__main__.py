"""Serve one submission: ``python -m runner FD``, and in a sandbox ``python -m runner FD TASKS [UID]``.

With UID the runner is started by root and becomes that user; without it, student code has the grader's own user.
"""

import sys

from . import init

fd, *sandboxed = map(int, sys.argv[1:])
if sandboxed:
    tasks, *user = sandboxed
    init.limit(tasks)
    init.stay_behind()
    for uid in user:
        init.drop_privileges(uid)

from . import serve  # noqa: E402 (the first process should stay small)

serve.start(fd)
