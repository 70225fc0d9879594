"""What is JSON, what is not, and what fits."""

from __future__ import annotations

import json

import pytest

from evenhand.serve.problems import Refusal
from evenhand.serve.reading import LARGEST_BODY, parsed
from evenhand.serve.schemas import LONGEST_TEXT, MOST_ITEMS
from hashed import expected

JSON = {"Content-Type": "application/json"}
NOT_JSON = {
    b'{"text": NaN}': "NaN, which JSON does not have",
    b"[Infinity]": "Infinity, which JSON does not have",
    b"[-Infinity]": "-Infinity, which JSON does not have",
    b"[1e999]": "a number beyond the largest",
    b"[-1e999]": "a number beyond the largest",
    b"[1" + b"0" * 5000 + b"]": "a number beyond the largest",
    b'{"text": "a", "text": "b"}': "a key that stands twice in one object",
    b'{"text": "\\ud800"}': "characters that are none",
    b'{"\\udfff": 1}': "characters that are none",
    b'{"text": "\xff"}': "characters that are none, at 10",
    b'{"text": "\xed\xa0\x80"}': "characters that are none",
    b'\xef\xbb\xbf{"text": "a"}': "BOM",
    b'{"text": "where': "Unterminated string",
    b'{"text":': "Expecting value",
    b"": "Expecting value at line 1, column 1",
    b"[" * 100_000: "values nested too deeply",
    b'{"text": "\x00"}': "Invalid control character",
    b"{'text': 'a'}": "Expecting property name",
}


@pytest.mark.parametrize("body", NOT_JSON, ids=lambda body: repr(body[:16]))
def test_what_is_no_json_is_refused(body):
    with pytest.raises(Refusal, match=r"\[E514\] the body is not JSON") as caught:
        parsed(body)
    assert NOT_JSON[body] in caught.value.got
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"a\\u0000b"', "a\0b"),
        (b"[1e308, -0.0, 12]", [1e308, -0.0, 12]),
        (b' {"a": {"a": null}} ', {"a": {"a": None}}),
    ],
)
def test_what_the_standard_allows_is_read(body, value):
    assert parsed(body) == value


@pytest.mark.parametrize("body", NOT_JSON, ids=lambda body: repr(body[:16]))
def test_over_http_it_is_a_problem_document(ask, problem, body):
    problem(ask("POST", "/v1/predict", content=body, headers=JSON), 400, "E514")


UNFIT = {
    "no text": ("{}", "text: Field required"),
    "number": ('{"text": 5}', "text: Input should be a valid string"),
    "null": ('{"text": null}', "text: Input should be a valid string"),
    "list": ('["text"]', "body: Input should be a valid dictionary"),
    "unknown": ('{"text": "a", "threshold": 0.5}', "threshold: Extra inputs are not permitted"),
    "word": ('{"text": "a", "thresholds": {"joy": "0.5"}}', "thresholds.joy: Input should be"),
    "truth": ('{"text": "a", "thresholds": {"joy": true}}', "thresholds.joy: Input should be"),
    "none asked": ('{"text": "a", "top_k": 0}', "top_k: Input should be greater than or equal"),
    "half": ('{"text": "a", "top_k": 1.5}', "top_k: Input should be a valid integer"),
    "long": (json.dumps({"text": "a" * (LONGEST_TEXT + 1)}), "text: String should have at most"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_does_not_fit_is_named_by_its_place(ask, problem, name):
    body, got = UNFIT[name]
    said = problem(ask("POST", "/v1/predict", content=body, headers=JSON), 422, "E515")
    assert said["got"].startswith(got)


@pytest.mark.parametrize(
    ("items", "got"),
    [
        ([], "items: List should have at least 1 item"),
        ([{"text": "a"}] * (MOST_ITEMS + 1), f"items: List should have at most {MOST_ITEMS}"),
        ([{"text": "a"}, {"text": 1}], "items.1.text: Input should be a valid string"),
        ("a", "items: Input should be a valid list"),
    ],
)
def test_a_batch_that_does_not_fit(ask, problem, items, got):
    said = problem(ask("POST", "/v1/batch", json={"items": items}), 422, "E515")
    assert said["got"].startswith(got)


def test_the_value_that_does_not_fit_is_not_repeated_and_a_long_name_is_cut(ask, problem):
    body = {"text": ["secret words"], "k" * 5000: 1}
    said = problem(ask("POST", "/v1/predict", json=body), 422, "E515")
    assert said["got"] == "text: Input should be a valid string (and 1 more)"
    said = problem(ask("POST", "/v1/predict", json={"text": "a", "k" * 5000: 1}), 422, "E515")
    assert len(said["got"]) < 300


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_another_content_type_is_refused(ask, problem, kind):
    headers = {} if kind is None else {"Content-Type": kind}
    response = ask("POST", "/v1/predict", content=b'{"text": "a"}', headers=headers)
    assert problem(response, 415, "E514")["got"] == f"Content-Type: {kind or 'none'}"


def test_a_content_type_with_a_parameter_is_json(ask):
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    response = ask("POST", "/v1/predict", content='{"text": "ü"}'.encode(), headers=headers)
    assert response.json()["probabilities"] == expected("ü")


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_beyond_the_limit_is_counted_on_the_wire(ask, problem, announced):
    piece = b"x" * 65_536

    async def pieces():
        for _ in range(LARGEST_BODY // len(piece) + 1):
            yield piece

    body = piece * (LARGEST_BODY // len(piece) + 1) if announced else pieces()
    headers = {**JSON, "Content-Length": "10"} if not announced else JSON
    said = problem(ask("POST", "/v1/predict", content=body, headers=headers), 413, "E515")
    assert said["got"] == f"more than {LARGEST_BODY} bytes"


def test_null_for_top_k_asks_for_all_and_a_whole_number_may_have_a_point(ask):
    for body, count in [('{"text": "a", "top_k": null}', 3), ('{"text": "a", "top_k": 1.0}', 1)]:
        response = ask("POST", "/v1/predict", content=body, headers=JSON)
        assert len(response.json()["probabilities"]) == count


def test_a_body_of_just_the_limit_is_read(ask):
    body = b'{"text": "a"}'.ljust(LARGEST_BODY)
    assert ask("POST", "/v1/predict", content=body, headers=JSON).status_code == 200
