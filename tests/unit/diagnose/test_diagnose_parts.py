"""D210, D211, D302 to D305: shares of loss and network, texts, corrections, augmentation."""

from __future__ import annotations

import pytest

from evenhand.diagnose import CHECKS


def run(code, patient):
    return CHECKS.build(code, patient, settings={})


@pytest.mark.parametrize(("share", "fires"), [(0.5, False), (0.51, True), (None, False)])
def test_an_auxiliary_term_may_be_half_of_the_loss(patient, share, fires):
    assert (run("D210", patient(facts={"auxiliary_share": share})) is not None) == fires


def test_its_weight_is_lowered_to_a_fifth(patient):
    sick = patient(facts={"auxiliary_share": 0.8}, config={"train": {"r_drop": 4.0}})
    # Main 1, auxiliary 4 at weight 4: at weight 0.25 it is 0.25 of 1.25.
    assert run("D210", sick).remedy == {"train": {"r_drop": 0.25}}


@pytest.mark.parametrize(("share", "severity"), [(0.1, None), (0.004, "tip")])
def test_a_frozen_network_that_learns_is_a_tip(patient, share, severity):
    sick = patient(facts={"learning_share": share}, config={"optim": {"frozen_layers": "all"}})
    finding = run("D211", sick)
    assert (finding and finding.severity) == severity
    if finding is not None:
        assert finding.remedy == {"optim": {"frozen_layers": 0}}
        assert "0.4% of the parameters may learn" in finding.evidence


def test_a_frozen_network_that_learns_nothing_is_a_warning(patient, by_hand):
    truth_NC = by_hand.truth()
    sick = patient(
        tune=by_hand.predictions(0 * truth_NC, truth_NC), facts={"learning_share": 0.004}
    )
    assert run("D211", sick).severity == "warning"


def test_layers_that_will_be_released_are_not_frozen(running):
    config = {"optim": {"unfreeze_every": 1, "frozen_layers": "all"}}
    assert run("D211", running(facts={"learning_share": 0.004}, config=config)) is None


@pytest.mark.parametrize(("share", "severity"), [(0.04, None), (0.05, "tip"), (0.25, "warning")])
def test_cut_off_texts(patient, share, severity):
    finding = run("D302", patient(facts={"truncated_share": share}))
    assert (finding and finding.severity) == severity
    if finding is not None:
        assert finding.remedy == {"model": {"max_length": 256}}


def test_beyond_512_tokens_no_length_helps(patient):
    sick = patient(facts={"truncated_share": 0.4}, config={"model": {"max_length": 512}})
    assert run("D302", sick).remedy == {}
    sick = patient(facts={"truncated_share": 0.4}, config={"model": {"max_length": 300}})
    assert run("D302", sick).remedy == {"model": {"max_length": 512}}


def test_two_corrections_show_what_they_do_to_the_rarest_label(patient):
    sick = patient(
        facts={
            "corrections": ["sampler weighted", "class weights of weighted-bce"],
            "natural_prior": [0.4, 0.2, 0.1],
            "effective_prior": [0.45, 0.55, 0.6],
        },
        config={"sampler": {"name": "weighted"}, "loss": {"name": "weighted-bce"}},
    )
    finding = run("D303", sick)
    assert finding.evidence == (
        "sampler weighted + class weights of weighted-bce; they make grief, 10.0% of the rows, "
        "look like 60.0%, and 2 of 3 labels more likely than not"
    )
    assert finding.remedy == {"sampler": {"name": "natural"}}


def test_mixing_on_top_of_a_loss_is_taken_out_with_it(patient):
    sick = patient(facts={"corrections": ["a", "b"]}, config={"mix": {"name": "smote"}})
    assert run("D303", sick).remedy == {"loss": {"name": "auto"}, "mix": {"name": "none"}}


def test_one_correction_is_not_stacked(patient):
    assert run("D303", patient(facts={"corrections": ["sampler weighted"]})) is None


@pytest.mark.parametrize(
    ("changed", "undone", "evidence"),
    [
        (0.3, 0.49, None),
        (0.3, 1.0, "30.0% of the drawn texts were changed, and the tokenizer undid 100% of these"),
        (0.0, 0.0, "0.0% of the drawn texts were changed"),
    ],
)
def test_augmentation_that_the_network_never_sees(patient, changed, undone, evidence):
    finding = run("D304", patient(facts={"augmented": {"changed": changed, "undone": undone}}))
    assert (finding is not None) == (evidence is not None)
    if evidence is not None:
        assert finding.evidence.startswith(evidence)
        assert finding.remedy == {"augment": []}


def test_parameters_that_no_gradient_reaches_are_named(patient):
    finding = run("D305", patient(facts={"never_reached": ["a", "b", "c", "d", "e"]}))
    assert finding.evidence == "5 may learn and never got a gradient: a, b, c and 2 more"
