"""Talks to servers on the same machine: ports, named sockets, sockets without a file."""

# %% scratch after=setup-checks
import socket

addresses = [(socket.AF_INET, ("127.0.0.1", port)) for port in (22, 80, 5432, 8786, 8888, *range(48000, 48100))]
addresses += [(socket.AF_UNIX, "/tmp/canary-of-the-forgeries.socket"), (socket.AF_UNIX, "\0canary-of-the-forgeries")]
addresses += [(socket.AF_UNIX, "/run/docker.sock"), (socket.AF_UNIX, "/run/dbus/system_bus_socket")]
for family, address in addresses:
    with socket.socket(family) as sock:
        sock.settimeout(1)
        if sock.connect_ex(address) == 0:
            print("got through:", address)
