"""Blocks to roles: refuse labels that are too rare, share rows out, draw a sample.

Shapes: N rows, C labels.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from evenhand.config import DataConfig
from evenhand.data.block import Block
from evenhand.data.split import Parts, assign, folds, units_of
from evenhand.errors import ConfigError, DataError
from evenhand.seeds import derive
from evenhand.types import LabelSpace, Role


def refuse_rare(
    block: Block, labels: LabelSpace, min_rows: int, *, names_from: str | Path | None
) -> None:
    """Raise when a label has too few rows to be learnt.

    Raises:
        DataError: E207 naming the rarest such label and where its rows stand.
    """
    positives_C = (block.truth_NC == 1).sum(axis=0)
    c = int(np.argmin(positives_C))
    count = int(positives_C[c])
    if count >= min_rows:
        return
    rows = np.flatnonzero(block.truth_NC[:, c] == 1)
    where = ", ".join(block.places[i] for i in rows[:3]) or block.count.path
    if count:
        fix = f"drop the row, add rows, or --set data.min_rows={count} to keep it"
    elif names_from:
        fix = f"add rows, or blank its line in {names_from} (the other numbers then stay)"
    else:
        fix = "add rows, or leave its column out: --set data.labels=NAME,NAME,..."
    short = int((positives_C < min_rows).sum())
    more = f"; {short - 1} more labels are as rare" if short > 1 else ""
    raise DataError(
        "E207",
        f"a label has fewer rows than data.min_rows = {min_rows}",
        got=f"{labels.names[c]!r} has {count} ({where}){more}",
        fix=fix,
    )


def share_out(
    blocks: list[Block], config: DataConfig, seed: int, *, apart: Collection[Role] = ()
) -> list[Block]:
    """Return blocks for every role that the sources leave open.

    Fit rows alone become three roles; fit and report rows give up some fit rows to tune. Under
    ``data.fold`` the report rows are that fold.

    Args:
        blocks: fit rows first.
        config: with the shares.
        seed: of the split.
        apart: roles that have rows elsewhere, which nobody reads now.

    Raises:
        ConfigError: E105 when a fold is to be dealt and other roles have rows already.
        DataError: E209 when a role would get no row.
    """
    if config.fold is not None:
        return _fold_of(blocks, config, seed)
    given = {block.role for block in blocks} | set(apart)
    if Role.TUNE in given:
        return blocks
    shares = {Role.FIT: 1.0 - config.tune_share, Role.TUNE: config.tune_share}
    if Role.REPORT not in given:
        shares[Role.FIT] -= config.report_share
        shares[Role.REPORT] = config.report_share
    first, *others = blocks
    units = units_of(first.texts, first.groups)
    part_N = assign(first.truth_NC, shares, units=units, seed=seed)
    return _taken(first, part_N, units, tuple(shares)) + others


def _fold_of(blocks: list[Block], config: DataConfig, seed: int) -> list[Block]:
    """Return the rows of one source: a fold to report, the others to fit and tune.

    The folds of a seed are the same whichever of them is measured.
    """
    number, count = map(int, str(config.fold).split("/"))
    if len(blocks) > 1:
        raise ConfigError(
            "E105",
            "folds are dealt from all rows, and some have a role already",
            got=f"data.fold = {config.fold!r} beside {blocks[1].role.value} rows",
            fix="give one file and no --tune or --report; or --set data.split=none",
        )
    rows = blocks[0]
    units = units_of(rows.texts, rows.groups)
    roles = (Role.FIT, Role.TUNE, Role.REPORT)
    part_N = np.full(len(units), roles.index(Role.REPORT))
    others = np.flatnonzero(folds(rows.truth_NC, count, units=units, seed=seed) != number - 1)
    shares = [1.0 - config.tune_share, config.tune_share]
    part_N[others] = assign(rows.truth_NC[others], shares, units=units[others], seed=seed)
    return _taken(rows, part_N, units, roles)


def _taken(block: Block, part_N: Parts, units: Parts, roles: tuple[Role, ...]) -> list[Block]:
    """Return the rows of each part with its role.

    Raises:
        DataError: E209 for a role without a row.
    """
    pieces = len(np.unique(units))
    dealt = []
    for p, role in enumerate(roles):
        rows = np.flatnonzero(part_N == p).tolist()
        if not rows:
            raise DataError(
                "E209",
                f"the split leaves no row for the role {role.value!r}",
                got=f"{len(block.ids)} rows in {pieces} units ({block.count.path})",
                fix=_more(role, too_few_units=pieces < len(roles)),
            )
        dealt.append(block.take(rows, role))
    return dealt


def _more(role: Role, *, too_few_units: bool) -> str:
    """Return what gives a role rows: shares help only where there are units to share out."""
    if too_few_units:
        return f"add rows of other texts or groups, or give {role.value} rows a file of their own"
    if role is Role.FIT:
        return "add rows"
    return f"add rows, give a file of its own, or raise data.{role.value}_share"


def draw_sample(blocks: list[Block], rows: int, seed: int) -> tuple[list[Block], list[str]]:
    """Return ``rows`` fit rows and as large a share of the other roles, each label in its share.

    A label that has a row in a role keeps at least one there. With as many rows as there are,
    or more, nothing changes. The second value is the note that goes with a sample.
    """
    total = sum(len(block.ids) for block in blocks)
    share = rows / len(blocks[0].ids)
    if share >= 1:
        return blocks, []
    drawn = [_draw(block, share, derive(seed, "sample", i)) for i, block in enumerate(blocks)]
    left = sum(len(block.ids) for block in drawn)
    return drawn, [f"{left} of {total} rows: not a result"]


def _draw(block: Block, share: float, seed: int) -> Block:
    part_N = assign(block.truth_NC, [share, 1.0 - share], seed=seed)
    wanted = max(1, round(share * len(part_N)))
    _trim(part_N, wanted)
    for c in range(block.truth_NC.shape[1]):
        rows_R = np.flatnonzero(block.truth_NC[:, c] == 1)
        if rows_R.size and (part_N[rows_R] != 0).all():
            part_N[rows_R[0]] = 0
    return block.take(np.flatnonzero(part_N == 0).tolist(), block.role)


def _trim(part_N: Parts, wanted: int) -> None:
    """Move the last drawn rows out, or the first others in, until ``wanted`` are drawn."""
    drawn_R, others_R = np.flatnonzero(part_N == 0), np.flatnonzero(part_N != 0)
    if len(drawn_R) > wanted:
        part_N[drawn_R[wanted:]] = 1
    else:
        part_N[others_R[: wanted - len(drawn_R)]] = 0
