"""EvenhandClassifier: texts in, classes out, in scikit-learn's form; trained as a run is.

scikit-learn is imported at the top because the class derives from it; ``evenhand`` imports this
module when the name is first used. Shapes: N rows, C classes or labels.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from evenhand import api, recipes
from evenhand.bundle import files_of, write_files
from evenhand.data.split import assign, units_of
from evenhand.errors import ConfigError, DataError
from evenhand.estimator.target import Target
from evenhand.types import Floats, Role, Task

if TYPE_CHECKING:
    from evenhand.bundle import Answers, Predictor
    from evenhand.run import Run

PREFIX = "settings__"
"""Stands before a key of a run file where it is a parameter: ``settings__optim.lr``."""
TAKEN: Mapping[str, str] = {
    "seed": "random_state",
    "data.tune_share": "tune_share",
    **dict.fromkeys(("data.text", "data.labels", "data.task", "data.split", "data.id"), "X and y"),
    **dict.fromkeys(("data.report_share", "data.split_seed", "data.fold"), "tune_share"),
    "data.group": "fit(X, y, groups=...)",
}
"""Keys that ``fit`` sets, or drops from a run file, and what says in their place."""
UNSEEN: Mapping[str, Any] = {"report.baselines": False, "report.resamples": 100}
"""Settings of a run whose report nobody will see."""


class EvenhandClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Train, calibrate and cut a text classifier as ``evenhand.train`` does, on ``X`` and ``y``.

    ``fit`` deals the rows to two roles, each label in its share, copies of a text and rows of a
    group together: fit rows for the gradients, tune rows that choose epoch, calibrator and cuts.
    No row is kept for a report: that is what the rows are for which ``predict`` gets.

    Args:
        recipe: name of a recipe or path of a run file; ``balanced`` if None. What a run file says
            of seed, columns and roles gives way to the other arguments.
        settings: ``{"optim.lr": 3e-5, "loss.name": "focal"}``, any key of a run file. Each can be
            searched for as ``settings__optim.lr``.
        tune_share: share of the rows that choose, 0 to 0.5.
        random_state: of everything that is random.
        out: new folder for the run, report included; None keeps nothing on the disk.

    Attributes:
        classes_: classes, ``(C,)``; the columns' names or positions for multi-label.
        decision_: calibrator and cuts (or biases), with support, intervals, expected optimism.
        predictions_: scores and truth of the tune rows; ids are positions of rows. Another
            ``fit_decision`` on them needs no new fit.
        bundle_: name -> content of the files of the trained bundle.
    """

    def __init__(
        self,
        recipe: str | None = None,
        *,
        settings: Mapping[str, Any] | None = None,
        tune_share: float = 0.15,
        random_state: Any = 0,
        out: str | Path | None = None,
    ) -> None:
        self.recipe = recipe
        self.settings = settings
        self.tune_share = tune_share
        self.random_state = random_state
        self.out = out

    def fit(self, X: Any, y: Any, *, groups: Any = None) -> Self:
        """Train on the texts ``X``.

        Args:
            X: texts: list, array or Series.
            y: one class a row, or a 0/1 matrix with a column a label.
            groups: rows of one group have one role.

        Raises:
            ConfigError: E105 for a setting that ``fit`` makes itself, E102 for a share that cannot
                be; as ``evenhand.train`` otherwise.
            DataError: E206 for a ``y`` of another form, E204 for texts that are none, E207 for a
                class that no fit row has.
        """
        self._refuse_settings()
        texts, target = _texts(X), Target.of(y)
        check_consistent_length(texts, target.y, groups)
        _refuse_blank(texts)
        seed = self._seed()
        tune_N = _dealt(texts, target, groups=groups, share=self.tune_share, seed=seed)
        table, read = _table(texts, target, tune_N=tune_N, groups=groups)
        asked = {**read, "seed": seed, "data.min_rows": 1}
        asked |= {**(UNSEEN if self.out is None else {}), **(self.settings or {})}
        with tempfile.TemporaryDirectory(prefix="evenhand-") as folder:
            out = Path(folder) / "run" if self.out is None else Path(self.out)
            drawn = self.out is not None
            run = _trained(table, out, recipe=self.recipe, settings=asked, drawn=drawn)
            self.bundle_ = files_of(run.layout.bundle)
            self.decision_ = run.decision
            self.predictions_ = run.predictions(Role.TUNE)
            self._predictor: Predictor | None = run.classifier
        self.classes_ = target.classes.values_C
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Return one class a row, ``(N,)``, or the labels given as 0 and 1, ``(N, C)``."""
        answers = self._answers(X)
        if answers.labels.task is Task.MULTILABEL:
            return answers.decided_NC.astype(np.int64)
        return np.asarray(self.classes_[answers.decided_NC.argmax(axis=1)])

    def predict_proba(self, X: Any) -> Floats:
        """Return calibrated probabilities, float64, ``(N, C)``.

        Their highest need not be the class that ``predict`` gives: cuts and biases come after.
        """
        return self._answers(X).probs_NC

    def save(self, folder: str | Path) -> None:
        """Write the bundle, which ``evenhand.load`` and ``evenhand predict`` read.

        Raises:
            ConfigError: E109 when something lies there already.
        """
        check_is_fitted(self, "bundle_")
        write_files(Path(folder), self.bundle_)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters; deep, also each setting as ``settings__KEY``."""
        params: dict[str, Any] = super().get_params(deep=False)
        if deep and isinstance(self.settings, Mapping):
            params |= {f"{PREFIX}{key}": value for key, value in self.settings.items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, or single settings as ``settings__KEY``, known or new."""
        single = {
            name.removeprefix(PREFIX): params.pop(name)
            for name in list(params)
            if name.startswith(PREFIX)
        }
        super().set_params(**params)
        if single:
            self.settings = {**(self.settings or {}), **single}
        return self

    def __sklearn_tags__(self) -> Tags:
        """Texts, not numbers; any number of labels a row."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.one_d_array = True, True
        tags.input_tags.two_d_array = False
        tags.classifier_tags.multi_label = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Leave the network out: the bundle holds it in a form that is safe to read."""
        state: dict[str, Any] = super().__getstate__()
        return {**state, "_predictor": None} if "_predictor" in state else state

    def _answers(self, X: Any) -> Answers:
        check_is_fitted(self, "bundle_")
        texts = _texts(X)
        if self._predictor is None:
            with tempfile.TemporaryDirectory(prefix="evenhand-") as folder:
                write_files(Path(folder) / "bundle", self.bundle_)
                self._predictor = api.load(Path(folder) / "bundle")
        return self._predictor.predict(texts)

    def _refuse_settings(self) -> None:
        if not isinstance(self.settings, Mapping | None):
            raise ConfigError(
                "E102",
                "settings are of another kind",
                got=f"settings = {self.settings!r}",
                fix='name keys of a run file and their values: {"optim.lr": 3e-5}',
            )
        for key in self.settings or {}:
            if key in TAKEN:
                raise ConfigError(
                    "E105",
                    "a setting is made by what the classifier is given",
                    got=f"settings[{key!r}]",
                    fix=f"leave it out; {TAKEN[key]} says it",
                )

    def _seed(self) -> int:
        if isinstance(self.random_state, Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))


def _texts(X: Any) -> list[str]:
    """Return the texts as a list. Raises E204 naming the first that is none."""
    depth = len(getattr(X, "shape", (1,)))
    if isinstance(X, str | bytes | Mapping) or not isinstance(X, Iterable) or depth != 1:
        raise _no_texts(type(X).__name__, "pass a list of strings, or one column")
    texts = list(X)
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            fix = "make every row a string, or drop it"
            raise _no_texts(f"row {row} is {type(text).__name__}: {text!r:.60}", fix)
    return [str(text) for text in texts]


def _refuse_blank(texts: list[str]) -> None:
    blank = [row for row, text in enumerate(texts) if not text.strip()]
    if blank:
        got = f"row {blank[0]}, and {len(blank)} in all, of {len(texts)}"
        raise DataError("E204", "a text to learn from is empty", got=got, fix="drop such rows")


def _no_texts(got: str, fix: str) -> DataError:
    return DataError("E204", "the classifier reads texts, one a row", got=got, fix=fix)


def _dealt(
    texts: list[str], target: Target, *, groups: Any, share: float, seed: int
) -> NDArray[np.bool_]:
    """Return which rows tune, ``(N,)``; both roles get some, and every class a fit row.

    Raises:
        ConfigError: E102 for a share that cannot be.
        DataError: E207 or E209 for rows too few to be parted.
    """
    if not 0 < share < 0.5:
        raise ConfigError(
            "E102",
            "tune_share has a value that cannot be",
            got=f"tune_share = {share!r}",
            fix="a share above 0 and below 0.5, such as 0.15",
        )
    units_N = units_of(texts, None if groups is None else list(groups))
    tune_N: NDArray[np.bool_] = (
        assign(target.truth_NC, [1.0 - share, share], units=units_N, seed=seed) == 1
    )
    if tune_N.all() or not tune_N.any():
        raise DataError(
            "E209",
            "the rows cannot be parted into rows to fit and rows to tune",
            got=f"{len(texts)} rows, {len(np.unique(units_N))} different texts or groups",
            fix="pass more rows, or raise tune_share",
        )
    lacking_C = target.truth_NC[~tune_N].sum(axis=0) == 0
    if lacking_C.any():
        c = int(np.flatnonzero(lacking_C)[0])
        count = int(target.truth_NC[:, c].sum())
        raise DataError(
            "E207",
            "a class has no rows to fit",
            got=f"{target.classes.labels.names[c]!r}, {count} of {len(texts)} rows",
            fix="give it rows of other texts or groups, or drop it",
        )
    return tune_N


def _trained(
    table: Mapping[str, list[Any]],
    out: Path,
    *,
    recipe: str | None,
    settings: Mapping[str, Any],
    drawn: bool,
) -> Run:
    """Train as ``evenhand.train`` does, on rows whose columns and roles no run file knows."""
    from evenhand.run import Screen, Sources, start

    values = recipes.load(recipe or recipes.DEFAULT)
    if isinstance(values.get("data"), dict):
        values["data"] = {k: v for k, v in values["data"].items() if f"data.{k}" not in TAKEN}
    asked = api.asked_of(values, settings)
    return start(Sources(table), asked, out, screen=Screen(), drawn=drawn)


def _table(
    texts: list[str], target: Target, *, tune_N: NDArray[np.bool_], groups: Any
) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """Return the rows as columns, and the settings by which they are read: one column a class."""
    names = target.classes.labels.names
    text, row, role, group = (_unused(name, names) for name in ("text", "row", "role", "group"))
    columns: dict[str, list[Any]] = {
        text: texts,
        row: list(range(len(texts))),
        role: np.where(tune_N, Role.TUNE.value, Role.FIT.value).tolist(),
        **dict(zip(names, target.truth_NC.T.astype(int).tolist(), strict=True)),
    }
    task = target.classes.labels.task.value
    read = {"data.text": text, "data.labels": names, "data.task": task, "data.split": role}
    read["data.id"] = row
    if groups is None:
        return columns, read
    return {**columns, group: list(groups)}, {**read, "data.group": group}


def _unused(name: str, taken: Iterable[str]) -> str:
    while name in taken:
        name += "_"
    return name
