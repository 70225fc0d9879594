"""An export in a few lines: size, parity, gates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from evenhand.evaluate.terminal import figure, number

if TYPE_CHECKING:
    from rich.console import Console

    from evenhand.export.parity import Parity

WORST = 3
"""Classes shown: those that lose most."""


def summary(parity: Parity, *, console: Console) -> None:
    """Print how an export compares with the network that it was made from."""
    for line in lines(parity):
        console.print(Text(line), soft_wrap=True)


def section(parity: Parity) -> str:
    """Return what the card of an export says besides what the run's card says."""
    told = "\n".join(f"    {part}" for line in lines(parity) for part in line.splitlines())
    return (
        "\n## This bundle is an export\n\n"
        f"One ONNX graph in {parity.precision}, made from the network that this card describes. "
        "Its calibrator and cuts were\nchosen anew on the tune rows and stand in `decision.json`. "
        f"Held against the network:\n\n{told}\n"
    )


def lines(parity: Parity) -> list[str]:
    """Return size, differences, the classes that lose most, and every gate, a line each."""
    before, after = parity.ece
    macro = parity.macro_f1
    known = (row for row in parity.per_class if row["difference"] is not None)
    worst = sorted(known, key=lambda row: float(row["difference"]))[:WORST]
    return [
        f"graph    {parity.precision}, {parity.megabytes:.1f} MB",
        f"logits   differ by {parity.typical:.2g} on average, {parity.largest:.2g} at most",
        f"labels   {parity.flips:,} given by one of the two alone, "
        f"on {parity.rows:,} {parity.role} rows",
        f"macro-F1 {number(macro['a'])} before, {number(macro['b'])} after: "
        f"{figure(macro, 'difference', signed=True)}",
        f"ECE      {number(before)} before, {number(after)} after",
        *(
            f"class    {row['name']}, {row['support']} positives: {number(row['before'])} before, "
            f"{number(row['after'])} after: {figure(row, 'difference', signed=True)}"
            for row in worst
        ),
        *(f"{'passed' if g.passed else 'FAILED'}   {g.name}: {g.found}" for g in parity.gates),
    ]
