"""Contextual replacement: the model's own choices, in the place of whole words only."""

from collections import Counter

import numpy as np
import pytest
import torch

from evenhand.augment import AUGMENTERS
from evenhand.augment.contextual import Filler, blank, draw_word
from evenhand.augment.pretrained import load
from evenhand.augment.protected import Protected
from evenhand.errors import MissingFileError

CANDIDATES = ["big", "Big", "good", "new", "old"]
SCORES = np.log([0.4, 0.3, 0.15, 0.1, 0.05])


def contextual(folder, **settings):
    return AUGMENTERS.build("contextual", settings={"model": str(folder), "share": 1, **settings})


def test_the_best_other_word_is_what_the_model_says(masked):
    loaded = load(str(masked), "AutoModelForMaskedLM")
    ids = loaded.tokenizer("the <mask> was big", return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        scores_V = loaded.model(ids).logits[0, 2]
    vocabulary = loaded.tokenizer.get_vocab()
    protected = ("the", "was", "big", "not")
    allowed = [w for w in vocabulary if w.isalpha() and w not in (*protected, "day")]
    best = max(allowed, key=lambda word: scores_V[vocabulary[word]])
    augmenter = contextual(masked, top_k=1, protected=protected)
    assert augmenter(["the day was big"], [0]) == [f"the {best} was big"]


def test_words_are_drawn_by_their_probabilities_from_the_best():
    counts = Counter(
        draw_word("BIG", CANDIDATES, SCORES, np.random.default_rng(seed), top_k=2)
        for seed in range(1000)
    )
    assert set(counts) == {"good", "new"}
    assert counts["good"] == pytest.approx(600, abs=50)


def test_the_best_one_at_top_1_and_the_old_one_when_there_is_no_other():
    random = np.random.default_rng(0)
    assert draw_word("x", CANDIDATES, SCORES, random, top_k=1) == "big"
    assert draw_word("big", ["big", "Big"], SCORES[:2], random, top_k=5) == "big"


def test_blanks_keep_marks_and_spare_protected_words_and_numbers():
    text = blank("(So) not  3 a-b [NAME]", np.random.default_rng(0), Protected(), rate=1)
    assert text.masked("<mask>") == "(<mask>) not  3 a-b [NAME]"
    assert text.cores() == ["So"]
    assert text.filled(["It"]) == "(It) not  3 a-b [NAME]"


def test_a_rate_of_the_words_is_replaced(masked):
    text = "day " * 9 + "day"
    for rate, count in ((0.1, 1), (0.3, 3), (1, 10)):
        (after,) = contextual(masked, rate=rate)([text], [1])
        assert sum(word != "day" for word in after.split()) == count


def test_protected_words_are_neither_replaced_nor_put_anywhere(masked):
    texts = contextual(masked, rate=1, top_k=1000)(["a not b"] * 50, range(50))
    assert all(text.split().count("not") == 1 and text.split()[1] == "not" for text in texts)


def test_texts_that_cannot_be_filled_stay(masked):
    texts = ["day " * 15, "a <mask> day", "not", "3 + 4"]
    assert contextual(masked, protected=("not",))(texts, range(4)) == texts


@pytest.mark.parametrize(("mark", "tokens"), [("▁", ["▁day", "day", "▁3"]), ("Ġ", ["Ġday", "s"])])
def test_pieces_inside_a_word_are_no_candidates(mark, tokens):
    class Vocabulary:
        all_special_ids = (9,)

        def get_vocab(self):
            return {**{token: i for i, token in enumerate(tokens)}, f"{mark}end": 9}

    class Holder:
        tokenizer = Vocabulary()

    assert Filler(Holder(), 1, Protected()).vocabulary == {0: "day"}


def test_a_model_of_another_kind_is_refused(backbone):
    with pytest.raises(MissingFileError, match=r"\[E107\] the augmenter's model") as caught:
        contextual(backbone)
    assert "AutoModelForMaskedLM" in caught.value.fix


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(MissingFileError, match=r"\[E107\]"):
        contextual(tmp_path)
