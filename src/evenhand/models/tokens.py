"""Texts become token ids once, and the result is cached by hash.

Shapes: N texts, B examples, T tokens of the longest text in a batch.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from numpy.typing import NDArray

from evenhand.cache import cache_folder
from evenhand.durable import make_folder, write_bytes
from evenhand.errors import MissingFileError, WriteError
from evenhand.extras import need
from evenhand.models.codepoints import CODE_POINTS, CodePoints, written_as_code
from evenhand.models.source import TOKENIZER_FILE, read_config

PORTION = 1000
"""Texts tokenised at a time; what the library returns weighs far more than the ids."""


@dataclass(frozen=True)
class TokenTable:
    """Token ids of all texts, end to end.

    Args:
        ids: every id, int32.
        starts: where each text begins, int64, ``(N + 1,)``.
        truncated: texts that were longer than the maximum.
        pad_id: what fills a batch up.
    """

    ids: NDArray[np.int32]
    starts: NDArray[np.int64]
    truncated: int
    pad_id: int

    def lengths(self) -> NDArray[np.int64]:
        """Return the number of tokens of each text, ``(N,)``."""
        return np.diff(self.starts)

    def batch(self, rows_B: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        """Return ``ids_BT`` and ``mask_BT`` (1 real, 0 padding), padded to the longest row."""
        lengths_B = self.starts[rows_B + 1] - self.starts[rows_B]
        mask_BT = np.arange(lengths_B.max()) < lengths_B[:, None]
        ids_BT = np.full(mask_BT.shape, self.pad_id, np.int64)
        ids_BT[mask_BT] = np.concatenate(
            [self.ids[self.starts[r] : self.starts[r + 1]] for r in rows_B]
        )
        return {"ids_BT": ids_BT, "mask_BT": mask_BT.astype(np.int64)}


class TextTokenizer:
    """A backbone's own tokenizer, from its ``tokenizer.json``.

    Args:
        definition: the JSON text of a tokenizers-library tokenizer, or ``CODE_POINTS``.
        pad_id: id that fills batches up.
    """

    def __init__(self, definition: str, *, pad_id: int) -> None:
        self.definition = definition
        self.pad_id = pad_id
        self._tokenizer = (
            CodePoints() if definition == CODE_POINTS else tokenizers.Tokenizer.from_str(definition)
        )
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    @classmethod
    def from_folder(cls, folder: Path) -> TextTokenizer:
        """Read the tokenizer of a backbone or bundle folder.

        Raises:
            MissingFileError: E107 when the folder has no tokenizer that can be read.
        """
        pad_id = int(read_config(folder).get("pad_token_id") or 0)
        if (folder / TOKENIZER_FILE).is_file():
            return cls.from_file(folder, pad_id=pad_id)
        definition = written_as_code(folder)
        if definition is not None:
            return cls(definition, pad_id=pad_id)
        transformers = need("train", "transformers")
        try:
            fast = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
            return cls(fast.backend_tokenizer.to_str(), pad_id=int(fast.pad_token_id or 0))
        except (OSError, ValueError, AttributeError) as error:
            raise _no_tokenizer(folder, str(error).partition("\n")[0][:120]) from error

    @classmethod
    def from_file(cls, folder: Path, *, pad_id: int) -> TextTokenizer:
        """Read ``tokenizer.json``. Raises E107 when it is missing or no tokenizer."""
        file = folder / TOKENIZER_FILE
        definition = _read_definition(file)
        try:
            return cls(definition, pad_id=pad_id)
        except Exception as error:
            if type(error) is not Exception:  # the library raises that alone, no kind of its own
                raise
            raise _no_tokenizer(file, str(error)[:120]) from error

    def size(self) -> int:
        """Return the number of ids, added marks included."""
        return int(self._tokenizer.get_vocab_size(with_added_tokens=True))

    def pieces(self, text: str) -> list[int]:
        """Return the ids of ``text`` without the marks at its ends."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def with_marks(self, marks: Sequence[str]) -> TextTokenizer:
        """Return a tokenizer that keeps each of ``marks`` (``[NAME]``) as one token.

        One of code points has no tokens longer than a character, and is returned as it is.
        """
        if not marks or self.definition == CODE_POINTS:
            return self
        grown = tokenizers.Tokenizer.from_str(self.definition)
        grown.add_tokens([tokenizers.AddedToken(m, normalized=False) for m in marks])
        return TextTokenizer(grown.to_str(), pad_id=self.pad_id)

    def encode(self, texts: Sequence[str], *, max_length: int) -> TokenTable:
        """Tokenise ``texts``; each keeps at most ``max_length`` ids, end marks included."""
        self._tokenizer.enable_truncation(max_length)
        rows: list[NDArray[np.int32]] = []
        truncated = 0
        for start in range(0, len(texts), PORTION):
            portion = list(texts[start : start + PORTION])
            for encoding in self._tokenizer.encode_batch(portion):
                rows.append(np.array(encoding.ids, np.int32))
                truncated += bool(encoding.overflowing)
        lengths_N = np.fromiter(map(len, rows), np.int64, len(rows))
        return TokenTable(
            ids=np.concatenate([np.empty(0, np.int32), *rows]),
            starts=np.concatenate([[0], np.cumsum(lengths_N)]).astype(np.int64),
            truncated=truncated,
            pad_id=self.pad_id,
        )

    def encode_cached(self, texts: Sequence[str], *, max_length: int) -> TokenTable:
        """Return what ``encode`` does, read from the user's cache where these texts are known.

        A cache that is damaged is not used, and one that cannot be written is not filled.
        """
        digest = hashlib.sha256(f"{max_length}\n{self.definition}".encode())
        for text in texts:
            digest.update(len(text).to_bytes(8, "little") + text.encode("utf-8", "surrogatepass"))
        folder = cache_folder("tokens")
        file = folder / f"{digest.hexdigest()}.npz"
        with contextlib.suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return _read_table(file, self.pad_id)
        table = self.encode(texts, max_length=max_length)
        buffer = io.BytesIO()
        np.savez(buffer, ids=table.ids, starts=table.starts, truncated=table.truncated)
        with contextlib.suppress(WriteError):
            make_folder(folder)
            write_bytes(file, buffer.getvalue())
        return table


def _read_definition(file: Path) -> str:
    try:
        text = file.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError as error:
        raise _no_tokenizer(file, "there is no such file") from error
    try:
        json.loads(text)["model"]["type"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _no_tokenizer(file, f"it is no tokenizer definition ({error!r})") from error
    return text


def _no_tokenizer(place: Path, reason: str) -> MissingFileError:
    return MissingFileError(
        "E107",
        "the backbone's tokenizer could not be loaded",
        got=f"{place}: {reason}",
        fix=f"the folder needs a sound {TOKENIZER_FILE}",
    )


def _read_table(file: Path, pad_id: int) -> TokenTable:
    with file.open("rb") as handle, np.load(handle, allow_pickle=False) as stored:
        parts: dict[str, Any] = {name: stored[name] for name in stored.files}
    return TokenTable(parts["ids"], parts["starts"], int(parts["truncated"]), pad_id)
