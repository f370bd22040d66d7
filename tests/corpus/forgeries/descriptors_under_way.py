"""Sends descriptors that nobody receives, until the kernel lets this user send none, nor the neighbours."""

# %% scratch after=setup-checks
import socket

kept = []
try:
    for _ in range(80):
        kept += socket.socketpair()
        socket.send_fds(kept[-1], [b"x"], [0] * 250)
except (OSError, AttributeError) as error:
    print(error)
