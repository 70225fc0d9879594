"""Files that appear whole or not at all."""

import errno
import hashlib
import json
import os
import shutil
import time

import pytest

from evenhand import durable
from evenhand.errors import WriteError

FILES = {"a.bin": bytes(range(40)), "inner/b.txt": b"words", "empty": b""}


def names(folder):
    return sorted(p.name for p in folder.iterdir())


@pytest.fixture
def full_disk(monkeypatch):
    """Let every fsync fail as on a full disk."""

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)


def test_written_bytes_are_there_and_nothing_else(tmp_path):
    durable.write_bytes(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"new"
    assert names(tmp_path) == ["f"]


def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path, full_disk):
    (tmp_path / "f").write_bytes(b"old")
    with pytest.raises(WriteError, match=r"\[E106\](.|\n)*No space left on device"):
        durable.write_bytes(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"old"
    assert names(tmp_path) == ["f"]


def test_a_rename_that_fails_leaves_the_old_folder_and_no_temporary_file(tmp_path):
    (tmp_path / "f").mkdir()
    with pytest.raises(WriteError, match=r"\[E106\](.|\n)*Is a directory"):
        durable.write_bytes(tmp_path / "f", b"new")
    assert names(tmp_path) == ["f"]


@pytest.mark.parametrize("name", ["file/below", "missing/f", "n" * 300])
def test_a_path_that_cannot_be_is_reported_as_one(tmp_path, name):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WriteError, match=r"\[E106\]"):
        durable.write_bytes(tmp_path / name, b"x")


def test_text_is_utf8(tmp_path):
    durable.write_text(tmp_path / "t", "né 😀")
    assert (tmp_path / "t").read_bytes() == "né 😀".encode()


def test_json_comes_back_and_ends_in_a_newline(tmp_path):
    value = {"ö": [1, 0.1, None, True]}
    durable.write_json(tmp_path / "j", value)
    text = (tmp_path / "j").read_text("utf-8")
    assert json.loads(text) == value
    assert text.endswith("}\n")
    assert "ö" in text


def test_bytes_of_json_are_what_a_file_of_it_holds(tmp_path):
    value = {"ö": [1.5, None], "e": {}}
    assert durable.json_bytes(value) == (
        b'{\n  "\xc3\xb6": [\n    1.5,\n    null\n  ],\n  "e": {}\n}\n'
    )
    durable.write_json(tmp_path / "j", value)
    assert (tmp_path / "j").read_bytes() == durable.json_bytes(value)
    with pytest.raises(ValueError, match="not JSON compliant"):
        durable.json_bytes([float("inf")])


