"""An export on one screen: size, parity, gates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from evenhand.evaluate.compare_summary import between, signed

if TYPE_CHECKING:
    from rich.console import Console

    from evenhand.export.parity import Parity

WORST = 3
"""Classes shown: those that lose most."""


def summary(parity: Parity, *, console: Console) -> None:
    """Print how an export compares with the network that it was made from."""
    before, after = parity.ece
    macro = parity.macro_f1
    worst = sorted(
        (row for row in parity.per_class if row["difference"] is not None),
        key=lambda row: float(row["difference"]),
    )[:WORST]
    lines = [
        f"graph    {parity.precision}, {parity.megabytes:.1f} MB",
        f"logits   differ by {parity.typical:.2g} on average, {parity.largest:.2g} at most",
        f"labels   {parity.flips:,} given by one of the two alone, "
        f"on {parity.rows:,} {parity.role} rows",
        f"macro-F1 {_number(macro['a'])} before, {_number(macro['b'])} after, "
        f"{signed(macro['difference'])} ({between(macro)})",
        f"ECE      {_number(before)} before, {_number(after)} after",
        *(
            f"class    {row['name']}: {_number(row['before'])} before, "
            f"{_number(row['after'])} after, {signed(row['difference'])} ({between(row)}), "
            f"{row['support']} positives"
            for row in worst
        ),
        *(
            f"{'passed ' if gate.passed else 'FAILED '}  {gate.name}: {gate.found}"
            for gate in parity.gates
        ),
    ]
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"
