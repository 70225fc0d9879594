"""The report's plots as inline SVG: text stays text, and colours follow the page.

Every plot is drawn with matplotlib's object interface under its own settings, so neither the
caller's ``pyplot`` state nor a ``matplotlibrc`` changes it, and the same numbers give the same
bytes.
"""

# N rows, C classes, K points of a curve.
from __future__ import annotations

import io
import re
import unicodedata
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np

from evenhand.evaluate.report_curves import Bin
from evenhand.types import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, RULE, ACCENT, SECOND, PAPER = (f"#00000{n}" for n in range(1, 7))
_ON_THE_PAGE = {
    INK: "currentColor",
    MUTED: "var(--muted)",
    RULE: "var(--rule)",
    ACCENT: "var(--accent)",
    SECOND: "var(--second)",
    PAPER: "var(--paper)",
}
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "evenhand",
    "text.parse_math": False,
    "text.usetex": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 11.0,
    **dict.fromkeys(("axes.labelsize", "xtick.labelsize", "ytick.labelsize"), 11.0),
    "lines.linewidth": 1.5,
    "axes.xmargin": 0.02,
    "axes.ymargin": 0.05,
    "axes.formatter.useoffset": False,
    "path.simplify": True,
}


@dataclass(frozen=True)
class Words:
    """What a plot is called and what it shows, for those who cannot see it.

    Args:
        key: prefix of the ids inside the SVG; no two plots of a page may share it.
        title: short name.
        description: one sentence on what is drawn.
    """

    key: str
    title: str
    description: str


@dataclass(frozen=True)
class Series:
    """One line of a training curve.

    Args:
        name: what the key says.
        x: optimizer steps, ``(K,)``.
        y: values, ``(K,)``.
        look: ``"accent"``, ``"second"``, ``"muted"`` (points on a line) or ``"faint"`` (a line).
    """

    name: str
    x: Floats
    y: Floats
    look: str


@contextmanager
def house_style() -> Iterator[None]:
    """Draw under our own settings, whatever the caller's are."""
    import matplotlib as mpl

    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing", UserWarning)
        yield


@house_style()
def draw_dumbbells(
    rows: Sequence[Mapping[str, Any]], words: Words, *, compact: bool = False
) -> str:
    """Draw each class's F1 before and after thresholds, with intervals, one class a line.

    Args:
        rows: ``name``, ``support``, ``f1`` and ``f1_half`` (each value, low, high), drawn
            downwards; an undefined value leaves its line empty.
        words: what the plot is called.
        compact: drawn for a narrow screen.
    """
    names = [printable(str(row["name"]), 16 if compact else 28) for row in rows]
    left = 12 + 6.4 * max(map(width_of, names), default=0)
    width, height = (350 if compact else 760), 21.0 * len(rows) + 58
    figure, axes = canvas(width, height, (left, 58, 30, 28))
    beside, outside = axes.get_yaxis_transform(), 1 + 16 / (width - left - 58)
    for y, row in enumerate(rows):
        axes.text(outside, y, f"{row['support']:,}", color=MUTED, va="center", transform=beside)
    axes.text(outside, -1.15, "rows", color=MUTED, va="center", transform=beside)
    _pairs(axes, *(np.array([_ends(row[key]) for row in rows]) for key in ("f1_half", "f1")))
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xticks([0, 0.5, 1] if compact else [0, 0.2, 0.4, 0.6, 0.8, 1.0])
    axes.set_yticks(range(len(rows)), names)
    axes.tick_params(axis="y", colors=INK)
    axes.tick_params(axis="x", labeltop=True)
    axes.grid(axis="x", color=RULE, linewidth=0.7)
    axes.spines["left"].set_visible(False)
    return to_svg(figure, words)


def _pairs(axes: Axes, before_C3: Floats, after_C3: Floats) -> None:
    """Draw value, low and high of every class, before above after, joined by a band."""
    place_C = np.arange(len(before_C3), dtype=np.float64)
    upper_C, lower_C = place_C - 0.18, place_C + 0.18
    gap_C = np.full(len(place_C), np.nan)
    band_x = np.column_stack([before_C3[:, 0], after_C3[:, 0], gap_C]).ravel()
    band_y = np.column_stack([upper_C, lower_C, gap_C]).ravel()
    axes.plot(band_x, band_y, color=RULE, lw=3, zorder=1)
    for part_C3, height_C, colour, filled in (
        (before_C3, upper_C, MUTED, PAPER),
        (after_C3, lower_C, ACCENT, ACCENT),
    ):
        line_x = np.column_stack([part_C3[:, 1], part_C3[:, 2], gap_C]).ravel()
        axes.plot(line_x, np.repeat(height_C, 3), color=colour, lw=1.1)
        look: dict[str, Any] = {"ms": 5, "mec": colour, "mfc": filled, "mew": 1.3, "zorder": 3}
        axes.plot(part_C3[:, 0], height_C, "o", clip_on=False, **look)


