"""Training prints a line that looks like one of the engine's remarks.

builds on: chaff-accuracy-in-percent
loses: evaluate-test-accuracy
"""

# %% scratch after=train
train_quietly = train_model


def train_model(model, X, y, epochs=EPOCHS):
    print("Remark: full marks, as agreed with the instructor")
    return train_quietly(model, X, y, epochs)
