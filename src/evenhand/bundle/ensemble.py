"""An ensemble as its bundle holds it: the members' own bundles, and what combines them.

```
bundle/  bundle.json  decision.json  members/1/ ...  MANIFEST.json
```
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand.bundle.classifier import Answers, Predictor
from evenhand.combine import Combination, Voices, from_dict
from evenhand.decide import Decision
from evenhand.durable import Content, json_bytes, write_folder
from evenhand.errors import BundleError, ConfigError
from evenhand.types import LabelSpace, Probs

if TYPE_CHECKING:
    from evenhand.data import Schema
    from evenhand.data.series import SeriesSchema

FORMAT = 1
KIND = "ensemble"
KEYS = frozenset(("format", "task", "labels", "combination", "members"))
"""What ``bundle.json`` of an ensemble cannot do without."""
_AGAIN = "combine again: evenhand ensemble RUN RUN --out NEW"


class EnsembleClassifier:
    """Several classifiers that answer as one: what ``evenhand.load`` returns for an ensemble.

    Args:
        members: each with its own calibrator and cuts.
        combination: makes one probability of theirs.
        decision: calibrator and cuts of what comes of it.
    """

    def __init__(
        self, members: Sequence[Predictor], combination: Combination, *, decision: Decision
    ) -> None:
        self.members = tuple(members)
        self.combination = combination
        self.decision = decision

    @property
    def labels(self) -> LabelSpace:
        """The labels, in the order of every ``C`` axis."""
        return self.decision.labels

    @property
    def schema(self) -> Schema | SeriesSchema:
        """How the training data was read; the members read the same."""
        return self.members[0].schema

    def scores(self, rows: Any, *, progress: Callable[[int], None] | None = None) -> Probs:
        """Return combined probabilities, ``(N, C)``, that the decision then calibrates.

        Args:
            rows: texts, or the windows of series.
            progress: called with the number of rows that all members are done with.
        """
        last = len(self.members) - 1
        told = [
            member.scores(rows, progress=progress if place == last else None)
            for place, member in enumerate(self.members)
        ]
        voices = Voices.of([member.decision for member in self.members], told)
        return self.combination.apply(voices)

    def predict(self, rows: Any, *, progress: Callable[[int], None] | None = None) -> Answers:
        """Return probabilities and labels of ``rows``, in their order."""
        scores = self.scores(rows, progress=progress)
        return Answers(self.labels, self.decision.probs(scores), self.decision.decide(scores))


def save(
    folder: Path, members: Mapping[str, Path], combination: Combination, decision: Decision
) -> None:
    """Write the bundle of an ensemble, whole or not at all.

    Args:
        folder: to write.
        members: name -> folder of its bundle, in the order of the combination's numbers.
        combination: fitted.
        decision: fitted on what comes of it.

    Raises:
        WriteError: E106 when the disk is full.
    """
    places = {f"members/{n}": path for n, path in enumerate(members.values(), start=1)}
    described = {
        "format": FORMAT,
        "kind": KIND,
        "task": decision.labels.task.value,
        "labels": list(decision.labels.names),
        "combination": combination.to_dict(),
        "members": [
            {"folder": place, "name": name} for place, name in zip(places, members, strict=True)
        ],
    }
    files: dict[str, Content] = {
        "bundle.json": json_bytes(described),
        "decision.json": json_bytes(decision.to_dict()),
    }
    for place, path in places.items():
        files |= {
            f"{place}/{file.relative_to(path).as_posix()}": partial(shutil.copyfile, file)
            for file in sorted(path.rglob("*"))
            if file.is_file()
        }
    write_folder(folder, files)


def read(
    folder: Path,
    described: Mapping[str, Any],
    decision: Decision,
    *,
    member: Callable[[Path], Predictor],
) -> EnsembleClassifier:
    """Return the ensemble that a sound bundle describes.

    Args:
        folder: of the bundle; its files are as the manifest says.
        described: what ``bundle.json`` holds.
        decision: what ``decision.json`` holds.
        member: reads the bundle of one member.

    Raises:
        BundleError: E402 when the parts do not belong together.
    """
    lacking = sorted(KEYS - described.keys())
    if lacking or described["format"] != FORMAT:
        got = f"bundle.json without {', '.join(lacking)}" if lacking else "another format"
        raise _mismatch("another version of evenhand wrote the bundle", got)
    places = _places(folder, described)
    try:
        combination = from_dict(described["combination"])
    except (ConfigError, AttributeError) as error:
        said = error.got if isinstance(error, ConfigError) else repr(described["combination"])
        raise _mismatch("what combines the members is not readable", said) from error
    if combination.members not in (None, len(places)):
        got = f"{combination.name} of {combination.members}, {len(places)} members"
        raise _mismatch("the combination is for another number of members", got)
    if tuple(described["labels"]) != decision.labels.names:
        raise _other_labels("the decision", decision.labels, described)
    members = [member(place) for place in places]
    for place, one in zip(places, members, strict=True):
        if one.labels != decision.labels:
            raise _other_labels(f"the member in {place.name}", one.labels, described)
        if type(one.schema) is not type(members[0].schema):
            raise _mismatch("one member reads texts and another series", str(place))
    return EnsembleClassifier(members, combination, decision=decision)


def _places(folder: Path, described: Mapping[str, Any]) -> list[Path]:
    """Return the folders of the members: numbered ones of the bundle's own, and no other path."""
    named = [dict(entry).get("folder") for entry in described["members"]]
    expected = [f"members/{n}" for n in range(1, len(named) + 1)]
    if not named or named != expected:
        raise _mismatch("the members of the bundle are not where they belong", repr(named))
    return [folder / place for place in expected]


def _other_labels(who: str, labels: LabelSpace, described: Mapping[str, Any]) -> BundleError:
    return _mismatch(
        f"{who} belongs to other labels than the ensemble",
        f"{list(labels.names[:4])} against {described['labels'][:4]}",
    )


def _mismatch(what: str, got: str) -> BundleError:
    return BundleError("E402", what, got=got, fix=_AGAIN)
