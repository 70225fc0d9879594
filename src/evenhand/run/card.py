"""The card of a run's bundle: gathered from the run's folder, written into the bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from evenhand import bundle
from evenhand.config import CardConfig
from evenhand.evaluate.card import CardFacts, card
from evenhand.evaluate.report_words import plain
from evenhand.run.folder import Layout
from evenhand.run.report import positives_in, short_digest
from evenhand.run.sound import read_sound, sound

Findings = Sequence[Mapping[str, Any]] | None


def write_card(layout: Layout, about: CardConfig, *, findings: Findings) -> None:
    """Put ``README.md`` into the bundle of the run whose other files lie in ``layout``.

    Args:
        layout: of the run.
        about: what the run file says of licence, language and use.
        findings: what the doctor says of the run; None where nobody has asked.

    Raises:
        BundleError: E401 where a file of the run is damaged.
        WriteError: E106 when it cannot be written.
    """
    bundle.add_card(layout.bundle, card_of(layout, about, findings=findings))


def card_of(
    layout: Layout,
    about: CardConfig,
    *,
    findings: Findings,
    metrics: Mapping[str, Any] | None = None,
    decision: Mapping[str, Any] | None = None,
) -> str:
    """Return the card of a finished run.

    Args:
        layout: of the run.
        about: as of ``write_card``.
        findings: likewise.
        metrics: what ``metrics.json`` is to hold; what it holds if None.
        decision: calibrator and cuts of the bundle; the run's if None.

    Raises:
        BundleError: E401 where a file of the run is damaged.
    """
    manifest = read_sound(layout.manifest, "rows", "fit", "seed", "versions", "sha256")
    found = metrics or read_sound(layout.metrics, "systems", "labels", "task", "per_class")
    return card(
        CardFacts(
            metrics=found,
            decision=decision or read_sound(layout.decision),
            findings=findings,
            rows={role: number for role, number in manifest["rows"].items() if number},
            positives=positives_in(layout, manifest, found["labels"]),
            about=about.model_dump(),
            provenance=_provenance(layout, manifest),
            of_texts="series" not in found,
        )
    )


def findings_in(layout: Layout) -> Findings:
    """Return what the doctor said of the run; None where nobody has asked."""
    if not layout.findings.is_file():
        return None
    with sound(layout.findings):
        return list(json.loads(layout.findings.read_text("utf-8")))


def _provenance(layout: Layout, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return what made the model; files are named by their order, since a name may tell a secret.

    Times, memory and machine are left out: a run made again has the same card.
    """
    hashes = [value for name, value in manifest["sha256"].items() if name != "split"]
    files = {f"data file {place}": short_digest(h) for place, h in enumerate(hashes, start=1)}
    return {
        **_made_of(layout, manifest),
        "seed": str(manifest["seed"]),
        **files,
        "roles of the rows": short_digest(manifest["sha256"]["split"]),
        "versions": plain(manifest["versions"]),
    }


def _made_of(layout: Layout, manifest: Mapping[str, Any]) -> dict[str, str]:
    if ensemble := manifest.get("ensemble"):
        return {"made of": f"{len(ensemble['members'])} models, combined by {ensemble['by']}"}
    resolved = read_sound(layout.resolved, "model", "loss")
    model, taught = resolved["model"], manifest.get("distill")
    told = {"loss": plain(resolved["loss"])}
    if taught:
        told["taught by"] = f"another model, whose answers weigh {plain(taught['weight'])}"
    if read_sound(layout.bundle / "bundle.json").get("kind") == "series":
        return {"network": plain(model["network"]), **told}
    backbone = str(model["backbone"])
    local = backbone.startswith(("/", ".", "~")) or ":\\" in backbone
    return {"backbone": "a local folder" if local else backbone, **told}
