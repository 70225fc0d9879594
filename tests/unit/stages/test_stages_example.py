"""The example is a file of stages for the sample that it names."""

from pathlib import Path

from evenhand.samples.triage import LABELS
from evenhand.stages.file import read_stages

EXAMPLE = Path(__file__).parents[3] / "examples" / "triage-stages" / "stages.toml"


def test_the_example_names_labels_of_its_sample() -> None:
    asked = read_stages(EXAMPLE)
    named = {*asked.critical, *(asked.verifier.labels if asked.verifier else ())}
    for rule in asked.rule:
        named |= {*rule.floor, *([rule.raised] if rule.raised else [])}
    assert named <= set(LABELS)
    assert set(asked.critical) == {"self_harm_low", "self_harm_high"}
