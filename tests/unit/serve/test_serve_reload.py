"""A new bundle takes over, or is refused and the old one goes on."""

from __future__ import annotations

import asyncio
import logging

import pytest

from evenhand import stages
from evenhand.durable import write_folder
from evenhand.errors import BundleError
from evenhand.serve.batching import Queue
from evenhand.serve.metrics import Metrics
from evenhand.serve.reload import Reloader, stamp
from evenhand.stages import Pipeline
from hashed import Hashed, tried


def written(folder, content=b"1"):
    """Write something that has a manifest; what it holds is up to ``stages.load``."""
    write_folder(folder, {"bundle.json": b"{}", "content": content})
    return folder


@pytest.fixture
def reloading(tmp_path, monkeypatch):
    """Return a runner: ``reloading(found, talk)``, where the path holds what ``found`` returns."""

    def run(found, talk):
        monkeypatch.setattr(stages, "load", lambda _: found())

        async def conversation():
            metrics = Metrics()
            queue = Queue(tried(name="old"), size=128, timeout=60, metrics=metrics)
            reloader = Reloader(written(tmp_path / "b"), queue, metrics)
            try:
                return await talk(reloader, queue), metrics.page().decode()
            finally:
                queue.close()

        return asyncio.run(conversation())

    return run


async def once(reloader, queue):
    return await reloader.reload(), queue.model


def test_a_sound_bundle_is_taken(reloading):
    new = Pipeline(Hashed())
    (taken, model), page = reloading(lambda: new, once)
    assert taken
    assert (model.pipeline, model.name != "old") == (new, True)
    assert 'evenhand_reloads_total{outcome="taken"} 1.0' in page
    assert f'evenhand_model{{name="{model.name}"}} 1.0' in page
    assert 'name="old"' not in page


def damaged():
    raise BundleError("E401", "the bundle is damaged", got="model.safetensors", fix="copy it again")


def ill_made():
    raise KeyError("secret words")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (damaged, "E401"),
        (lambda: Pipeline(Hashed(("joy", "anger"))), "E513"),
        (lambda: Pipeline(Hashed(("anger", "joy", "grief"))), "E513"),
        (ill_made, "KeyError"),
    ],
)
def test_any_other_is_refused_and_the_old_one_goes_on(reloading, caplog, found, said):
    with caplog.at_level(logging.INFO, "evenhand.serve"):
        (taken, model), page = reloading(found, once)
    assert (taken, model.name) == (False, "old")
    assert 'evenhand_reloads_total{outcome="refused"} 1.0' in page
    [record] = caplog.records
    assert record.message == "reload refused"
    fault = record.exc_info[0].__name__ if record.exc_info else record.fields["code"]
    assert fault == said
    assert "joy" not in str(getattr(record, "fields", ""))


def test_it_is_read_when_the_manifest_is_another_one_and_when_asked(reloading, tmp_path):
    reads = []

    def found():
        reads.append(1)
        return Pipeline(Hashed())

    async def talk(reloader, _):
        working = asyncio.create_task(reloader.work())

        async def read(times):
            async with asyncio.timeout(60):
                while len(reads) < times:
                    await asyncio.sleep(0.01)

        written(tmp_path / "b", b"2")
        await read(1)
        reloader.ask()
        await read(2)
        working.cancel()
        return len(reads)

    assert reloading(found, talk)[0] == 2


def test_the_stamp_changes_with_the_manifest_alone(tmp_path):
    folder = written(tmp_path / "b")
    first = stamp(folder)
    assert stamp(folder) == first
    assert stamp(written(folder, b"2")) != first
    (folder / "MANIFEST.json").unlink()
    assert stamp(folder) is None
    assert stamp(tmp_path / "none") is None
