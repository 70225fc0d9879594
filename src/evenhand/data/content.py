"""The bytes of a file, and the text in them."""

from __future__ import annotations

from pathlib import Path

from evenhand.errors import DataError, MissingFileError, did_you_mean

_MARK = b"\xef\xbb\xbf"


def read_content(path: Path) -> bytes:
    """Return the bytes of ``path``; a file of blanks counts as empty.

    Raises:
        MissingFileError: E202 when it is missing, no file, or empty.
        DataError: E202 when it may not be read.
    """
    if path.is_dir():
        raise MissingFileError(
            "E202",
            "that folder is no data set",
            got=f"{path}: no dataset_info.json, dataset_dict.json or metadata.json in it",
            fix="name a file in it, a folder of recordings with its metadata.json, or one written "
            "by save_to_disk of the datasets library",
        )
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MissingFileError(
            "E202", "there is no such file", got=str(path), fix=_neighbour(path)
        ) from error
    except OSError as error:
        raise DataError(
            "E202",
            "that file cannot be read",
            got=f"{path}: {error.strerror}",
            fix="check its permissions",
        ) from error
    if not content.removeprefix(_MARK).strip():
        raise MissingFileError(
            "E202",
            "the file is empty",
            got=f"{path}: {len(content)} bytes",
            fix="check what was to write it",
        )
    return content


def decode(content: bytes, path: str) -> str:
    """Return ``content`` as text; UTF-8 with or without a byte order mark.

    Raises:
        DataError: E203 naming line and byte of the first thing that is not UTF-8.
    """
    body = content.removeprefix(_MARK)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        place = error.start + len(content) - len(body)
        raise DataError(
            "E203",
            "the file is not UTF-8",
            got=f"byte 0x{body[error.start]:02x} at {path}:{line} (byte {place} of the file)",
            fix=f"iconv -f {_guess(body)} -t UTF-8 {path} > utf8{Path(path).suffix}, "
            "if that is its encoding",
        ) from error


def _neighbour(path: Path) -> str:
    names = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
    hint = did_you_mean(path.name, (name for name in names if name != path.name))
    return hint if hint.endswith("?") else "check the path"


def _guess(body: bytes) -> str:
    return "UTF-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "CP1252"
