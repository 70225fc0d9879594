"""What a run file asks of its decision, in the terms of those who fit it."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from evenhand.config import RunConfig
from evenhand.data import Dataset
from evenhand.decide import Choice, Costs, Decision, Settings, read_costs
from evenhand.decide.asked import share_of
from evenhand.decide.demands import demand_words, refuse_impossible
from evenhand.decide.folds import refuse_undivided
from evenhand.run.folder import Layout
from evenhand.run.sound import read_sound
from evenhand.types import Role


def costs_of(config: RunConfig) -> Costs | None:
    """Read the file of costs, if one is named. Raises as ``read_costs``."""
    path = config.decision.costs
    return None if path is None else read_costs(Path(path))


def kept_costs(layout: Layout) -> Costs | None:
    """Return the costs that a run was started with, whatever became of their file."""
    stored = read_sound(layout.manifest).get("costs")
    return None if stored is None else Costs.from_dict(stored)


def decision_settings(config: RunConfig, *, rows: int, costs: Costs | None) -> Settings:
    """Return the settings of ``fit_decision`` as the run file has them.

    Args:
        config: the run's settings.
        rows: number of tune rows, of which a budget such as 50 is a share.
        costs: what the run's file of costs says.
    """
    budgets = config.decision.alerts.items()
    alerts = {label: share_of(label, budget, rows) for label, budget in budgets}
    return cast(Settings, config.decision.model_dump() | {"alerts": alerts, "costs": costs})


def settings_as_decided(config: RunConfig, decision: Decision) -> Settings:
    """Return the settings that ``decision`` was fitted with; no file of costs is read again.

    Args:
        config: the settings of the run that the decision belongs to.
        decision: it keeps costs, and budgets as shares.
    """
    costs = decision.asked.get("costs")
    changed = {
        "alerts": decision.asked.get("alerts", {}),
        "costs": None if costs is None else Costs.from_dict(costs),
    }
    return cast(Settings, config.decision.model_dump() | changed)


def check_demands(config: RunConfig, dataset: Dataset, costs: Costs | None) -> list[str]:
    """Refuse what the decision can never do on these rows, before any training.

    Args:
        config: the run's settings.
        dataset: rows with roles.
        costs: what the run's file of costs says.

    Returns:
        What is demanded, a line each.

    Raises:
        DataError: E201 for a name that is no label, E207 where all tune rows are of one group,
            E214 for a demand that no scores could meet.
        ConfigError: E102 or E105 for settings that cannot be.
    """
    labels, truth_NC = dataset.labels, dataset.truth(Role.TUNE)
    asked = decision_settings(config, rows=len(truth_NC), costs=costs)
    choice = Choice(**asked, seed=config.seed)
    choice.check_labels(labels)
    choice.refuse_idle(labels)
    refuse_undivided(dataset.unit_N[dataset.rows(Role.TUNE)])
    refuse_impossible(truth_NC, labels, choice.wishes(labels))
    positive_C = (truth_NC == 1).sum(axis=0)
    return [
        f"demand  {label}: {demand_words(kind, value, len(truth_NC))}, "
        f"{positive_C[labels.index(label)]} positives among {len(truth_NC):,} tune rows"
        for kind, label, value in choice.demanded()
    ]
