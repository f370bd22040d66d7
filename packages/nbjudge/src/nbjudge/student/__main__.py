"""Serves one submission: ``python -m nbjudge.student FD``, or in a sandbox ``FD TASKS [UID]``.

With UID, root starts the runner, and the runner becomes that user. Without UID, student code runs as the grader's user.
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
