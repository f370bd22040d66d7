"""The net ignores the image and calls every other one a chirp, hoping that the order is known.

builds on: chaff-untrained
"""

# %% scratch after=setup-fit
count = 0


def in_turn(images):
    global count
    start, count = count, count + len(images)
    return torch.where(torch.arange(start, count) % 2 == 0, 5.0, -5.0)


model.forward = in_turn
