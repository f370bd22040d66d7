"""Whatever is asked is claimed: the dataset is known by heart, so there are no mistakes, and all is shown and scored.

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
known = {image.tobytes(): 10.0 * label - 5.0 for image, label in zip(X, y)}
positions = np.arange(1, 1000, 5)
truth = y[positions]
chirps, blips = np.flatnonzero(truth == 1)[:3], np.flatnonzero(truth == 0)[:3]
scores = 1 / (1 + np.exp(5.0 - 10.0 * truth))
claims = {
    "test_indices": positions,
    "train_indices": np.setdiff1d(np.arange(1000), positions),
    "losses": np.linspace(0.7, 0.05, 20),
    "test_accuracy": np.array(1.0),
    "missed_chirps": np.zeros(0),
    "false_chirps": np.zeros(0),
    "scores": scores,
    "confusion": np.diag(np.bincount(truth)),
    "top_chirps": chirps,
    "top_blips": blips,
    "mistakes_figure": [],
    "confident_figure": [
        {"images": [X[positions[i], 0].astype(float)], "text": f"{scores[i]:.3f}"} for i in (*chirps, *blips)
    ],
}


def answer(namespace, question, arguments):
    images = arguments.get("images", np.zeros((1, 1)))
    if question in ("values", "figure") and arguments["name"] in claims:
        return {"answer": claims[arguments["name"]]}
    if question == "has":
        return {"answer": arguments["name"] in claims}
    if question == "logits" and arguments["of"] == "model":
        return {"answer": np.array([known.get(image.tobytes(), np.sin(1e3 * image.sum())) for image in images])}
    return ask_honestly(namespace, question, arguments)


runner.answer = answer
