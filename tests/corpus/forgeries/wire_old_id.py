"""Answers each question with the id of the one before."""

# %% scratch after=setup-checks
import gc

(wire,) = [thing for thing in gc.get_objects() if type(thing).__name__ == "Wire"]
send, ids = wire.send, ["first"]


def send_late(message, timeout=None):
    ids.append(message["id"])
    send({**message, "id": ids[-2]}, timeout)


wire.send = send_late
