"""Announces messages of gigabytes, and arrays of terabytes."""

# %% scratch after=setup-checks
import json
import struct

import gc

(wire,) = [thing for thing in gc.get_objects() if type(thing).__name__ == "Wire"]


def send(message, timeout=None):
    arrays = [{"dtype": "<f8", "shape": [2**40]}, {"dtype": "<f8", "shape": [2**31, 2**31, 0]}]
    header = json.dumps({"body": {"id": message["id"], "answer": {"$array": 0}}, "arrays": arrays}).encode()
    wire._socket.sendall(struct.pack(">I", len(header)) + header + bytes(2**20))
    wire._socket.sendall(struct.pack(">I", 2**32 - 1) + b"x" * 2**20)


wire.send = send
