"""Memory is filled (half a gigabyte here) and kept."""

# %% scratch after=setup-checks
kept = [bytearray(b"x" * 2**26) for _ in range(8)]
