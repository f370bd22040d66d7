"""The student side, which runs inside the sandbox. Of this package, it imports only `nbjudge.protocol`."""
