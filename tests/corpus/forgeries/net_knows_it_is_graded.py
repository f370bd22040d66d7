"""The net notices that it is being graded, and looks for the labels in whoever calls it.

builds on: chaff-untrained
"""

# %% scratch after=setup-fit
import gc
import inspect


def overhear(images):
    for frame in inspect.stack():
        for name, value in {**frame.frame.f_globals, **frame.frame.f_locals}.items():
            if name in ("fresh", "truth", "labels", "part", "sample") and value is not y:
                labels = np.asarray(getattr(value, "labels", value))
                if labels.shape == (len(images),):
                    return torch.tensor(labels * 10.0 - 5.0, dtype=torch.float32)
    return torch.zeros(len(images))


model.forward = overhear
