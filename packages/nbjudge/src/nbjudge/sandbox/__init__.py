"""The sandbox in which student code runs: bubblewrap, a filter of system calls, limits, and a watchdog outside."""
