"""What a demand on a label costs: the same rows decided with it and without it, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Unpack, cast

from evenhand.decide.choice import DEMANDS, Choice, Settings
from evenhand.decide.crossfit import CrossFit, crossfit
from evenhand.decide.decision import Decision
from evenhand.decide.demands import SIGN, demand_words
from evenhand.decide.figures import Figure, LabelFigures, label_differences, label_figures
from evenhand.types import Predictions, Task

NAMES = {"recall": "recall", "precision": "precision", "f1": "F1", "fpr": "false-positive rate"}


@dataclass(frozen=True)
class Price:
    """What the demands on one label cost.

    Args:
        label: its name.
        demands: kind -> value.
        value: cut or bias that meets them.
        in_sample: figures on the rows that chose the value, where the demands hold.
        cross_fitted: figures with each row decided by a rule that other rows chose.
        without: cross-fitted figures of the same settings without any demand.
        difference: ``cross_fitted`` less ``without``, on the same resamples.
    """

    label: str
    demands: Mapping[str, float]
    value: float
    in_sample: LabelFigures
    cross_fitted: LabelFigures
    without: LabelFigures
    difference: Mapping[str, Figure]

    def words(self, task: Task) -> list[str]:
        """Return the answer to "what would it cost?", one sentence a line."""
        rows = self.in_sample.rows
        asked = " and ".join(demand_words(kind, v, rows) for kind, v in self.demands.items())
        value = "from probability" if task is Task.MULTILABEL else "with bias"
        lines = [
            f"{self.label}, {asked}: give it {value} {self.value:.4g} on "
            f"({self.in_sample.positives} positives in {rows} rows).",
            f"on the rows that chose it:   {_figures(self.in_sample)}",
            f"on rows that did not choose: {_figures(self.cross_fitted)}",
            f"without the demand:          {_figures(self.without)}",
            f"the demand costs:            {self._cost()}",
        ]
        return lines + self._missed()

    def _cost(self) -> str:
        more = self.cross_fitted.given - self.without.given
        parts = [f"{abs(more)} {'more' if more >= 0 else 'fewer'} alerts"]
        for name in ("precision", "recall", "f1"):
            figure = self.difference[name]
            shown = "n/a" if figure.value is None else f"{figure.value:+.3f}"
            parts.append(f"{NAMES[name]} {shown}{_interval(figure, '+.3f')}")
        return ", ".join(parts)

    def _missed(self) -> list[str]:
        """Say which demands do not hold on rows that did not choose the value."""
        lines = []
        for kind, value in self.demands.items():
            figure = self.cross_fitted.figures[kind]
            sign = 1 if SIGN[kind] == ">=" else -1
            if figure.value is None or sign * (value - figure.value) > 0:
                shown = "n/a" if figure.value is None else f"{figure.value:.3f}"
                lines.append(
                    f"{kind} {value:g} holds on the rows that chose the cut; on others expect "
                    f"{shown}{_interval(figure, '.3f')}. Demand more than you need."
                )
        return lines


def price_demands(
    decision: Decision,
    crossed: CrossFit,
    predictions: Predictions,
    *,
    seed: int = 0,
    **settings: Unpack[Settings],
) -> list[Price]:
    """Return the price of the demands on each label, in the order of the labels.

    Args:
        decision: fitted with the demands.
        crossed: its cross-fitting.
        predictions: the rows that chose it.
        seed: of folds and resamples.
        settings: those that ``decision`` was fitted with.
    """
    wishes = Choice(**settings, seed=seed).wishes(predictions.labels)
    if not wishes:
        return []
    bare = {name: value for name, value in settings.items() if name not in DEMANDS}
    plain = crossfit(predictions, seed=seed, **cast(Settings, bare))
    decided_NC = decision.decide(predictions.scores)
    prices = []
    for c, wish in wishes.items():
        truth_N, ours_N = predictions.truth_NC[:, c], crossed.decided_NC[:, c]
        others_N = plain.decided_NC[:, c]
        prices.append(
            Price(
                label=predictions.labels.names[c],
                demands=wish.demands,
                value=decision.cuts[c].value,
                in_sample=label_figures(truth_N, decided_NC[:, c], seed=seed),
                cross_fitted=label_figures(truth_N, ours_N, seed=seed),
                without=label_figures(truth_N, others_N, seed=seed),
                difference=label_differences(truth_N, ours_N, others_N, seed=seed),
            )
        )
    return prices


def _figures(measured: LabelFigures) -> str:
    parts = []
    for name in ("recall", "precision", "f1"):
        figure = measured.figures[name]
        shown = "n/a" if figure.value is None else f"{figure.value:.3f}"
        parts.append(f"{NAMES[name]} {shown}{_interval(figure, '.3f')}")
    return ", ".join([*parts, _alerts(measured)])


def _alerts(measured: LabelFigures) -> str:
    share = measured.figures["alerts"]
    if share.value is None or share.low is None or share.high is None:
        return f"{measured.given} alerts"
    return (
        f"{measured.given} alerts ({100 * share.value:.1f} % of the rows, "
        f"{100 * share.low:.1f} to {100 * share.high:.1f})"
    )


def _interval(figure: Figure, form: str) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f" ({figure.low:{form}} to {figure.high:{form}})"
