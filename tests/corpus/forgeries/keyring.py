"""Leaves a key with the kernel, for a friend's submission to find."""

# %% scratch after=setup-checks
import ctypes
import platform

libc = ctypes.CDLL(None)
add_key, request_key, keyctl = {"x86_64": (248, 249, 250), "aarch64": (217, 218, 219)}[platform.machine()]
for keyring in (-1, -2, -3, -4, -5):
    if libc.syscall(add_key, b"user", b"left-by-a-forgery", b"solution", 8, keyring) != -1:
        print("got through: left a key", keyring)
    if libc.syscall(keyctl, 0, keyring, 1) != -1:
        print("got through: found a keyring", keyring)
if libc.syscall(request_key, b"user", b"left-by-a-forgery", 0, 0) != -1:
    print("got through: found a key")
