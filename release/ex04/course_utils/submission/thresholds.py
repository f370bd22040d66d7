"""Points that an accuracy on fresh images earns.

The thresholds were calibrated in a study of six hundred trainings: see ``docs/threshold.md``.
"""

FRESH_IMAGES = 4000
# For the hidden check: an accuracy, and the share of the points that it earns.
ACCURACY_BANDS = ((0.85, 1.0), (0.80, 0.7), (0.70, 0.3))
# The visible check asks for more than full marks need. So a student who passes it need not expect a bad surprise, not
# even if the net is trained again on another machine.
PREVIEW_ACCURACY = 0.90


# The same for three classes, in `ex04_stretch`.
THREE_ACCURACY_BANDS = ((0.85, 1.0), (0.75, 0.5))
THREE_PREVIEW_ACCURACY = 0.88


def share_for(accuracy: float, bands: tuple[tuple[float, float], ...] = ACCURACY_BANDS) -> float:
    """Share of the points that an accuracy on fresh images earns."""
    return next((share for threshold, share in bands if accuracy >= threshold), 0.0)
