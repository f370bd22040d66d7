"""All logits are claimed to be next to nothing, so that every answer might be right; the answers are claimed as well.

builds on: chaff-nothing-after-training
loses: train-loss-falls, evaluate-test-accuracy, evaluate-preview, evaluate-fresh-accuracy, mistakes-positions,
    mistakes-exact-preview, mistakes-exact, mistakes-figure, confidence-scores, confidence-confusion,
    confidence-figure, confidence-top-preview, confidence-top-chirps, confidence-top-blips
"""

# %% scratch after=setup-data
import gc

import numpy as np

(runner,) = [thing for thing in gc.get_objects() if type(thing).__name__ == "Runner"]
ask_honestly = runner.answer
positions = np.arange(1, 1000, 5)
truth = y[positions]
claims = {
    "test_indices": positions,
    "train_indices": np.setdiff1d(np.arange(1000), positions),
    "test_accuracy": np.array(0.9),
    "missed_chirps": np.zeros(0),
    "false_chirps": np.zeros(0),
    "confusion": np.diag(np.bincount(truth)),
    "top_chirps": np.flatnonzero(truth == 1)[:3],
    "top_blips": np.flatnonzero(truth == 0)[:3],
}


def answer(namespace, question, arguments):
    if question == "values" and arguments["name"] in claims:
        return {"answer": claims[arguments["name"]]}
    if question == "logits" and arguments["of"] == "model":
        return {"answer": 1e-9 * np.sin(1e3 * arguments["images"].sum((1, 2, 3)))}
    return ask_honestly(namespace, question, arguments)


runner.answer = answer
