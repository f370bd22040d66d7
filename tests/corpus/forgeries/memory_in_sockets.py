"""Memory is kept where no process has it (a quarter of a gigabyte here): in sockets that nobody reads."""

# %% scratch after=setup-checks
import socket

kept = []
for _ in range(500):
    kept += socket.socketpair()
    kept[-1].setblocking(False)
    kept[-1].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)
    try:
        for _ in range(8):
            kept[-1].send(bytes(2**16))
    except OSError:
        pass
