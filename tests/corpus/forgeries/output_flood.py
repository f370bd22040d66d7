"""Text, pictures and errors without measure."""

# %% scratch after=setup-checks
import sys

from IPython.display import Image, display

for _ in range(100):
    print("x" * 10**6)
    print("x" * 10**6, file=sys.stderr)
    display("x" * 10**6)
    display(Image(b"\x89PNG\r\n\x1a\n" + bytes(10**6), format="png"))
