"""Rules and verifier against the labels of the model: what does not go together is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evenhand.bundle import Predictor
from evenhand.errors import ConfigError, did_you_mean
from evenhand.stages.rule import Rule
from evenhand.stages.verifier import Doubt
from evenhand.types import LabelSpace, Task


def refuse(what: str, *, got: str, fix: str) -> ConfigError:
    """Return the error of stages that cannot be."""
    return ConfigError("E502", what, got=got, fix=fix)


@dataclass(frozen=True)
class Stages:
    """Everything beside the model.

    Args:
        rules: in order.
        critical: labels that no stage may silence.
        doubt: who else is asked, and when.
        source: file, or phrase for error messages.
    """

    rules: Sequence[Rule] = ()
    critical: Sequence[str] = ()
    doubt: Doubt | None = None
    source: str = "stages"

    def refuse_unfit(self, model: Predictor) -> None:
        """Raise where they do not go with each other or with the model's labels.

        Raises:
            ConfigError: E502.
        """
        self._refuse_twice()
        for where, name in self._named():
            if name not in model.labels.names:
                raise refuse(
                    f"{self.source}: that is no label of the model",
                    got=f"{where}: {name!r}",
                    fix=did_you_mean(name, model.labels.names),
                )
        self._refuse_out_of_range()
        self._refuse_yielding(model.decision.exclusive)
        self._refuse_one_label_a_row(model.labels)

    def _named(self) -> Iterator[tuple[str, str]]:
        yield from (("critical", name) for name in self.critical)
        for rule in self.rules:
            for name in rule.lifts:
                yield f"rule {rule.name!r}, {'raise' if name == rule.raises else 'floor'}", name
        if self.doubt is not None:
            yield from (("verifier.labels", name) for name in self.doubt.labels)

    def _refuse_twice(self) -> None:
        counts = Counter(rule.name for rule in self.rules)
        for name, count in counts.items():
            if count > 1:
                raise refuse(
                    f"{self.source}: two rules have one name",
                    got=f"name = {name!r}",
                    fix="give each rule its own: answers and tables tell them apart by it",
                )

    def _refuse_out_of_range(self) -> None:
        for rule in self.rules:
            for label, floor in rule.floors.items():
                if not 0 < floor <= 1:
                    raise refuse(
                        f"{self.source}, rule {rule.name!r}: a floor that cannot be",
                        got=f"floor of {label!r}: {floor!r}",
                        fix="a probability above 0, at most 1",
                    )
        if self.doubt is not None and not 0 <= self.doubt.low < self.doubt.high <= 1:
            raise refuse(
                f"{self.source}: the verifier would never be asked",
                got=f"between = [{self.doubt.low}, {self.doubt.high}]",
                fix="between = [LOW, HIGH], two probabilities, the lower one first",
            )

    def _refuse_yielding(self, exclusive: str | None) -> None:
        """Refuse to promise a label that the decision itself takes away beside others."""
        promised = {"critical": list(self.critical)}
        promised |= {
            f"rule {rule.name!r}, raise": [rule.raises] for rule in self.rules if rule.raises
        }
        for where, names in promised.items():
            if exclusive in names:
                raise refuse(
                    f"{self.source}: that label yields to any other, so nothing can promise it",
                    got=f"{where}: {exclusive!r}, the model's exclusive label",
                    fix=f"leave {exclusive!r} out there",
                )

    def _refuse_one_label_a_row(self, labels: LabelSpace) -> None:
        """Refuse to lift one label where that would lower the others."""
        if labels.task is Task.MULTILABEL:
            return
        lifting = [f"rule {rule.name!r}" for rule in self.rules if rule.lifts]
        lifting += [] if self.doubt is None else ["a verifier"]
        if lifting:
            raise refuse(
                f"{self.source}: this model gives one label a text, to raise one lowers others",
                got=lifting[0],
                fix="route or abstain, or train a model that gives several labels a text",
            )
