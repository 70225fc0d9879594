"""Summary: a run's mistakes on a terminal, to be read beside the texts themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from evenhand.evaluate.compare_summary import p_value
from evenhand.evaluate.mistakes import KINDS

WORST = 5
"""Labels of lowest F1, shown when none is named."""
LONGEST_TEXT = 88
SAID = {"missed": "missed", "false_alarm": "false alarms"}

Row = Mapping[str, Any]


def summary(contents: Row, *, console: Console) -> None:
    """Print how many rows are wrong, what they share, and the hardest ones by label.

    Args:
        contents: what ``Mistakes.to_dict`` gives.
        console: where to print; colour only where it has it.
    """
    for line in head_lines(contents):
        console.print(Text(line), soft_wrap=True)
    ordered = sorted(contents["labels"], key=_worth)
    for label in ordered[:WORST]:
        console.print(Text(f"{label['name']}  ({label['support']:,} rows)", style="bold"))
        for kind in KINDS:
            for line in kind_lines(label[kind], kind):
                console.print(Text(line), soft_wrap=True)
    if len(ordered) > WORST:
        rest = f"... {len(ordered) - WORST} more labels: --label NAME, or --json FILE for all"
        console.print(Text(rest, style="dim"))


def head_lines(contents: Row) -> Iterator[str]:
    """Yield what holds for all rows: the error rate, words or recordings, effects of slices."""
    about = f"{contents['label']}: " if contents["label"] else ""
    rows, wrong = contents["rows"], contents["wrong"]
    share = f" ({wrong / rows:.1%})" if rows else ""
    yield f"{about}{wrong:,} of {rows:,} rows are wrong{share}"
    if "recordings" in contents:
        yield f"  recordings: {_recordings(contents['recordings'])}"
    else:
        yield f"  words: {_words(contents['words'])}"
    for effect in contents["effects"]:
        parts = "; ".join(
            f"{part['value']} {part['rate']:.1%} ({part['low']:.1%} to {part['high']:.1%})"
            for part in effect["parts"]
        )
        yield f"  by {effect['column']}, {_test(effect)}: {parts}"


def _test(effect: Row) -> str:
    if effect.get("groups"):
        return f"intervals of {effect['groups']:,} groups"
    return "not testable" if effect["p"] is None else p_value(effect["p"])


def kind_lines(found: Row, kind: str) -> Iterator[str]:
    """Yield one kind of a label's mistakes: how many, which words, the hardest rows."""
    yield f"  {SAID[kind]}: {found['count']:,}"
    if found["words"]:
        yield f"    words: {_words(found['words'])}"
    for row in found["hardest"]:
        truth, given = ("|".join(row[key]) or "(none)" for key in ("truth", "decided"))
        yield f"    p {row['probability']:.3f}  truth {truth}, given {given}  {row['id']}"
        yield f"      {_cut(row['text'])}"
        for near in row["nearest_fit"][:1]:
            about = f"{'|'.join(near['labels']) or '(none)'}, {near['similarity']:.2f}"
            yield f"      nearest fit row ({about}): {_cut(near['text'])}"


def _worth(label: Row) -> float:
    """Return the label's F1, 1 where nothing was to find and nothing was raised."""
    hits = label["support"] - label["missed"]["count"]
    errors = label["missed"]["count"] + label["false_alarm"]["count"]
    return float(2 * hits / (2 * hits + errors)) if hits + errors else 1.0


def _recordings(recordings: Sequence[Row]) -> str:
    shown = [f"{r['name']} {r['wrong']:,} of {r['rows']:,} wrong" for r in recordings[:WORST]]
    return ", ".join(shown) or "none has a mistake"


def _words(words: Sequence[Row]) -> str:
    proven = [word for word in words if word["proven"]]
    if not proven:
        return "none beyond chance"
    return ", ".join(
        f"{word['term']!r} {word['wrong']} of {word['wrong_rows']:,} wrong, "
        f"{word['right']} of {word['right_rows']:,} right"
        for word in proven
    )


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 3] + "..."
