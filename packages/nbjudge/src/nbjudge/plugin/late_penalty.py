"""The late penalty: how many points a late hand-in loses."""

import math

from nbgrader.plugins import BasePlugin
from traitlets import Float

SECONDS_PER_DAY = 24 * 60 * 60


class PenaltyPerDay(BasePlugin):
    """Takes a share of the marks for every day begun after the deadline."""

    percent_per_day = Float(10.0, help="Percent of the marks lost for every day begun.").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        """Points lost by a submission.

        Parameters
        ----------
        student_id : str
            Not used; nbgrader passes it.
        score : float
            Points earned.
        total_seconds_late : float
            Seconds after the deadline, minus extensions.

        Returns
        -------
        float
            The points lost; at most `score`.
        """
        days = math.ceil(total_seconds_late / SECONDS_PER_DAY)
        return score * min(1.0, days * self.percent_per_day / 100)
