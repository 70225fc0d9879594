"""What ``evenhand check`` finds of faults that were planted, and how long it takes.

Run: ``python benchmarks/audit.py DATA [--labels-file FILE]`` plants leaks, near-leaks, near
copies, flipped labels and giveaway words in the rows of DATA, by fixed seeds, and counts what is
found; ``python benchmarks/audit.py --rows 200000`` times it on made-up rows.

A flipped row carries one label drawn evenly among those it had not. A near copy has one word
replaced, one letter pair swapped, or a word added. A giveaway is a made-up word put into 60 % of
the rows of a label. "beyond" counts rows of the same finding that nobody planted: real ones may
be among them, as the untouched data are checked too ("before").
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from evenhand.audit import Finding
from evenhand.config import DataConfig, RunConfig
from evenhand.data import read_dataset
from evenhand.run.check import look
from evenhand.run.sources import Sources
from evenhand.types import Role, Task

SEED = 0
PLANTED = 40
FLIPPED = 0.05
GIVEAWAYS = ("zubrel", "mokvint", "tarpish")
COVERED = 0.6


@dataclass
class Rows:
    """Rows that can be spoiled: ``texts`` and ``labels`` of each role by id."""

    names: tuple[str, ...]
    task: Task
    texts: dict[str, dict[str, str]]
    labels: dict[str, dict[str, list[str]]]

    @classmethod
    def read(cls, path: str, labels_file: str | None) -> Rows:
        """Read rows and share them out."""
        config = DataConfig()
        data = read_dataset(path, labels_file=labels_file, config=config, seed=SEED)
        rows = cls(data.labels.names, data.labels.task, {}, {})
        for i, (name, role) in enumerate(zip(data.ids, data.roles, strict=True)):
            rows.texts.setdefault(role.value, {})[name] = data.texts[i]
            given = [data.labels.names[c] for c in np.flatnonzero(data.truth_NC[i] == 1)]
            rows.labels.setdefault(role.value, {})[name] = given
        return rows

    def put(self, role: str, name: str, text: str, labels: list[str]) -> None:
        """Add a row."""
        self.texts[role][name] = text
        self.labels[role][name] = labels

    def sources(self) -> Sources:
        """Return the roles as tables in memory."""
        return Sources(*(self._table(role.value) for role in Role))

    def _table(self, role: str) -> dict[str, list[Any]]:
        labels = self.labels[role].values()
        cells = list(labels) if self.task is Task.MULTILABEL else [given[0] for given in labels]
        names = list(self.texts[role])
        return {"id": names, "text": list(self.texts[role].values()), "labels": cells}


def nearly(text: str, random: np.random.Generator) -> str:
    """Return a text with one small change."""
    words = text.split()
    kind, at = random.integers(3), int(random.integers(len(words)))
    if kind == 0:
        words[at] = "something"
    elif kind == 1 and len(words[at]) > 2:
        word = words[at]
        words[at] = word[1] + word[0] + word[2:]
    else:
        words.append("really")
    return " ".join(words)


def spoil(rows: Rows) -> dict[str, set[str]]:
    """Plant faults and return the ids (or words) of each kind."""
    random = np.random.default_rng(SEED)
    fit = list(rows.texts["fit"])
    planted: dict[str, set[str]] = {}
    flipped = random.choice(fit, round(FLIPPED * len(fit)), replace=False).tolist()
    for name in flipped:
        others = [n for n in rows.names if n not in rows.labels["fit"][name]]
        rows.labels["fit"][name] = [str(random.choice(others))]
    planted["A208 flipped labels"] = set(flipped)
    counts = {n: sum(n in given for given in rows.labels["fit"].values()) for n in rows.names}
    chosen = [n for n in sorted(counts, key=counts.__getitem__) if counts[n] >= 60]
    planted["A206 giveaway words"] = set(GIVEAWAYS[: len(chosen)])
    for word, label in zip(GIVEAWAYS, chosen, strict=False):
        for name in fit:
            if label in rows.labels["fit"][name] and random.random() < COVERED:
                rows.texts["fit"][name] += f" {word}"
    sound = [n for n in fit if n not in flipped and len(rows.texts["fit"][n]) >= 40]
    drawn = random.permutation(sound)[: 4 * PLANTED].tolist()
    kinds = {
        "A301 leaks": ("tune", lambda t: f" {t.upper()} ".replace(" ", "  ")),
        "A302 near-leaks": ("report", lambda t: nearly(t, random)),
        "A102 near copies": ("fit", lambda t: nearly(t, random)),
        "A101 copies": ("fit", str.title),
    }
    for k, (kind, (role, change)) in enumerate(kinds.items()):
        planted[kind] = set()
        for name in drawn[k * PLANTED : (k + 1) * PLANTED]:
            new = f"planted-{k}-{name}"
            rows.put(role, new, change(rows.texts["fit"][name]), rows.labels["fit"][name])
            planted[kind].add(new)
    return planted


def found(findings: list[Finding], code: str) -> list[str]:
    """Return the ids that a finding names, worst first; for giveaways its words."""
    for finding in findings:
        if finding.code == code:
            if code == "A206":
                return [word for word in GIVEAWAYS if f"'{word}'" in finding.evidence]
            return [mark.id for mark in finding.marks]
    return []


def count(path: str, labels_file: str | None) -> Table:
    """Plant, check and count."""
    rows = Rows.read(path, labels_file)
    before = look(rows.sources(), RunConfig()).findings
    planted = spoil(rows)
    after = look(rows.sources(), RunConfig()).findings
    table = Table("fault", "planted", "found", "among the first", "beyond", "before", title=path)
    for kind, names in sorted(planted.items()):
        code = kind.split()[0]
        ids = found(after, code)
        first = sum(name in names for name in ids[: len(names)])
        hits = sum(name in names for name in ids)
        cells = (len(names), hits, first, len(ids) - hits, len(found(before, code)))
        table.add_row(kind, *map(str, cells))
    return table


def made_up(size: int) -> dict[str, list[Any]]:
    """Return rows of 12 words drawn by Zipf's law, one in fifty a near copy, five labels."""
    random = np.random.default_rng(SEED)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    lengths = random.integers(2, 9, 50_000)
    vocabulary = ["".join(random.choice(letters, n)) for n in lengths]
    share = 1 / np.arange(1, len(vocabulary) + 1)
    drawn = random.choice(len(vocabulary), (size, 12), p=share / share.sum())
    texts = [" ".join(vocabulary[v] for v in row) for row in drawn]
    for i in range(50, size, 50):
        texts[i] = nearly(texts[i - 1], random)
    kinds = random.choice(list("abcde"), len(vocabulary), p=[0.5, 0.3, 0.15, 0.04, 0.01])
    labels = kinds[drawn[:, 0]].tolist()
    return {"id": [f"r{i}" for i in range(size)], "text": texts, "labels": labels}


def clock(size: int) -> None:
    """Time a check of made-up rows; their making is not counted."""
    columns = made_up(size)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, worked = time.perf_counter(), time.process_time()
    checked = look(Sources(columns), RunConfig())
    seconds = time.perf_counter() - started
    busy = time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{size:,} rows: {seconds:.0f} s, of them {busy:.0f} s at work")
    print(f"peak {peak / 1e3:,.0f} MB, {held / 1e3:,.0f} MB before")
    for finding in checked.findings:
        print(finding.severity, finding.code, finding.evidence)


def main() -> None:
    """Count or time, as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?")
    parser.add_argument("--labels-file")
    parser.add_argument("--rows", type=int)
    asked = parser.parse_args()
    if asked.data:
        Console(width=110).print(count(asked.data, asked.labels_file))
    if asked.rows:
        clock(asked.rows)


if __name__ == "__main__":
    main()
