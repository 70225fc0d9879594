"""What each stage of a pipeline brings: the whole against itself with stages left out.

Every variant answers the same rows and is measured on the same resamples, so differences are
paired. A difference is the whole less the variant: positive where what was left out brings more.
Shapes: N rows, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evenhand.evaluate.compare import Settings
from evenhand.evaluate.intervals import (
    METHOD,
    Figures,
    Replicates,
    Statistic,
    bootstrap,
    decided_statistic,
    groups_drawn,
)
from evenhand.evaluate.metrics import Decided
from evenhand.types import Floats, Predictions, Truth

FULL = "full"
"""Name of the whole pipeline among the variants."""
FIGURES = ("recall", "precision", "alerts")


def stage_effects(
    rows: Predictions,
    variants: Mapping[str, Decided],
    critical: Sequence[str],
    *,
    settings: Settings,
) -> dict[str, Any]:
    """Measure each variant, and what the whole has over it.

    Args:
        rows: whose truth is known.
        variants: name -> labels given, bool, ``(N, C)``; ``full`` is the whole.
        critical: labels of which recall, precision and alerts are shown.
        settings: resamples, level, seed.

    Returns:
        Plain values for JSON, undefined figures None.
    """
    found = bootstrap(
        [_statistic(rows.truth_NC, decided_NC) for decided_NC in variants.values()],
        len(rows),
        resamples=settings.resamples,
        seed=settings.seed,
        groups_N=rows.groups_N,
    )
    measured = dict(zip(variants, found, strict=True))
    groups = groups_drawn(rows.groups_N)
    columns = {name: rows.labels.index(name) for name in critical}
    return {
        "rows": len(rows),
        **({} if groups is None else {"groups": groups}),
        "level": settings.level,
        "resamples": settings.resamples,
        "seed": settings.seed,
        "interval": f"paired {METHOD}",
        "difference": "full - variant",
        "variants": [
            {
                "name": name,
                "macro_f1": own.interval("macro_f1", level=settings.level).to_dict(),
                "difference": _less(measured[FULL], own, "macro_f1", level=settings.level),
            }
            for name, own in measured.items()
        ],
        "critical": [
            {
                "name": name,
                "support": int((rows.truth_NC[:, c] == 1).sum()),
                "variants": [
                    {"name": variant} | _of_label(own, measured[FULL], c, level=settings.level)
                    for variant, own in measured.items()
                ],
            }
            for name, c in columns.items()
        ],
    }


def changes(truth_NC: Truth, before_NC: Decided, after_NC: Decided) -> dict[str, int]:
    """Count rows of which a label changed, and changed labels that are right or wrong after it.

    A label whose truth is unknown is neither.
    """
    changed_NC = before_NC != after_NC
    right_NC = (truth_NC == 1) == after_NC
    known_NC = ~np.isnan(truth_NC)
    return {
        "changed_rows": int(changed_NC.any(axis=1).sum()),
        "right": int((changed_NC & known_NC & right_NC).sum()),
        "wrong": int((changed_NC & known_NC & ~right_NC).sum()),
    }


def _statistic(truth_NC: Truth, decided_NC: Decided) -> Statistic:
    decided = decided_statistic(truth_NC, decided_NC)
    alerts_CN = (decided_NC & ~np.isnan(truth_NC)).T.astype(np.float64)

    def figures(weights_NR: Floats) -> Figures:
        return decided(weights_NR) | {"alerts": alerts_CN @ weights_NR}

    return figures


def _less(whole: Replicates, part: Replicates, name: str, *, level: float) -> dict[str, Any]:
    return whole.minus(part, name, level=level).to_dict()


def _of_label(own: Replicates, whole: Replicates, c: int, *, level: float) -> dict[str, Any]:
    """Return a label's figures, and what the whole has over them."""
    mine, all_of_it = _column(own, c), _column(whole, c)
    figures = {name: mine.interval(name, level=level).to_dict() for name in FIGURES}
    return figures | {
        "difference": {name: _less(all_of_it, mine, name, level=level) for name in FIGURES}
    }


def _column(replicates: Replicates, c: int) -> Replicates:
    return Replicates(
        values={name: replicates.values[name][c] for name in FIGURES},
        draws={name: replicates.draws[name][c] for name in FIGURES},
    )
