"""What is published: the bundle of a run, or an export of it in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenhand import bundle
from evenhand.bundle.hostile import damaged, read_json
from evenhand.bundle.onnx import MADE_FROM, OnnxClassifier
from evenhand.durable import file_sha256, manifest_names
from evenhand.errors import BundleError
from evenhand.export import Parity
from evenhand.export.summary import section
from evenhand.run.folder import Run


@dataclass(frozen=True)
class Source:
    """A sound bundle.

    Args:
        folder: that holds it.
        decision: calibrator and cuts, as ``decision.json`` has them; None for the run's.
        about: what the card says of it besides what it says of the run.
    """

    folder: Path
    decision: Mapping[str, Any] | None = None
    about: str = ""


def source_of(run: Run, export: Path | None, *, despite_gates: bool) -> Source:
    """Return what is to be published of a run.

    Args:
        run: finished.
        export: a bundle that ``evenhand export`` made of it; None for the run's own.
        despite_gates: also an export that a gate refuses.

    Raises:
        BundleError: E401 for damage, E402 and E405 for an export that ``evenhand.load`` refuses,
            E407 for one of another run or below its gates.
        ConfigError: E110 for an export of an ensemble, which has none.
        MissingFileError: E401 where there is no export.
    """
    own = run.layout.bundle
    bundle.refuse_damaged(own)
    if export is None:
        return Source(own)
    run.refuse_ensemble("export")
    folder = bundle.find(export)
    _refuse_foreign(run, folder)
    return Source(folder, read_json(folder / "decision.json"), _about(folder, despite_gates))


def _refuse_foreign(run: Run, folder: Path) -> None:
    """Raise for anything but a sound export of this very run."""
    loaded = bundle.load(folder)
    if not isinstance(loaded, OnnxClassifier) or bundle.WEIGHTS in manifest_names(folder):
        raise _refused(run, "the bundle is no export", str(folder))
    made_from = read_json(folder / "bundle.json").get(MADE_FROM)
    if made_from is None:
        raise _refused(run, "the export does not say what it was made from", str(folder))
    weights = file_sha256(run.layout.bundle / bundle.WEIGHTS)
    if made_from != weights:
        got = f"{folder}, of weights {str(made_from)[:12]}; the run's are {weights[:12]}"
        raise _refused(run, "the export was made from another run", got)


def _about(folder: Path, despite_gates: bool) -> str:
    """Return how the export compares with its run, as the card says it."""
    file = folder / "parity.json"
    try:
        parity = Parity.from_dict(read_json(file))
        about = section(parity)
        about.encode("utf-8")
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        # What it holds may be anything, of any kind.
        raise damaged(f"{file}: {type(error).__name__} {error}"[:200]) from error
    failed = [f"{gate.name}: {gate.found}" for gate in parity.gates if not gate.passed]
    if failed and not despite_gates:
        raise BundleError(
            "E407",
            "the export failed a gate",
            got="; ".join(failed),
            fix="export without --int8, or add --despite-gates: the card then says so",
        )
    return about


def _refused(run: Run, what: str, got: str) -> BundleError:
    return BundleError("E407", what, got=got, fix=f"evenhand export {run.folder} --to onnx -o NEW")
