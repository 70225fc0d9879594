"""``evenhand pretrain``: a network of series learns from recordings without their labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from evenhand import recipes
from evenhand.cli.options import Settings
from evenhand.config import override
from evenhand.errors import ConfigError
from evenhand.toml import typed_setting

OF_A_RUN = ("decision", "report", "gates", "card")
UNREAD_SECTIONS = ("loss", "sampler", "mix", "distill", *OF_A_RUN)
UNREAD = {
    "model": ("head", "prior_bias", "pretrained"),
    "series": ("auxiliary",),
    "optim": ("head_lr", "layer_decay", "frozen_layers", "unfreeze_every", "ema"),
    "train": ("metric", "r_drop", "allow_stacked"),
}
"""What a run file may say for training alone."""


def pretrain(
    data: Annotated[str | None, typer.Argument(help="Folder of recordings.")] = None,
    tune: Annotated[str | None, typer.Option(help="As train is given it; not learnt from.")] = None,
    report: Annotated[str | None, typer.Option(help="Likewise.")] = None,
    recipe: Annotated[str, typer.Option(help="Name or run file.")] = "series",
    settings: Settings = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="New folder for it.")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the one in this folder.")] = None,
) -> int:
    """Learn to rebuild hidden frames and to tell windows apart, from the fit recordings alone."""
    from evenhand.cli.terminal import screen
    from evenhand.run import Sources
    from evenhand.run import pretrain as run

    shown = screen()
    if resume is not None:
        beside = (data, tune, report, out, settings or None)
        if recipe != "series" or any(value is not None for value in beside):
            raise typer.BadParameter("--resume goes on as it was begun: nothing beside it")
        run.resume(resume, screen=shown)
        out = resume
    elif data is None or out is None:
        raise typer.BadParameter("name the data and --out DIR, or --resume DIR")
    else:
        _refuse_unread(settings or [])
        asked = override(recipes.load(recipe), settings or [])
        run.pretrain(Sources(data, tune, report), asked, out, screen=shown)
    shown.say(
        f"next\n  evenhand train DATA --recipe {recipe} --set model.pretrained={out} --out DIR"
    )
    return 0


def _refuse_unread(settings: Sequence[str]) -> None:
    """Raise for a setting that only training reads.

    Raises:
        ConfigError: E105.
    """
    for setting in settings:
        section, *below = typed_setting(setting)[0]
        if section in UNREAD_SECTIONS or set(below[:1]) & set(UNREAD.get(section, ())):
            raise ConfigError(
                "E105",
                "pre-training does not read that setting",
                got=f"--set {setting}",
                fix="leave it out here, and give it to evenhand train",
            )