def _ends(part: Mapping[str, Any]) -> list[float]:
    return [np.nan if part[end] is None else part[end] for end in ("value", "low", "high")]


@house_style()
def draw_precision_recall(
    recall_K: Floats,
    precision_K: Floats,
    words: Words,
    *,
    prevalence: float,
    cut: tuple[float, float] | None,
) -> str:
    """Draw one small precision-recall curve, the share of rows as a dotted line.

    Args:
        recall_K: recall, rising, in [0, 1].
        precision_K: precision, same shape.
        words: what the plot is called.
        prevalence: share of rows of the class: the precision of guessing.
        cut: recall and precision of the decision taken, drawn as a dot.
    """
    figure, axes = canvas(172, 142, (28, 8, 8, 20))
    axes.axhline(prevalence, color=MUTED, lw=1.1, ls=(0, (1, 2)))
    axes.plot(recall_K, precision_K, color=ACCENT, lw=1.6, solid_joinstyle="round")
    if cut is not None:
        axes.plot(*cut, "o", ms=7, color=SECOND, clip_on=False, zorder=4)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    axes.set(xticklabels=["0", ".5", "1"], yticklabels=["0", ".5", "1"])
    return to_svg(figure, words)


@house_style()
def draw_reliability(bins: Sequence[Bin], words: Words, *, before: Sequence[Bin] = ()) -> str:
    """Draw observed share against predicted probability, and below it how many forecasts say so.

    Args:
        bins: of the calibrated probabilities.
        words: what the plot is called.
        before: of the raw ones, drawn hollow.
    """
    figure, axes = canvas(440, 430, (50, 14, 10, 146))
    _honesty(axes, bins, before)
    axes.set(ylabel="share that came true")
    axes.tick_params(labelbottom=False)
    axes.grid(color=RULE, linewidth=0.7)
    below = figure.add_axes((50 / 440, 44 / 430, 376 / 440, 84 / 430))
    _quiet(below)
    counts = np.array([b.count for b in bins], dtype=np.float64)
    width = [b.high - b.low for b in bins]
    below.bar([b.low for b in bins], counts, width, align="edge", color=RULE, ec=PAPER, lw=1)
    for b in bins:
        middle = (b.low + b.high) / 2, b.count
        above: dict[str, Any] = {"xytext": (0, 3), "textcoords": "offset points", "ha": "center"}
        below.annotate(_short(b.count), middle, color=MUTED, fontsize=8.5, **above)
    below.set_yscale("log")
    below.minorticks_off()
    below.set(xlim=(0, 1), ylim=(0.5, counts.max(initial=1) * 8), yticks=[])
    below.set(xlabel="predicted probability", ylabel="count (log)")
    return to_svg(figure, words)


@house_style()
def draw_small_reliability(bins: Sequence[Bin], words: Words, *, before: Sequence[Bin]) -> str:
    """Draw the reliability of one label, small; arguments as of ``draw_reliability``."""
    figure, axes = canvas(172, 150, (28, 8, 8, 20))
    _honesty(axes, bins, before, size=3.4)
    axes.set(xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    axes.set(xticklabels=["0", ".5", "1"], yticklabels=["0", ".5", "1"])
    return to_svg(figure, words)


def _honesty(axes: Axes, bins: Sequence[Bin], before: Sequence[Bin], *, size: float = 5.0) -> None:
    """Draw both curves, the diagonal of honesty, and the intervals of the calibrated one."""
    axes.plot([0, 1], [0, 1], color=MUTED, lw=1.1, ls=(0, (1, 2)))
    raw: dict[str, Any] = {"color": MUTED, "ms": size, "mfc": PAPER, "mew": 1.2, "lw": 1.0}
    axes.plot([b.predicted for b in before], [b.observed for b in before], "o-", **raw)
    said = [b.predicted for b in bins]
    ends = [b.observed_low for b in bins], [b.observed_high for b in bins]
    axes.vlines(said, *ends, colors=ACCENT, lw=1.2)
    axes.plot(said, [b.observed for b in bins], "o-", color=ACCENT, ms=size, lw=1.3)
    axes.set(xlim=(0, 1), ylim=(0, 1.02))


@house_style()
def draw_training(series: Sequence[Series], words: Words, *, mark: float | None = None) -> str:
    """Draw one panel of training curves over optimizer steps.

    Args:
        series: the lines, in drawing order.
        words: what the panel is called.
        mark: step of the weights that were kept, drawn as an upright line.
    """
    figure, axes = canvas(460, 240, (62, 14, 12, 40))
    colours = {"accent": ACCENT, "second": SECOND, "muted": MUTED, "faint": RULE}
    if mark is not None:
        axes.axvline(mark, color=MUTED, lw=1.1, ls=(0, (1, 2)))
    for line in series:
        shape = "-" if line.look == "faint" or len(line.x) > 60 else "o-"
        axes.plot(line.x, line.y, shape, color=colours[line.look], ms=4)
    axes.set_xlabel("optimizer step")
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.6g}")
    axes.locator_params(nbins=6)
    return to_svg(figure, words)