def test_json_refuses_what_json_cannot_say(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        durable.write_json(tmp_path / "j", float("nan"))
    assert not names(tmp_path)


def test_make_folder_makes_parents_and_leaves_it_empty(tmp_path):
    durable.make_folder(tmp_path / "a" / "b")
    assert not names(tmp_path / "a" / "b")


def test_make_folder_below_a_file(tmp_path):
    (tmp_path / "f").write_bytes(b"")
    with pytest.raises(WriteError, match=r"\[E106\](.|\n)*Not a directory"):
        durable.make_folder(tmp_path / "f" / "g")


def test_a_folder_is_written_with_its_manifest(tmp_path):
    durable.write_folder(tmp_path / "d", FILES)
    listed = json.loads((tmp_path / "d" / durable.MANIFEST).read_bytes())["files"]
    assert listed == {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in FILES.items()
    }
    assert durable.folder_fault(tmp_path / "d") is None
    assert names(tmp_path) == ["d"]


def test_a_folder_of_the_same_name_is_replaced(tmp_path):
    durable.write_folder(tmp_path / "d", FILES)
    durable.write_folder(tmp_path / "d", {"c": b"3"})
    assert names(tmp_path / "d") == [durable.MANIFEST, "c"]


def test_a_full_disk_leaves_the_old_folder_and_no_other(tmp_path, monkeypatch):
    durable.write_folder(tmp_path / "d", {"c": b"old"})
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    with pytest.raises(WriteError, match=r"\[E106\](.|\n)*full"):
        durable.write_folder(tmp_path / "d", FILES)
    assert names(tmp_path) == ["d"]
    assert durable.folder_fault(tmp_path / "d") is None
    assert (tmp_path / "d" / "c").read_bytes() == b"old"


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_found(tmp_path, name):
    durable.write_folder(tmp_path / "d", FILES)
    (tmp_path / "d" / name).unlink()
    assert durable.folder_fault(tmp_path / "d") == f"{tmp_path / 'd' / name} is missing"


def test_a_missing_manifest_is_found(tmp_path):
    assert durable.folder_fault(tmp_path) == f"{tmp_path / durable.MANIFEST} is missing"


@pytest.mark.parametrize("text", ["", "[]", "{}", "{"])
def test_an_unreadable_manifest_is_found(tmp_path, text):
    (tmp_path / durable.MANIFEST).write_text(text)
    assert "not readable" in (durable.folder_fault(tmp_path) or "")


def test_a_copied_folder_is_whole(tmp_path):
    durable.write_folder(tmp_path / "d", FILES)
    shutil.copytree(tmp_path / "d", tmp_path / "copy")
    assert durable.folder_fault(tmp_path / "copy") is None


def test_a_manifest_may_not_name_what_is_no_file(tmp_path):
    durable.write_folder(tmp_path / "d", {"c": b"content"})
    manifest = tmp_path / "d" / durable.MANIFEST
    manifest.write_text(manifest.read_text().replace('"c"', '"/dev/zero"'))
    assert durable.folder_fault(tmp_path / "d") == "/dev/zero is missing"


def test_content_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    calls = []

    def listen(call, *args, **kwargs):
        calls.append(call.__name__)
        return call(*args, **kwargs)

    monkeypatch.setattr(durable, "_system", listen)
    durable.write_bytes(tmp_path / "f", b"x")
    assert calls == ["open", "write", "fsync", "replace", "fsync"]
    calls.clear()
    durable.write_folder(tmp_path / "d", {"c": b"3"})
    file = ["open", "write", "fsync"]
    assert calls == ["makedirs", "makedirs", *file, *file, "fsync", "rename", "fsync"]


def test_a_system_without_an_exchange_of_names_replaces_folders_too(tmp_path, monkeypatch):
    monkeypatch.setattr("evenhand.exchange._renameat2", lambda: None)
    durable.write_folder(tmp_path / "d", FILES)
    durable.write_folder(tmp_path / "d", {"c": b"3"})
    assert names(tmp_path / "d") == [durable.MANIFEST, "c"]
    assert names(tmp_path) == ["d"]


def test_a_folder_does_not_replace_a_file(tmp_path):
    (tmp_path / "d").write_bytes(b"kept")
    with pytest.raises(WriteError, match=r"\[E106\](.|\n)*Not a directory"):
        durable.write_folder(tmp_path / "d", FILES)
    assert (tmp_path / "d").read_bytes() == b"kept"
    assert names(tmp_path) == ["d"]


def test_a_removed_folder_is_gone(tmp_path):
    durable.write_folder(tmp_path / "d", FILES)
    durable.remove_folder(tmp_path / "d")
    assert not names(tmp_path)


def test_a_folder_that_is_not_there_cannot_be_removed(tmp_path):
    with pytest.raises(WriteError, match=r"\[E106\](.|\n)*No such file"):
        durable.remove_folder(tmp_path / "d")


def test_appended_bytes_follow_what_is_there(tmp_path):
    durable.append_bytes(tmp_path / "f", b"one\n")
    durable.append_bytes(tmp_path / "f", b"two\n")
    assert (tmp_path / "f").read_bytes() == b"one\ntwo\n"


def test_what_could_not_be_appended_is_taken_back(tmp_path, monkeypatch):
    durable.append_bytes(tmp_path / "f", b"one\n")
    write, sizes = os.write, iter([2])

    def fill_up(descriptor, content):
        if (size := next(sizes, None)) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, content[:size])

    monkeypatch.setattr(os, "write", fill_up)
    with pytest.raises(WriteError, match=r"\[E106\](.|\n)*No space left"):
        durable.append_bytes(tmp_path / "f", b"two\n")
    assert (tmp_path / "f").read_bytes() == b"one\n"


def part(process, machine=None):
    return f".x.{machine or durable._machine()}.{process}.part"


def test_a_write_removes_what_dead_processes_left_and_nothing_else(tmp_path):
    dead, living, elsewhere = part(999_999_999), part(os.getppid()), part(999_999_999, "0" * 8)
    for name in (dead, living, elsewhere, ".x.part", "x.part"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "inner").write_bytes(b"")
    durable.write_bytes(tmp_path / "f", b"")
    assert names(tmp_path) == sorted([living, elsewhere, ".x.part", "x.part", "f"])


def test_what_another_machine_left_is_removed_after_a_day(tmp_path):
    for name, age in (("0" * 8, 90_000), ("1" * 8, 80_000)):
        (tmp_path / part(1, name)).write_bytes(b"")
        then = time.time() - age
        os.utime(tmp_path / part(1, name), (then, then))
    durable.write_bytes(tmp_path / "f", b"")
    assert names(tmp_path) == [part(1, "1" * 8), "f"]
