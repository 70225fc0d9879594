"""What evenhand says when something is wrong: three lines, a stable code, a way out.

Codes: E1xx configuration, E2xx data, E3xx training, E4xx bundle, E5xx serving.
Every code has a page in ``docs/errors/``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class EvenhandError(Exception):
    """Something the user can mend; printed as three lines, exit code 2.

    Args:
        code: stable code such as ``"E204"``; its page is ``docs/errors/E204.md``.
        what: what broke, one sentence without a full stop.
        got: the offending value, with file and line or row id where there is one.
        fix: something to type or do.
    """

    exit_code = 2

    def __init__(self, code: str, what: str, *, got: str, fix: str) -> None:
        self.code = code
        self.what, self.got, self.fix = map(_one_line, (what, got, fix))
        super().__init__(f"[{code}] {self.what}\n  got: {self.got}\n  fix: {self.fix}")

    def __str__(self) -> str:
        """Return the three lines, also for kinds whose base class would quote them."""
        return str(self.args[0])


class ConfigError(EvenhandError, ValueError):
    """A setting, name or option is wrong (E1xx)."""


class MissingExtraError(EvenhandError, ImportError):
    """An optional dependency is not installed (E104)."""


class DataError(EvenhandError, ValueError):
    """Rows, columns or labels are not what they were said to be (E2xx)."""


class MissingFileError(EvenhandError, FileNotFoundError):
    """A file or folder that was named does not exist."""


class FetchError(EvenhandError, OSError):
    """A file could not be fetched, or is not the one that was meant (E108)."""


class WriteError(EvenhandError, OSError):
    """A file could not be written whole (E106)."""


class TrainingError(EvenhandError, RuntimeError):
    """Training cannot go on or cannot be resumed (E3xx)."""


class StoppedBySignal(TrainingError):  # noqa: N818 - nothing went wrong
    """A run was asked to stop and has written a checkpoint (E305).

    Args:
        signal: its number; the exit code is 128 more, as shells have it.
        folder: of the run.
        step: optimizer steps done.
        command: of evenhand, with which it goes on.
    """

    def __init__(self, signal: int, folder: Path, *, step: int, command: str = "train") -> None:
        self.exit_code = 128 + signal
        self.signal, self.folder, self.step = signal, folder, step
        super().__init__(
            "E305",
            "the run was asked to stop, and stopped at a checkpoint",
            got=f"signal {signal} after step {step}",
            fix=f"evenhand {command} --resume {folder}",
        )


class BundleError(EvenhandError, ValueError):
    """A bundle is damaged, untrained or of another kind (E4xx)."""


class UnfinishedError(EvenhandError, ValueError):
    """An unfinished output cannot be gone on with, or would be lost (E406)."""


class ServingError(EvenhandError, ValueError):
    """What answers requests cannot be set up, or a request cannot be answered (E5xx)."""


def _one_line(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines() if line.strip())


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a spelling hint for ``name``, or the list of what there is.

    A close match gives ``"did you mean 'focal'?"``; none gives the first twelve known names.
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"choose one of: {shown}"
