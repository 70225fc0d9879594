"""Every registered augmenter keeps the contract; a new one is picked up by its name."""

import pytest

from evenhand.augment import AUGMENTERS
from evenhand.testing.augmenters import AUGMENTER_CHECKS, AugmenterCase, check_augmenter
from tiny_models import masked_model, translation_model

VARIANTS = {
    "word-dropout": {"rate": 1.0, "protected": ("happy", "*day")},
    "deletion": {"rate": 1.0},
    "synonyms": {"rate": 1.0},
    "insertion": {"rate": 0.5},
    "swap": {"rate": 1.0, "protected": ()},
    "eda": {"alpha": 0.5},
    "noise": {"case": 0.5, "typos": 1.0, "spacing": 0.5},
}
SENTENCE = "the a was very happy good big new old day doctor movie film house error quick so"
WORDS = SENTENCE.split()
SHORT = ("The doctor was not happy.", "so quick, the film", "old", "")


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[AugmenterCase]]:
    """Return each augmenter with its defaults and a stronger setting, models included."""
    folder = tmp_path_factory.mktemp("models")
    there = translation_model(folder / "there", WORDS, seed=1, positions=12)
    back = translation_model(folder / "back", WORDS, seed=2, positions=12)
    needs = {
        "back-translation": {"forward": str(there), "backward": str(back)},
        "contextual": {"model": str(masked_model(folder / "masked", WORDS))},
    }
    found = {name: [AugmenterCase(name, needs[name], SHORT, rounds=3)] for name in needs}
    for name in AUGMENTERS.names():
        if name not in needs:
            found[name] = [AugmenterCase(name)]
        if settings := VARIANTS.get(name):
            words = {"protected": settings["protected"]} if "protected" in settings else {}
            found[name].append(AugmenterCase(name, settings, **words))
    return found


@pytest.mark.parametrize("name", AUGMENTERS.names())
@pytest.mark.parametrize("check", AUGMENTER_CHECKS, ids=lambda check: check.__name__)
def test_contract(check, name, cases):
    for case in cases[name]:
        check(case)


def test_check_augmenter_runs_on_a_name():
    check_augmenter("noise", {"typos": 0.3})


@pytest.mark.parametrize("name", AUGMENTERS.names())
def test_default_touches_three_texts_of_ten(name):
    assert AUGMENTERS.schema(name).model_fields["share"].default == 0.3
