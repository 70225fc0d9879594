from pathlib import Path

import typer
from typer.testing import CliRunner

from evenhand.cli.sample import sample
from evenhand.samples import SAMPLES

APP = typer.Typer()
APP.command()(sample)


def test_no_name_lists_the_samples() -> None:
    result = CliRunner().invoke(APP, [])
    assert result.exit_code == 0
    names = [line.split()[0] for line in result.output.splitlines()]
    assert names == list(SAMPLES)


def test_triage_is_written_and_the_next_command_printed(tmp_path: Path) -> None:
    result = CliRunner().invoke(APP, ["triage", "-o", str(tmp_path / "t")])
    assert result.exit_code == 0
    assert result.output.splitlines()[-1].startswith("next: evenhand train ")
    assert (tmp_path / "t" / "train.json").is_file()
    assert (tmp_path / "t" / "valid.json").is_file()
