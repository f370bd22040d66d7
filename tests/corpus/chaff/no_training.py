"""Everything but Task 2a: the later tasks are judged on a net of ours.

loses: train-split, train-mean-loss-per-epoch, train-learns-what-it-is-given-preview, train-learns-what-it-is-given,
    train-clears-gradients-preview, train-clears-gradients, train-loss-falls, evaluate-preview,
    evaluate-fresh-accuracy
"""

# %% train
try:
    from tqdm import tqdm
except ImportError:  # no progress bar, then

    def tqdm(steps, **options):
        return steps


EPOCHS = 15  # to begin with: look at the loss curve below, then decide

raise NotImplementedError("split the positions 0 to 999 into train_indices and test_indices")


def train_model(model, X, y, epochs=EPOCHS):
    """Train `model` on images X and labels y, in place; return the mean loss of each epoch."""
    raise NotImplementedError("train the model in mini-batches and return a list with the mean loss of each epoch")
