"""Isotonic regression: any rising curve, for labels with many positives."""
# Shapes: N rows, C classes, K known rows of a label.

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from evenhand.calibrate.calibrator import CALIBRATORS, STORED, Calibrator
from evenhand.calibrate.perlabel import (
    RULE,
    MinPositives,
    Number,
    Slope,
    check_lengths,
    enough,
    known_cells,
    log_odds,
    normalised,
    shared_slope,
)
from evenhand.types import Floats, Probs, Scores, Task, Truth

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


@STORED.register("isotonic")
@dataclass(frozen=True, kw_only=True)
class Isotonic:
    """Reads each label's probability off a rising curve, straight between its knots.

    Args:
        knots: log-odds, increasing, one list a label; empty for a label with too few positives.
        values: probability at each knot, not decreasing; held beyond the ends.
        slope: what multiplies the log-odds of labels without knots.
        task: multi-class rows are made to sum to 1.
    """

    knots: tuple[tuple[Number, ...], ...]
    values: tuple[tuple[Share, ...], ...]
    slope: Slope
    task: Task
    name: ClassVar[str] = "isotonic"

    def __post_init__(self) -> None:
        check_lengths(self.name, self.knots, self.values)
        for knots, values in zip(self.knots, self.values, strict=True):
            check_lengths(self.name, knots, values)

    def apply(self, scores: Scores) -> Probs:
        """Return the probability at each row's log-odds, ``(N, C)``."""
        z_NC = log_odds(scores, self.task)
        p_NC = np.exp(-np.logaddexp(0.0, -self.slope * z_NC))
        for c, (knots, values) in enumerate(zip(self.knots, self.values, strict=True)):
            if knots:
                p_NC[:, c] = np.interp(z_NC[:, c], knots, values)
        return normalised(p_NC, self.task)

    def to_dict(self) -> dict[str, Any]:
        """Return name, task, knots, values and the slope of labels without knots."""
        lists = {key: [list(x) for x in getattr(self, key)] for key in ("knots", "values")}
        return {"name": self.name, "task": self.task.value, "slope": self.slope, **lists}


@CALIBRATORS.register("isotonic")
def isotonic(
    scores: Scores, truth_NC: Truth, task: Task, *, min_positives: MinPositives = RULE
) -> Calibrator:
    """Fit a rising curve to each label, one label against the rest.

    It can follow any shape and therefore any noise. It ties rows that it cannot tell apart, so
    that fewer cuts are left. Probabilities stay within ``1 / (K + 2)`` of 0 and 1 with ``K``
    known rows, as no finite number of rows proves a certainty.

    Args:
        scores: logits, or probabilities taken back to logits, ``(N, C)``.
        truth_NC: 0, 1 or NaN (unknown, left out).
        task: multi-class takes each class against all others, then makes rows sum to 1.
        min_positives: positives, and negatives, below which a label has the shared slope.

    References:
        Zadrozny, Elkan 2002, doi:10.1145/775047.775151.
    """
    z_NC, own_C = log_odds(scores, task), enough(truth_NC, min_positives)
    curves = [
        _curve(*known_cells(z_NC[:, c], truth_NC[:, c])) if own else ((), ())
        for c, own in enumerate(own_C)
    ]
    return Isotonic(
        knots=tuple(knots for knots, _ in curves),
        values=tuple(values for _, values in curves),
        slope=shared_slope(z_NC, truth_NC),
        task=task,
    )


def _curve(z_K: Floats, y_K: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    from sklearn.isotonic import IsotonicRegression

    edge = 1 / (len(z_K) + 2)
    fitted = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip").fit(z_K, y_K)
    return tuple(fitted.X_thresholds_.tolist()), tuple(fitted.y_thresholds_.tolist())
