import re
from collections.abc import Iterator

import pytest

from evenhand.samples.texts import DrawnTexts, LabelledText
from evenhand.samples.triage import LABELS, draw_triage

SHARES = {
    "neutral": 0.218,
    "stress": 0.178,
    "unsafe_environment": 0.148,
    "emotional_distress": 0.184,
    "self_harm_low": 0.132,
    "self_harm_high": 0.141,
}


@pytest.fixture(scope="module")
def drawn() -> DrawnTexts:
    return draw_triage(0)


def rows_of(drawn: DrawnTexts) -> Iterator[LabelledText]:
    for rows in drawn.files.values():
        yield from rows


def words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def test_row_counts(drawn: DrawnTexts) -> None:
    assert {name: len(rows) for name, rows in drawn.files.items()} == {
        "train.json": 583,
        "valid.json": 103,
    }
    assert drawn.labels == LABELS == tuple(SHARES)


@pytest.mark.parametrize("name", ["train.json", "valid.json"])
@pytest.mark.parametrize("label", SHARES)
def test_shares_of_rows_and_of_assigned_labels(drawn: DrawnTexts, name: str, label: str) -> None:
    rows = drawn.files[name]
    carrying = sum(label in row.labels for row in rows)
    assigned = sum(len(row.labels) for row in rows)
    assert carrying / len(rows) == pytest.approx(SHARES[label], abs=0.02)
    assert carrying / assigned == pytest.approx(SHARES[label], abs=0.02)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_text_twice_whatever_case_or_punctuation(seed: int) -> None:
    texts = [words(row.text) for row in rows_of(draw_triage(seed))]
    assert len(set(texts)) == len(texts) == 686


def test_ids_are_unique(drawn: DrawnTexts) -> None:
    assert len({row.id for row in rows_of(drawn)}) == 686


def test_neutral_stands_alone_and_every_row_has_a_label(drawn: DrawnTexts) -> None:
    for row in rows_of(drawn):
        assert row.labels == ("neutral",) or (row.labels and "neutral" not in row.labels)


def test_about_a_tenth_of_the_rows_has_two_labels(drawn: DrawnTexts) -> None:
    counts = {n: sum(len(r.labels) == 2 for r in rows) for n, rows in drawn.files.items()}
    assert counts == {"train.json": 58, "valid.json": 9}


def test_same_seed_same_texts_other_seed_others() -> None:
    assert draw_triage(7) == draw_triage(7)
    one, other = ({row.text for row in rows_of(draw_triage(seed))} for seed in (7, 8))
    assert len(one & other) < 0.1 * len(one)


def test_every_slot_is_filled(drawn: DrawnTexts) -> None:
    for row in rows_of(drawn):
        assert not re.search(r"[{}]|\s\s|\n", row.text)
        assert row.text == row.text.strip()


def test_texts_stay_short(drawn: DrawnTexts) -> None:
    assert max(len(row.text.split()) for row in rows_of(drawn)) <= 90


def test_denied_and_quoted_alarm_is_neutral(drawn: DrawnTexts) -> None:
    neutral = [row.text.casefold() for row in rows_of(drawn) if row.labels == ("neutral",)]
    assert any("hurt myself" in text for text in neutral)


def test_bag_of_words_neither_fails_nor_solves_it(drawn: DrawnTexts) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score

    train, valid = drawn.files.values()
    vectorizer = TfidfVectorizer(sublinear_tf=True)
    train_ND = vectorizer.fit_transform([row.text for row in train])
    valid_ND = vectorizer.transform([row.text for row in valid])
    scores = []
    for label in LABELS:
        model = LogisticRegression(C=10, class_weight="balanced", max_iter=1000)
        model.fit(train_ND, [label in row.labels for row in train])
        truth = [label in row.labels for row in valid]
        scores.append(f1_score(truth, model.predict(valid_ND)))
    assert 0.6 <= sum(scores) / len(scores) <= 0.85
