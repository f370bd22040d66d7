"""Own functions are in a notebook of their own, which is run from this one.

hands in: checkpoint
"""

# %% evaluate
%run my_helpers.ipynb
X_test, y_test = X[test_indices], y[test_indices]
test_logits = logits_of(model, X_test, DEVICE)
called_chirp = (test_logits > 0).numpy()
test_accuracy = np.mean(called_chirp == y_test)

# %% before handing in
import json

source = """import torch


def logits_of(model, images, device):
    model.eval()
    with torch.no_grad():
        return model(torch.from_numpy(images).to(device)).cpu().ravel()
"""
cell = {"cell_type": "code", "id": "helpers", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
(folder / "my_helpers.ipynb").write_text(
    json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]})
)
