"""A pass repeats exactly, and what a tokenizer undoes is counted."""

import pytest

from evenhand.augment import AUGMENTERS
from evenhand.augment.passes import Effect, augmented, effect
from evenhand.seeds import derive


def tagged(texts, seeds):
    return [f"{text}/{seed}" for text, seed in zip(texts, seeds, strict=True)]


def lower_case_ids(texts):
    return [[ord(letter) for letter in text.lower()] for text in texts]


def test_augmenters_apply_in_turn_each_with_its_own_seed():
    place = (3, 7, 2)
    (text,) = augmented(["so"], [tagged, tagged], seed=5, epoch=3, rows=[7], copies=[2])
    first, second = (derive(5, "augment", k, *place) for k in (0, 1))
    assert text == f"so/{first}/{second}"


def test_without_augmenters_texts_stay():
    assert augmented(["so"], [], seed=5, epoch=0, rows=[0], copies=[0]) == ["so"]


@pytest.mark.parametrize("change", ["seed", "epoch", "rows", "copies"])
def test_every_part_of_the_place_counts(change):
    place = {"seed": 1, "epoch": 2, "rows": [3], "copies": [4]}
    other = place | {change: [9] if isinstance(place[change], list) else 9}
    assert augmented(["so"], [tagged], **place) != augmented(["so"], [tagged], **other)


def test_a_part_of_a_pass_is_the_same_by_itself():
    dropout = AUGMENTERS.build("word-dropout", settings={"share": 0.5})
    texts = [f"text number {i} of many" for i in range(20)]
    whole = augmented(texts, [dropout], seed=1, epoch=2, rows=range(20), copies=[0] * 20)
    half = augmented(texts[10:], [dropout], seed=1, epoch=2, rows=range(10, 20), copies=[0] * 10)
    assert half == whole[10:]


def test_rows_copies_and_texts_belong_together():
    with pytest.raises(ValueError, match="shorter"):
        augmented(["so", "it"], [tagged], seed=1, epoch=0, rows=[0, 1], copies=[0])


def test_effect_counts_what_changed_and_what_the_tokenizer_undid():
    def shout(texts, seeds):
        return [text.upper() for text in texts]

    def lose(texts, seeds):
        return [text.removesuffix(" now") for text in texts]

    texts = ["so", "IT", "is now", "do now"]
    assert effect([shout], texts, lower_case_ids, seed=0) == Effect(changed=0.75, undone=1.0)
    assert effect([lose], texts, lower_case_ids, seed=0) == Effect(changed=0.5, undone=0.0)
    assert effect([lose, shout], texts, lower_case_ids, seed=0) == Effect(
        0.75, pytest.approx(1 / 3)
    )


def test_effect_of_nothing():
    assert effect([], ["so"], lower_case_ids, seed=0) == Effect(0.0, 0.0)
    assert effect([tagged], [], lower_case_ids, seed=0) == Effect(0.0, 0.0)


def test_case_noise_under_a_tokenizer_that_lowers_case_is_undone_wholly():
    noise = AUGMENTERS.build("noise", settings={"share": 1, "case": 1, "typos": 0, "spacing": 0})
    found = effect([noise], ["so it is", "as we do"], lower_case_ids, seed=0)
    assert found == Effect(changed=1.0, undone=1.0)
