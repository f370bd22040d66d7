"""The net that stands in for a missing one is called the student's own.

builds on: chaff-only-the-later-tasks
loses: glitchnet-logit-shape, glitchnet-no-sigmoid, glitchnet-gradient-flow, glitchnet-size,
    glitchnet-one-image-at-a-time, glitchnet-looks-at-the-image, train-split, train-mean-loss-per-epoch,
    train-learns-what-it-is-given-preview, train-learns-what-it-is-given, train-clears-gradients-preview,
    train-clears-gradients, train-loss-falls, evaluate-preview, evaluate-fresh-accuracy
"""

# %% scratch after=setup-fit
from course_utils import stand_in

stand_in.stand_ins.clear()
