"""Where the scores of a pair lie: statistics are counted from these files and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from evenhand.durable import make_folder
from evenhand.predictions import load_predictions, save_predictions
from evenhand.types import Predictions


@dataclass(frozen=True)
class Store:
    """Prediction files of one comparison.

    Args:
        folder: that holds them.
        data: name of the file that the rows come from; empty for the run's own rows.
    """

    folder: Path
    data: str = ""

    def path(self, column: str, change: str = "") -> Path:
        """Return ``pair-COLUMN[@DATA][~PERTURBATION].parquet``, odd characters as ``%XX``.

        Two columns, files or perturbations never share a name.
        """
        marked = ("", column), ("@", self.data), ("~", change)
        name = "".join(mark + _safe(part) for mark, part in marked if part)
        return self.folder / f"pair-{name}.parquet"

    def keep(self, predictions: Predictions, column: str, change: str = "") -> Predictions:
        """Write predictions, and return what the file then says.

        Raises:
            WriteError: E106 when the folder cannot be written; ``--out`` names another.
        """
        path = self.path(column, change)
        make_folder(path.parent)
        save_predictions(path, predictions)
        return load_predictions(path)


def _safe(name: str) -> str:
    return quote(name, safe="").replace("~", "%7E")
