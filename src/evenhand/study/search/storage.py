"""Where trials are kept: a storage of Optuna's, which says whose study it holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from evenhand.errors import ConfigError, TrainingError
from evenhand.extras import need
from evenhand.locks import held

if TYPE_CHECKING:
    from optuna import Study
    from optuna.pruners import BasePruner
    from optuna.storages import RDBStorage

MARK = "evenhand"
"""Attribute of a study by which it is known whose it is."""
STARTUP = 5
"""Trials that must have ended before the median prunes."""
ENOUGH = 3
"""Trials that must have a value after the same pass."""
HALVING = 3
"""One of so many goes on from pass 1 to pass 3, and to pass 9."""
PATIENCE = 60
"""Seconds that a worker waits for another to end writing to SQLite."""

PRUNERS = ("median", "halving", "none")


@contextmanager
def opened(
    url: str, name: str, *, pruner: str, mark: dict[str, str], lock: Path
) -> Iterator[Study]:
    """Open the study ``name``, or begin it.

    Args:
        url: as Optuna takes it: ``sqlite:///PATH``, ``postgresql://...``.
        name: of the study; a storage may hold several.
        pruner: one of ``PRUNERS``.
        mark: what tells the study from others; the same for every worker.
        lock: held while tables and study are made, which two processes must not do at once.

    Raises:
        ConfigError: E110 where the storage cannot be opened.
        TrainingError: E303 where a study of that name is another's.
    """
    optuna = need("tune", "optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with held(lock):
        storage = _storage(url)
        study = optuna.create_study(
            study_name=name,
            storage=storage,
            direction="maximize",
            load_if_exists=True,
            sampler=optuna.samplers.RandomSampler(seed=0),
            pruner=pruner_of(pruner),
        )
        _sign(study, mark)
    try:
        yield study
    finally:
        storage.remove_session()
        storage.engine.dispose()


def pruner_of(name: str) -> BasePruner:
    """Return what ends a trial early, by the values after the passes that it has finished.

    ``median``: its best value so far is below the median of the others' values after the same
    pass. ``halving``: it is not in the best third of those that came as far.

    Raises:
        ConfigError: E101 for another name.
    """
    from optuna import pruners

    if name == "median":
        return pruners.MedianPruner(STARTUP, n_warmup_steps=1, n_min_trials=ENOUGH)
    if name == "halving":
        return pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=HALVING)
    return pruners.NopPruner()


def secret(url: str) -> bool:
    """Say whether a URL holds a password, which no file may keep."""
    return urlsplit(url).password is not None


def _storage(url: str) -> RDBStorage:
    from optuna.exceptions import StorageInternalError
    from optuna.storages import RDBStorage
    from sqlalchemy.exc import SQLAlchemyError

    waiting = {"connect_args": {"timeout": PATIENCE}} if url.startswith("sqlite") else {}
    try:
        return RDBStorage(url, engine_kwargs=waiting)
    except (SQLAlchemyError, StorageInternalError, ImportError, RuntimeError) as error:
        shown = f"{urlsplit(url).scheme}://..." if secret(url) else url
        raise ConfigError(
            "E110",
            "the storage of the trials cannot be opened",
            got=f"{shown}: {_first_line(error)}",
            fix="--storage sqlite:////absolute/path.db, or leave it out for study.db in --out",
        ) from error


def _sign(study: Study, mark: dict[str, Any]) -> None:
    """Put our mark on a new study; refuse one that bears another.

    Raises:
        TrainingError: E303.
    """
    found = study.user_attrs.get(MARK)
    if found is None and not study.get_trials(deepcopy=False):
        study.set_user_attr(MARK, mark)
        found = study.user_attrs[MARK]
    if found == mark:
        return
    other = found if isinstance(found, dict) else {}
    differs = [name for name in mark if other.get(name) != mark[name]]
    raise TrainingError(
        "E303",
        "the storage holds a study of that name with another search",
        got=f"study {study.study_name!r}: another {', '.join(differs)}",
        fix="choose another --out (its name is the study's), or another --storage",
    )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
