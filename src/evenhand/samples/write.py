"""Writes a sample into a folder: its rows, and a README that says what they are."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shlex
from collections import Counter
from pathlib import Path

from evenhand import durable
from evenhand.errors import ConfigError
from evenhand.samples.fetch import Client, registry_client
from evenhand.samples.sample import Drawn, LabelledText, Sample

ROLE_OPTIONS = {"test": "--report", "valid": "--tune"}
README = "README.md"


def write_sample(
    sample: Sample, folder: Path, *, seed: int = 0, client: Client = registry_client
) -> str:
    """Write the sample's files into ``folder`` and return the command that trains on them.

    Args:
        sample: what to write.
        folder: created if need be; files of an earlier copy of the sample are replaced.
        seed: of a synthetic sample; a real one is always the same.
        client: fetches the archive of a real one.

    Raises:
        FetchError: E108; nothing is written then.
        ConfigError: E109 when ``folder`` holds files of these names that are no such copy.
        WriteError: E106.
    """
    drawn = sample.draw(seed, client)
    _refuse_foreign(sample, folder, (*drawn.files, README))
    durable.make_folder(folder)
    texts = {name: _rendered(name, rows, drawn) for name, rows in drawn.files.items()}
    texts[README] = readme(sample, drawn, texts, next_command(sample, drawn, folder))
    for name, text in texts.items():
        durable.write_text(folder / name, text)
    return next_command(sample, drawn, folder)


def next_command(sample: Sample, drawn: Drawn, folder: Path) -> str:
    """Return the ``evenhand train`` line that fits the files of the sample."""
    train, *others = drawn.files
    words = ["evenhand", "train", str(folder / train)]
    for name in others:
        words += [ROLE_OPTIONS[Path(name).stem], str(folder / name)]
    for setting in sample.settings:
        words += ["--set", setting]
    return shlex.join([*words, "--out", f"runs/{sample.name}"])


def readme(sample: Sample, drawn: Drawn, texts: dict[str, str], command: str) -> str:
    """Return the page that goes with the files: source, licence, counts, what was done."""
    counts = {name: count_labels(rows) for name, rows in drawn.files.items()}
    first = next(iter(counts.values()))
    common, rare = max(first.values()), min(first.values())
    facts = [
        f"- Source: {sample.source}",
        f"- Licence: {sample.licence}",
        f"- Archive: {_archive(sample)}",
        f"- Imbalance of the first file: {common / rare:.1f}:1 ({common} to {rare} rows)",
        f"- Not for: {sample.not_for}",
    ]
    files = [f"| {n} | {len(drawn.files[n])} | `{_sha256(texts[n])}` |" for n in counts]
    labels = [
        f"| {label} | {' | '.join(str(c[label]) for c in counts.values())} |"
        for label in drawn.labels
    ]
    blocks = [
        [_first_line(sample)],
        [f"{sample.title[0].upper()}{sample.title[1:]}."],
        facts,
        ["| file | rows | sha256 |", "|---|---|---|", *files],
        [f"| label | {' | '.join(counts)} |", "|---" * (1 + len(counts)) + "|", *labels],
        ["What was done:", "", *(f"- {line}" for line in drawn.ledger)],
        [f"Next: `{command}`"],
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def count_labels(rows: tuple[LabelledText, ...]) -> Counter[str]:
    """Return how many rows carry each label."""
    return Counter(label for row in rows for label in row.labels)


def _rendered(name: str, rows: tuple[LabelledText, ...], drawn: Drawn) -> str:
    return _json(rows, drawn.labels) if name.endswith(".json") else _csv(rows)


def _csv(rows: tuple[LabelledText, ...]) -> str:
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(("id", "text", "label"))
    writer.writerows((row.id, row.text, *row.labels) for row in rows)
    return page.getvalue()


def _json(rows: tuple[LabelledText, ...], labels: tuple[str, ...]) -> str:
    records = [
        {"id": row.id, "text": row.text, "labels": {n: int(n in row.labels) for n in labels}}
        for row in rows
    ]
    return json.dumps(records, indent=1, ensure_ascii=False) + "\n"


def _refuse_foreign(sample: Sample, folder: Path, names: tuple[str, ...]) -> None:
    present = [name for name in names if (folder / name).exists()]
    if not present or _is_copy(sample, folder):
        return
    raise ConfigError(
        "E109",
        "the folder holds files that a sample would overwrite",
        got=", ".join(str(folder / name) for name in present),
        fix=f"choose an empty folder: evenhand sample {sample.name} -o NEW_FOLDER",
    )


def _is_copy(sample: Sample, folder: Path) -> bool:
    page = folder / README
    head = _first_line(sample).encode()
    return page.is_file() and page.read_bytes().startswith(head + b"\n")


def _first_line(sample: Sample) -> str:
    return f"# evenhand sample: {sample.name}"


def _archive(sample: Sample) -> str:
    if sample.archive is None:
        return "none, made by evenhand"
    return f"{sample.archive}, sha256 `{sample.archive.sha256}`"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
