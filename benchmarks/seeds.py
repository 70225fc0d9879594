"""Four failures that really happened, made again; what the doctor says; and the score after it.

Each is trained sick, diagnosed, and trained again with the remedies of ``evenhand diagnose
--apply`` put in, on rows held out from both. The causes are those of the systems that evenhand
was made for: a schedule that counts half of the steps (S0), seven optimizer steps (S2), a model
that learns nothing and is cut so that everything is positive (S3), and a learning rate of 2e-6
on a twentieth of the data (S4).

    python benchmarks/seeds.py --goemotions FOLDER --japanese FILE.csv --out runs/seeds

Give ``--rows`` to keep the second training of S4 short; it stands in the table.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evenhand import recipes
from evenhand.config import override
from evenhand.data.table import read_table
from evenhand.diagnose import apply, settings
from evenhand.run import Run, Screen, Sources, start
from evenhand.run.diagnose import findings_of
from evenhand.samples import find_sample, write_sample
from evenhand.toml import read_toml, toml_text

POSITIVE = {"Toxic", "Very Toxic"}
NEGATIVE = {"negative", "very_negative"}
SHARE = 0.288


@dataclass(frozen=True)
class Case:
    """A failure to make again.

    Args:
        name: which system, and what happened.
        sources: what is read.
        recipe: recipe that it was trained with.
        sick: settings that make it fail.
        capped: settings that keep the second training short.
    """

    name: str
    sources: Sources
    recipe: str
    sick: Mapping[str, Any]
    capped: Mapping[str, Any] = field(default_factory=dict)


def cases(given: argparse.Namespace) -> Iterator[Case]:
    """Yield the failures whose data is at hand."""
    triage, tweets = (sample(name, given.out / "data") for name in ("triage", "tweets"))
    yield Case(
        "S0 schedule of half the steps",
        Sources(str(triage / "train.json"), None, str(triage / "valid.json"), None),
        "seed0",
        {"train.accumulate": 2, "schedule.steps": 120},
    )
    if given.japanese:
        yield Case(
            "S2 seven steps, one class",
            Sources(str(votes(given.japanese, given.out / "data")), None, None, None),
            "seed2",
            {"data.sample": 50, "train.epochs": 1, "train.batch_size": 8},
        )
    yield Case(
        "S3 everything positive",
        Sources(str(rare_positive(tweets / "train.csv")), None, None, None),
        "balanced",
        {"optim.lr": 1e-8, "train.epochs": 3},
    )
    if given.goemotions:
        folder = given.goemotions
        yield Case(
            "S4 lr 2e-6 on 5 % of the rows",
            Sources(
                str(folder / "train.tsv"),
                str(folder / "dev.tsv"),
                None,
                folder / "labels.txt",
            ),
            "seed4",
            {"optim.lr": 2e-6, "optim.head_lr": 2e-6, "data.sample": 2170, "augment": []},
            {"data.sample": given.rows} if given.rows else {},
        )


def sample(name: str, folder: Path) -> Path:
    """Return the folder of a sample, written if need be."""
    place = folder / name
    if not place.is_dir():
        write_sample(find_sample(name), place)
    return place


def votes(source: Path, folder: Path) -> Path:
    """Return the Japanese texts with a label by majority of the votes."""
    path = folder / "japanese.csv"
    with source.open(encoding="utf-8", newline="") as read:
        rows = list(csv.DictReader(read))
    with path.open("w", encoding="utf-8", newline="") as written:
        writer = csv.writer(written)
        writer.writerow(["text", "label"])
        for row in rows:
            toxic = sum(int(row[name]) for name in POSITIVE)
            writer.writerow(
                [row["text"], "toxic" if 2 * toxic > int(row["annotation_num"]) else "other"]
            )
    return path


def rare_positive(source: Path) -> Path:
    """Return tweets of which 28.8 % are positive: all negative moods, and enough others."""
    path = source.with_name("positive.csv")
    table = read_table(str(source)).columns
    rows = [
        (text, int(str(label) in NEGATIVE))
        for text, label in zip(table["text"], table["label"], strict=True)
    ]
    left_out = len(rows) - round(sum(label for _, label in rows) / SHARE)
    others = [i for i, (_, label) in enumerate(rows) if not label][:left_out]
    with path.open("w", encoding="utf-8", newline="") as written:
        writer = csv.writer(written)
        writer.writerow(["text", "interacts"])
        writer.writerows(row for i, row in enumerate(rows) if i not in set(others))
    return path


def train(case: Case, asked: dict[str, Any], folder: Path) -> Run:
    """Return the run in ``folder``, trained if need be."""
    if (folder / "metrics.json").is_file():
        return Run(folder)
    return start(case.sources, asked, folder, screen=Screen(say=print))


def describe(run: Run) -> str:
    """Return macro-F1 of the run's own decision, its interval, and the best trivial baseline."""
    ours = run.metrics["systems"][0]["macro_f1"]
    trivial = max(
        s["macro_f1"]["value"]
        for s in run.metrics["systems"]
        if s["name"] in {"majority", "prior", "all-positive"}
    )
    return f"{ours['value']:.3f} ({ours['low']:.3f} to {ours['high']:.3f}), trivial {trivial:.3f}"


def main() -> None:
    """Train sick, diagnose, apply, train again."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--goemotions", type=Path)
    parser.add_argument("--japanese", type=Path)
    parser.add_argument("--rows", type=int, help="fit rows of S4's second training")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE")
    given = parser.parse_args()
    (given.out / "data").mkdir(parents=True, exist_ok=True)
    lines = []
    for case in cases(given):
        sick_settings = [f"{key}={toml_text(value)}" for key, value in case.sick.items()]
        asked = override(recipes.load(case.recipe), [*sick_settings, *given.set])
        name = case.name.partition(" ")[0].lower()
        sick = train(case, asked, given.out / f"{name}-sick")
        findings = [f for f in findings_of(sick.folder) if f.severity != "tip"]
        remedied = apply(read_toml(sick.layout.asked), findings)
        capped = [f"{key}={toml_text(value)}" for key, value in case.capped.items()]
        well = train(case, override(remedied, capped), given.out / f"{name}-well")
        codes = ", ".join(f"{f.code} {f.title}" for f in findings)
        patch = " ".join(s for f in findings for s in settings(f.remedy))
        lines += [f"{case.name}", f"  sick    {describe(sick)}", f"  doctor  {codes or 'nothing'}"]
        lines += [f"  remedy  {patch or 'none'}", f"  after   {describe(well)}"]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
