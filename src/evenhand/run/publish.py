"""Publishing: a folder with the bundle of a finished run, its card, and nothing that is private."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evenhand import bundle
from evenhand.config import CardConfig, RunConfig, override, parse_config
from evenhand.durable import Content, make_folder, write_folder
from evenhand.errors import (
    BundleError,
    ConfigError,
    DataError,
    MissingExtraError,
    MissingFileError,
)
from evenhand.extras import need
from evenhand.run.card import card_of, findings_in
from evenhand.run.conclude import judged
from evenhand.run.folder import Run, megabytes
from evenhand.run.private import refuse_private
from evenhand.run.publish_source import source_of
from evenhand.run.reread import reread
from evenhand.toml import read_toml, typed_setting

LICENCE = "LICENSE"
ASKED = ("license", "language", "data", "intended_use")
"""What only a human can say of a model."""
NOTE = """The licence of this model is {license}, as those who publish it state.
Where that licence asks for its full text, put it into this file.
"""


@dataclass(frozen=True)
class Published:
    """A folder that can be given away.

    Args:
        folder: of bundle, card and licence.
        unsaid: what the card says nobody has said, by the keys that would say it.
        texts: training texts that were looked for in it; None where they are not at hand.
    """

    folder: Path
    unsaid: tuple[str, ...]
    texts: int | None


def publish(
    run: Run,
    out: Path,
    *,
    export: Path | None = None,
    settings: Sequence[str] = (),
    despite_gates: bool = False,
) -> Published:
    """Write a folder that is ready for a model hub, and that ``evenhand.load`` reads.

    Args:
        run: finished.
        out: a folder that is empty or not there.
        export: a bundle that ``evenhand export`` made of this run, to be published in place of
            the run's own.
        settings: ``card.license=apache-2.0`` and the like, over those of the run file.
        despite_gates: also where a gate of the run file fails; the card then says so.

    Raises:
        ConfigError: E109 when ``out`` is in use, E110 for a setting outside ``[card]``.
        BundleError: E401 for a damaged run or export, E402 and E405 for an export that is refused
            when it is loaded, E407 for a run that is unfinished, one of the two that failed a
            gate, holds what must not be published, or does not belong to the other.
    """
    bundle.refuse_used(out)
    config = _settings(run, settings)
    _refuse_unfinished(run)
    source = source_of(run, export, despite_gates=despite_gates)
    size = megabytes(source.folder)
    gates = judged(config, run.metrics, size_mb=size, seconds=run.manifest["seconds"])
    failed = [gate.line() for gate in gates if not gate.passed]
    if failed and not despite_gates:
        raise BundleError(
            "E407",
            "the run failed a gate of its run file",
            got="; ".join(failed),
            fix="train a better one, or add --despite-gates: the card then says so",
        )
    metrics = run.metrics | {"gates": [gate.to_dict() for gate in gates]}
    about = config.card
    card = card_of(
        run.layout,
        about,
        findings=findings_in(run.layout),
        metrics=metrics,
        decision=source.decision,
    )
    card += source.about
    texts = _texts(run)
    refuse_private(source.folder, card, texts or ())
    make_folder(out.absolute().parent)
    write_folder(out, _files(source.folder, card, about))
    unsaid = tuple(f"card.{key}" for key in ASKED if not getattr(about, key))
    return Published(out, unsaid, None if texts is None else len(texts))


def push(folder: Path, repo: str) -> str:
    """Send a published folder to a model hub, into a new private repository or an old one.

    Args:
        folder: published.
        repo: its name there, ``owner/name``.

    Returns:
        Its address.

    Raises:
        MissingExtraError: E104 without the package that speaks to hubs.
        BundleError: E407 when the hub cannot be reached or refuses; the folder stays.
    """
    hub, errors = need("hub", "huggingface_hub"), need("hub", "huggingface_hub.errors")
    # Xet, which may carry the weights, reports what went wrong on the way as a RuntimeError.
    faults = (OSError, ValueError, RuntimeError, errors.HTTPError)
    try:
        api = hub.HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
        made = api.create_repo(repo, private=True, exist_ok=True)
        api.upload_folder(
            repo_id=made.repo_id, folder_path=folder, commit_message="evenhand publish"
        )
    except faults as error:
        raise BundleError(
            "E407",
            "the folder is written, but the hub did not take it",
            got=f"{repo}: {type(error).__name__}: {str(error)[:300]}",
            fix=f"check network, name and token (hf auth login), then: hf upload {repo} {folder}",
        ) from error
    return str(made)


def _settings(run: Run, settings: Sequence[str]) -> RunConfig:
    for setting in settings:
        if typed_setting(setting)[0][0] != "card":
            raise ConfigError(
                "E110",
                "publishing changes what the card says, and nothing else",
                got=f"--set {setting}",
                fix="--set card.KEY=VALUE: " + ", ".join(CardConfig.model_fields),
            )
    asked = override(read_toml(run.layout.asked), settings)
    return parse_config(asked, source=str(run.layout.asked) if not settings else "--set")


def _refuse_unfinished(run: Run) -> None:
    ensemble = run.manifest.get("ensemble")
    finished = run.layout.findings.is_file() if ensemble is None else ensemble["finished"]
    if not finished:
        command = "train" if ensemble is None else "ensemble"
        raise BundleError(
            "E407",
            "the run is not finished",
            got=str(run.folder),
            fix=f"evenhand {command} --resume {run.folder}",
        )


def _texts(run: Run) -> list[str] | None:
    """Return the texts of all rows; None where they are gone or no longer what they were."""
    try:
        return list(reread(run).texts)
    except (MissingFileError, MissingExtraError, DataError):
        return None


def _files(source: Path, card: str, about: CardConfig) -> dict[str, Content]:
    files = bundle.copies_of(source)
    files[bundle.CARD] = card.encode("utf-8")
    if about.license is not None:
        files[LICENCE] = NOTE.format(license=about.license).encode("utf-8")
    return files