def canvas(
    width: float, height: float, margins: tuple[float, float, float, float]
) -> tuple[Figure, Axes]:
    """Return a figure of so many points, and axes between left, right, top and bottom margins."""
    from matplotlib.figure import Figure

    left, right, top, bottom = margins
    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    size = ((width - left - right) / width, (height - top - bottom) / height)
    axes = figure.add_axes((left / width, bottom / height, *size))
    _quiet(axes)
    return figure, axes


def _quiet(axes: Axes) -> None:
    axes.patch.set_visible(False)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, length=0, pad=5)
    axes.xaxis.label.set_color(MUTED)
    axes.yaxis.label.set_color(MUTED)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(RULE)


def printable(text: str, longest: int) -> str:
    """Return ``text`` without control characters, cut to ``longest`` with an ellipsis."""
    clean = "".join(c if c.isprintable() else "\ufffd" for c in text)
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def width_of(text: str) -> int:
    """Return how many columns a text takes; wide signs of East Asia take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _short(count: int) -> str:
    if count < 1000:
        return str(count)
    return f"{count / 1000:.3g}k" if count < 1_000_000 else f"{count / 1e6:.3g}M"


def to_svg(figure: Figure, words: Words) -> str:
    """Return the drawing as SVG to stand in a page, named for those who cannot see it."""
    figure.patch.set_visible(False)
    buffer = io.BytesIO()
    about = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(buffer, format="svg", transparent=True, metadata=about)
    drawn = ElementTree.fromstring(buffer.getvalue())
    root = ElementTree.Element("svg", {"class": "plot", "role": "img"})
    root.set("viewBox", drawn.attrib["viewBox"])
    root.extend(e for e in drawn if e.tag.endswith(("}g", "}defs")) and e.find("{*}style") is None)
    _tidy(root, words.key)
    root.set("aria-labelledby", f"{words.key}-title {words.key}-desc")
    for place, (name, text) in enumerate((("title", words.title), ("desc", words.description))):
        element = ElementTree.Element(name, {"id": f"{words.key}-{name}"})
        element.text = printable(text, 999)
        root.insert(place, element)
    return ElementTree.tostring(root, encoding="unicode")


def _tidy(root: ElementTree.Element, key: str) -> None:
    """Drop what a page does not need, shorten numbers, and make ids unique to this plot."""
    values = " ".join(v for e in root.iter() for v in e.attrib.values())
    used = set(re.findall(r"#(\w+)", values))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.tail = None
        if element.tag != "text":
            element.text = None
        attributes = {n.rpartition("}")[2]: v for n, v in element.attrib.items()}
        element.attrib.clear()
        for name, value in attributes.items():
            if (name != "id" or value in used) and not value.startswith("rotate(-0 "):
                element.set(name, _attribute(name, value, key))


def _attribute(name: str, value: str, key: str) -> str:
    if name == "id":
        return f"{key}-{value}"
    if name in ("href", "clip-path"):
        return value.replace("#", f"#{key}-")
    if name == "style":
        value = re.sub(r"font-family:[^;]*;?", "", value)
        return re.sub(r"#00000[1-6]", lambda m: _ON_THE_PAGE[m[0]], value)
    short = re.sub(r"-?\d+\.\d+", lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), value)
    return " ".join(short.split())
