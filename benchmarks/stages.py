"""What do rules and a verifier bring to the triage example, and what do they cost?

Run: ``python benchmarks/stages.py data/triage/train.json``, after the commands of
``docs/howto/stages.md``; ``--stages FILE``, ``--seeds 1 2``. Rows are the validation messages of
other seeds of the sample ``triage``, their ids made new, without any text that occurs among the
training rows or twice: they also say things in ways that training never did.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from evenhand.data.text import normalised
from evenhand.evaluate.stage_effects_summary import summary
from evenhand.run.stages import check_stages
from evenhand.samples.triage import LABELS, draw_triage

EXAMPLE = Path(__file__).parents[1] / "examples" / "triage-stages" / "stages.toml"


def new_rows(seeds: Sequence[int], training: Path) -> Iterator[dict[str, Any]]:
    """Yield validation messages of other seeds that are not among the training rows."""
    seen = {normalised(row["text"]) for row in json.loads(training.read_text("utf-8"))}
    for seed in seeds:
        for row in draw_triage(seed).files["valid.json"]:
            if normalised(row.text) not in seen:
                seen.add(normalised(row.text))
                labels = {name: int(name in row.labels) for name in LABELS}
                yield {"id": f"seed{seed}-{row.id}", "text": row.text, "labels": labels}


def main() -> None:
    """Measure the stages and print what they bring."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("training", type=Path)
    parser.add_argument("--stages", type=Path, default=EXAMPLE)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(1, 9)))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "rows.json"
        data.write_text(json.dumps(list(new_rows(asked.seeds, asked.training))), "utf-8")
        measured = check_stages(asked.stages, str(data))
    summary(measured, console=Console(highlight=False, width=110))


if __name__ == "__main__":
    main()
