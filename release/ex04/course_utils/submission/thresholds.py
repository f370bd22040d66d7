"""What accuracy on fresh images is worth.

Calibrated on a study of six hundred trainings: see ``docs/threshold.md``.
"""

FRESH_IMAGES = 4000
# Share of the points of the hidden check: from this accuracy on, that share.
ACCURACY_BANDS = ((0.85, 1.0), (0.80, 0.7), (0.70, 0.3))
# The visible check asks for more than full marks need. Whoever passes it has no bad surprise to fear, not even when the
# net is trained again on another machine.
PREVIEW_ACCURACY = 0.90


def share_for(accuracy: float) -> float:
    """Share of the points that an accuracy on fresh images earns, by `ACCURACY_BANDS`."""
    return next((share for threshold, share in ACCURACY_BANDS if accuracy >= threshold), 0.0)
