"""Writes a sample into a folder: its files, and a README that says what they are."""

from __future__ import annotations

import shlex
from pathlib import Path

from evenhand import durable
from evenhand.errors import ConfigError
from evenhand.samples.fetch import Client, registry_client
from evenhand.samples.sample import Drawn, Sample
from evenhand.samples.series import METADATA

README = "README.md"
SHOWN = 3


def write_sample(
    sample: Sample, folder: Path, *, seed: int = 0, client: Client = registry_client
) -> str:
    """Write the sample's files into ``folder`` and return the command that trains on them.

    The README comes first: a copy that was broken off counts as one and can be replaced.

    Args:
        sample: what to write.
        folder: created if need be; files of an earlier copy of the sample are replaced.
        seed: of a synthetic sample; a real one is always the same.
        client: fetches the archive of a real one.

    Raises:
        FetchError: E108; nothing is written then.
        ConfigError: E109 when ``folder`` holds files of these names that are no such copy, or
            recordings that would count as the sample's.
        WriteError: E106.
    """
    drawn = sample.draw(seed, client)
    pages = drawn.pages()
    _refuse_foreign(sample, folder, (*pages, README))
    durable.make_folder(folder)
    command = next_command(sample, drawn, folder)
    durable.write_text(folder / README, readme(sample, drawn, pages, command))
    for name, content in pages.items():
        durable.write_bytes(folder / name, content)
    return command


def next_command(sample: Sample, drawn: Drawn, folder: Path) -> str:
    """Return the ``evenhand train`` line that fits the files of the sample."""
    words = ["evenhand", "train", *drawn.arguments(folder)]
    for setting in sample.settings:
        words += ["--set", setting]
    return shlex.join([*words, "--out", f"runs/{sample.name}"])


def readme(sample: Sample, drawn: Drawn, pages: dict[str, bytes], command: str) -> str:
    """Return the page that goes with the files: source, licence, counts, what was done."""
    facts = [
        f"- Source: {sample.source}",
        f"- Licence: {sample.licence}",
        f"- Archive: {_archive(sample)}",
        f"- Imbalance {drawn.imbalance()}",
        f"- Not for: {sample.not_for}",
    ]
    blocks = [
        [_first_line(sample)],
        [f"{sample.title[0].upper()}{sample.title[1:]}."],
        facts,
        *drawn.tables(pages),
        ["What was done:", "", *(f"- {line}" for line in drawn.ledger)],
        [f"Next: `{command}`"],
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _refuse_foreign(sample: Sample, folder: Path, names: tuple[str, ...]) -> None:
    strange = [path.name for path in folder.glob("*.npz") if path.name not in names]
    if METADATA in names and strange:
        raise _foreign(sample, folder, strange, "recordings that are not the sample's")
    present = [name for name in names if (folder / name).exists()]
    if present and not _is_copy(sample, folder):
        raise _foreign(sample, folder, present, "files that a sample would overwrite")


def _foreign(sample: Sample, folder: Path, names: list[str], what: str) -> ConfigError:
    shown = ", ".join(str(folder / name) for name in sorted(names)[:SHOWN])
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ConfigError(
        "E109",
        f"the folder holds {what}",
        got=f"{shown}{more}",
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
