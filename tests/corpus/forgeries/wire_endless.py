"""Answers one byte at a time, for ever."""

# %% scratch after=setup-checks
import struct
import time

import gc

(wire,) = [thing for thing in gc.get_objects() if type(thing).__name__ == "Wire"]


def send(message, timeout=None):
    wire._socket.sendall(struct.pack(">I", 2**20))
    while True:
        wire._socket.sendall(b" ")
        time.sleep(0.2)


wire.send = send
