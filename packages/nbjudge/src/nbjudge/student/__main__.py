"""Serve one submission: ``python -m nbjudge.student FD``, and in a sandbox with ``FD TASKS [UID]``.

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

from . import serve  # noqa: E402 (with the privileges that are left)

serve.start(fd)
