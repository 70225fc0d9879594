"""Where a result comes from."""

import platform
import re

import numpy as np
import pytest

from evenhand.run.provenance import Stopwatch, facts, machine, peak_memory_bytes, versions


def test_versions_are_those_of_what_computes():
    found = versions()
    assert found["numpy"] == np.__version__
    assert found["python"] == platform.python_version()
    assert {"evenhand", "torch", "transformers"} <= set(found)


def test_the_machine_is_described():
    described = machine()
    assert described["cores"] >= 1
    assert described["processor"]
    assert re.match(platform.system(), described["system"])


def test_memory_is_in_bytes():
    before = peak_memory_bytes()
    assert before > 20e6
    block = np.ones(int(before) // 8 + 20_000_000)
    assert peak_memory_bytes() >= before + 100e6
    del block


def test_a_stage_that_is_entered_twice_adds_up():
    watch = Stopwatch({"training": 5.0})
    with watch.stage("training"):
        pass
    with watch.stage("reading"):
        pass
    assert watch.seconds["training"] >= 5.0
    assert set(watch.seconds) == {"training", "reading"}


def test_a_stage_that_fails_is_counted():
    watch = Stopwatch()
    with pytest.raises(ValueError, match="broken"), watch.stage("reading"):
        raise ValueError("broken")
    assert "reading" in watch.seconds


def test_facts_are_flat_and_leave_out_what_is_unknown():
    manifest = {"seed": 3, "machine": {"cores": 2, "gpu": None}, "note": None}
    assert facts(manifest) == {"seed": "3", "machine cores": "2"}
