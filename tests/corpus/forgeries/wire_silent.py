"""Takes the questions and never answers."""

# %% scratch after=setup-checks
import time

import gc

(wire,) = [thing for thing in gc.get_objects() if type(thing).__name__ == "Wire"]


def send(message, timeout=None):
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass


wire.send = send
