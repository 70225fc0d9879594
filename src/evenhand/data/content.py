"""The bytes of a file, and the text in them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from evenhand.errors import DataError, MissingFileError, did_you_mean

MARK = b"\xef\xbb\xbf"
_PIECE = 2**20


def open_content(path: Path) -> BinaryIO:
    """Open ``path`` at its beginning, to be read more than once.

    Raises:
        MissingFileError: E202 when it is missing, no file, or empty; blanks count as nothing.
        DataError: E202 when it may not be read, or only once.
    """
    content = _open(path)
    if not content.seekable():
        content.close()
        raise _unreadable(path, "a pipe, which is gone once it is read", "write it to a file first")
    if _is_blank(content):
        size = content.tell()
        content.close()
        raise _empty(path, size)
    content.seek(0)
    return content


def read_content(path: Path) -> bytes:
    """Return the bytes of ``path``.

    Raises:
        MissingFileError: E202 when it is missing, no file, or empty; blanks count as nothing.
        DataError: E202 when it may not be read.
    """
    with _open(path) as handle:
        content = handle.read()
    if not content.removeprefix(MARK).strip():
        raise _empty(path, len(content))
    return content


def decode(content: bytes, path: str) -> str:
    """Return ``content`` as text; UTF-8 with or without a byte order mark.

    Raises:
        DataError: E203 naming line and byte of the first thing that is not UTF-8.
    """
    body = content.removeprefix(MARK)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        place = error.start + len(content) - len(body)
        raise _not_utf8(error, path, line, place) from error


class Lines:
    """The lines of a UTF-8 file one by one, and how far they have been taken.

    Args:
        content: the file, at the beginning of a line.
        path: as it was named.
        offset: where the file stands.
        line: the number of the line there.
    """

    def __init__(self, content: BinaryIO, path: str, *, offset: int = 0, line: int = 1) -> None:
        self._content, self._path = content, path
        self.offset, self.line = offset, line

    def __iter__(self) -> Iterator[str]:
        """Yield each line with its end, and without a byte order mark.

        Raises:
            DataError: E203 naming line and byte of the first thing that is not UTF-8.
        """
        for line in self._content:
            size = len(line)
            body = line.removeprefix(MARK) if self.offset == 0 else line
            try:
                text = body.decode("utf-8")
            except UnicodeDecodeError as error:
                place = self.offset + size - len(body) + error.start
                raise _not_utf8(error, self._path, self.line, place) from error
            self.offset += size
            self.line += 1
            yield text

    def with_old_ends(self) -> Iterator[str]:
        """Yield lines that a lone carriage return ends too, as it may in CSV."""
        for line in self:
            if "\r" not in line.removesuffix("\r\n"):
                yield line
                continue
            end = self.offset
            pieces = list(io.StringIO(line, newline=""))
            self.offset -= sum(len(piece.encode()) for piece in pieces)
            for piece in pieces:
                self.offset += len(piece.encode())
                yield piece
            self.offset = end


def _open(path: Path) -> BinaryIO:
    if path.is_dir():
        raise MissingFileError(
            "E202",
            "that folder is no data set",
            got=f"{path}: no dataset_info.json, dataset_dict.json or metadata.json in it",
            fix="name a file in it, a folder of recordings with its metadata.json, or one written "
            "by save_to_disk of the datasets library",
        )
    try:
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MissingFileError(
            "E202", "there is no such file", got=str(path), fix=_neighbour(path)
        ) from error
    except OSError as error:
        raise _unreadable(path, str(error.strerror), "check its permissions") from error


def _unreadable(path: Path, why: str, fix: str) -> DataError:
    return DataError("E202", "that file cannot be read", got=f"{path}: {why}", fix=fix)


def _empty(path: Path, size: int) -> MissingFileError:
    return MissingFileError(
        "E202",
        "the file is empty",
        got=f"{path}: {size} bytes",
        fix="check what was to write it",
    )


def _is_blank(content: BinaryIO) -> bool:
    """Say whether a file holds nothing but blanks; it is read as far as that takes."""
    piece = content.read(_PIECE).removeprefix(MARK)
    while piece and not piece.strip():
        piece = content.read(_PIECE)
    return not piece


def _not_utf8(error: UnicodeDecodeError, path: str, line: int, place: int) -> DataError:
    body = error.object
    return DataError(
        "E203",
        "the file is not UTF-8",
        got=f"byte 0x{body[error.start]:02x} at {path}:{line} (byte {place} of the file)",
        fix=f"iconv -f {_guess(body)} -t UTF-8 {path} > utf8{Path(path).suffix}, "
        "if that is its encoding",
    )


def _neighbour(path: Path) -> str:
    names = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
    hint = did_you_mean(path.name, (name for name in names if name != path.name))
    return hint if hint.endswith("?") else "check the path"


def _guess(body: bytes) -> str:
    return "UTF-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "CP1252"
