"""The report as Markdown: the same story, for a terminal, a review or a commit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from evenhand.evaluate.report_story import (
    Block,
    Cell,
    Facts,
    Figure,
    Heading,
    Lines,
    Note,
    Pair,
    Paragraph,
    Story,
    Table,
)

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#&$])")
_BEGINS_A_BLOCK = re.compile(r"^(\d*)([-+=.)])(?=[\s=-]|$)")


def to_markdown(story: Story) -> str:
    """Return the story as Markdown; figures are named and left to the page.

    Whatever came from data is escaped, so that a label or a text is never markup.
    """
    parts = [
        f"# {escaped(story.title)}",
        escaped(story.lede),
        f"**{escaped(story.verdict.judgement)}.** {escaped(story.verdict.sentence)}",
        *([escaped(story.gates)] if story.gates else []),
        *(f"> **Caution.** {escaped(caution)}" for caution in story.cautions),
    ]
    for place, section in enumerate(story.sections, 1):
        parts.append(f"## {place}. {escaped(section.title)}")
        parts += [markdown(block) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Return text on one line in which nothing is markup."""
    line = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return _BEGINS_A_BLOCK.sub(r"\1\\\2", line)


def markdown(block: Block) -> str:
    """Return one block as Markdown, everything in it escaped."""
    match block:
        case Table():
            lines = [f"*{escaped(block.caption)}*", "", *_rows(block)]
        case Figure():
            lines = [f"*On the page: {escaped(block.caption)}*"]
        case Facts():
            title = [f"**{escaped(block.title)}**", ""] if block.title else []
            lines = [*title, *(f"- {escaped(n)}: {escaped(text)}" for n, text in block.pairs)]
        case Lines():
            lines = [f"- {escaped(line)}" for line in block.lines]
        case Note():
            lines = list(_note(block))
        case Heading():
            lines = [f"### {escaped(block.text)}"]
        case Paragraph():
            lines = [escaped(block.text)]
        case Pair():
            lines = ["\n\n".join(map(markdown, (*block.left, *block.right)))]
    return "\n".join(lines)


def _note(note: Note) -> Iterator[str]:
    yield f"- **{note.severity} {note.code}** {escaped(note.title)}"
    for sentence in note.sentences:
        yield f"  {escaped(sentence)}"
    if note.settings:
        yield "  Try " + " ".join(f"`--set {_code(setting)}`" for setting in note.settings)


def _code(text: str) -> str:
    return text.replace("`", "'")


def _rows(table: Table) -> Iterator[str]:
    drawn = [place for place, column in enumerate(table.columns) if column.title == "0 to 1"]
    kept = [place for place in range(len(table.columns)) if place not in drawn]
    columns = [table.columns[place] for place in kept]
    yield _line([escaped(column.title) for column in columns])
    yield _line(["---:" if column.number else "---" for column in columns])
    for row in table.rows:
        yield _line([_cell(row[place]) for place in kept])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    detail = f"({cell.detail})" if cell.detail else ""
    mark = f"[{cell.mark}]" if cell.mark else ""
    return escaped(" ".join(part for part in (cell.text, detail, mark) if part))
