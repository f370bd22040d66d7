"""The place where student code runs: bubblewrap, a filter of system calls, limits, and a watchdog outside."""
