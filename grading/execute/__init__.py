"""Run a submission: its own code in a sandbox, the test cells outside it, unless they are ordinary ones of nbgrader's.

``preprocessor`` is where nbgrader comes in; it plans which cell runs where (``plan``) and hands the plan to
``session``, which starts a ``sandbox`` with the ``runner`` inside and a ``grader_kernel`` beside it, a copy of a
``template``, joined by one socketpair. The grader kernel holds the judging end of it, the ``door``. The ``watchdog``
ends a sandbox that exceeds its ``limits``.
"""
