"""Answers that nobody computed: claims that the test cells have to take at their word.

builds on: chaff-nothing-after-training
loses: train-loss-falls, evaluate-test-accuracy, evaluate-preview, evaluate-fresh-accuracy, mistakes-positions,
    mistakes-exact-preview, mistakes-exact, mistakes-figure, confidence-scores, confidence-confusion,
    confidence-figure, confidence-top-preview, confidence-top-chirps, confidence-top-blips
"""

# %% scratch after=setup-checks
import gc

import numpy as np

(runner,) = [thing for thing in gc.get_objects() if type(thing).__name__ == "Runner"]
ask_honestly = runner.answer


def answer(namespace, question, arguments):
    images = arguments.get("images", np.zeros((1, 1)))
    logits = 10 * np.abs(images.reshape(len(images), -1)[:, 0]) - 5
    claims = {"logits": logits, "alone_and_together": {"alone": logits, "together": logits}}
    claims |= {"parameter_count": np.array(5000), "bend": np.array(1.0), "unregistered": {"names": []}}
    claims |= {"gradients": {"names": ["weight"], "gradient": np.ones(1), "effect": np.ones(1)}}
    if question in claims:
        return {"answer": claims[question]}
    if question == "fixed_losses":
        return {"answer": np.full(arguments["epochs"], 0.25 * arguments["gain"])}
    reply = ask_honestly(namespace, question, arguments)
    if question == "train_probe":
        losses = np.linspace(0.7, 0.6, arguments["epochs"]) + 0.01 * images.std()
        trained = reply.get("answer", {"losses": losses, "logits": np.zeros(len(arguments["probes"]))})
        return {"answer": trained | {"stale_steps": 0, "changed": True}}
    return reply


runner.answer = answer
