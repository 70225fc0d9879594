"""Members whose figures can be worked out on paper, and random ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evenhand.combine import Member, Voices
from evenhand.decide import fit_decision
from evenhand.types import LabelSpace, Logits, Predictions, Probs, Role, Task

PLAIN = {"calibrate": "none", "cuts": "fixed", "resamples": 0}
"""A decision at 0.5, of which nothing is fitted."""


def voices(
    probs: Sequence[Sequence[Sequence[float]]], task: Task = Task.MULTILABEL, *, given=None
) -> Voices:
    """Return what members say, ``(M, N, C)``; labels at 0.5 or argmax if not given."""
    probs_MNC = np.array(probs, np.float64)
    if given is None and task is Task.MULTICLASS:
        given = probs_MNC.argmax(axis=2)[..., None] == np.arange(probs_MNC.shape[2])
    given_MNC = probs_MNC >= 0.5 if given is None else np.array(given, np.bool_)
    return Voices(probs_MNC, given_MNC, task)


def one_label(*members: Sequence[float]) -> Voices:
    """Return what members say of a single label, a probability a row."""
    return voices([[[p] for p in member] for member in members])


def rows(
    truth: Sequence[Sequence[float]],
    task: Task = Task.MULTILABEL,
    *,
    role: Role = Role.TUNE,
    scores: Logits | Probs | None = None,
    groups: Sequence[int] | None = None,
) -> Predictions:
    """Return rows ``r0``, ``r1``, ... with a truth, scores of 0 if none are given."""
    truth_NC = np.array(truth, np.float32)
    names = tuple(f"label-{c}" for c in range(truth_NC.shape[1]))
    return Predictions(
        tuple(f"r{i}" for i in range(len(truth_NC))),
        scores or Logits(np.zeros(truth_NC.shape)),
        truth_NC,
        LabelSpace(names, task),
        role,
        None if groups is None else np.array(groups, np.int64),
    )


def drawn(
    task: Task, *, members: int = 3, count: int = 60, classes: int = 3, seed: int = 0
) -> tuple[Voices, Predictions]:
    """Return random voices that know something of a random truth, and the rows."""
    random = np.random.default_rng(seed)
    if task is Task.MULTICLASS:
        truth_NC = np.eye(classes)[random.integers(classes, size=count)]
    else:
        truth_NC = (random.random((count, classes)) < 0.3).astype(float)
    noise_MNC = random.standard_normal((members, count, classes))
    probs = [Logits(2 * truth_NC - 1 + x_NC).probs(task).values_NC for x_NC in noise_MNC]
    return voices(probs, task), rows(truth_NC.tolist(), task)


def member(
    name: str, tune: Predictions, report: Predictions | None = None, **settings: object
) -> Member:
    """Return a member with a decision fitted on its tune rows; at 0.5 if nothing is said."""
    asked = {**PLAIN, **settings}
    decision = fit_decision(tune, **asked)
    return Member(name, tune, report, decision, asked, 0)


def random_members(
    *, count: int = 60, report: int = 0, members: int = 3, seed: int = 0, **settings: object
) -> list[Member]:
    """Return multi-label members of random skill on the same rows, groups of two rows each."""
    random = np.random.default_rng(seed)
    truth = (random.random((count + report, 3)) < [0.5, 0.3, 0.2]).astype(float)
    found = []
    for m in range(members):
        logits = (2 * truth - 1) * 0.7 + random.standard_normal(truth.shape)
        parts = {}
        for role, part in ((Role.TUNE, slice(0, count)), (Role.REPORT, slice(count, None))):
            groups = [i // 2 for i in range(len(truth[part]))]
            if groups:
                scores = Logits(logits[part])
                parts[role] = rows(truth[part].tolist(), role=role, scores=scores, groups=groups)
        found.append(member(f"m{m}", parts[Role.TUNE], parts.get(Role.REPORT), **settings))
    return found
