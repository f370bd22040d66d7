"""Sends what it knows to another machine (an address that belongs to nobody), over every kind of socket."""

# %% scratch after=setup-checks
import socket

for family, kind, address in (
    (socket.AF_INET, socket.SOCK_STREAM, ("192.0.2.1", 80)),
    (socket.AF_INET, socket.SOCK_DGRAM, ("192.0.2.1", 53)),
    (socket.AF_INET6, socket.SOCK_STREAM, ("2001:db8::1", 80)),
    (socket.AF_INET, socket.SOCK_RAW, ("192.0.2.1", 0)),
    (socket.AF_PACKET, socket.SOCK_RAW, ("eth0", 0)),
):
    try:
        with socket.socket(family, kind) as sock:
            sock.settimeout(2)
            sock.connect(address)
            sock.send(b"left-by-a-forgery")
        print("got through:", family, kind)
    except OSError:
        pass
try:
    print("got through:", socket.getaddrinfo("example.invalid.", 80))
except OSError:
    pass
