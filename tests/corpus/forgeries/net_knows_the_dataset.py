"""The net looks images up: in the dataset, and among those that the public seeds give.

builds on: chaff-untrained
loses: train-loss-falls, evaluate-test-accuracy, evaluate-preview, evaluate-fresh-accuracy, mistakes-positions,
    mistakes-exact-preview, mistakes-exact, mistakes-figure, confidence-scores, confidence-confusion,
    confidence-figure, confidence-top-preview, confidence-top-chirps, confidence-top-blips
"""

# %% scratch after=setup-fit
known = {image.tobytes(): label for image, label in zip(X, y)}
for purpose in ("preview", "fresh-accuracy"):
    sample = simulators.fresh_in_bulk(4000, submission.seed(purpose))
    known |= {image.tobytes(): label for image, label in zip(sample.images, sample.labels)}


def look_up(images):
    found = [known.get(image.numpy().tobytes()) for image in images.cpu()]
    return torch.tensor([{None: 0.0, 0: -5.0, 1: 5.0}[label] for label in found])


model.forward = look_up
