"""Routes: the pipeline's own answers, thresholds that count, keys, and the two descriptions."""

from __future__ import annotations

import asyncio
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.serve.keys import Keys
from evenhand.stages import Pipeline
from evenhand.types import Probs, Task
from hashed import NAMES, Hashed, expected, tried

KEY = "0123456789abcdef0123456789abcdef"
ROUTES = ["/docs", "/livez", "/metrics", "/openapi.json", "/readyz", "/v1/labels"]
BEARER = {"Authorization": f"Bearer {KEY}"}


def test_an_answer_is_the_pipelines_own(ask):
    response = ask("POST", "/v1/predict", json={"text": "a quiet day"})
    assert response.status_code == 200
    [own] = Pipeline(Hashed()).answer(["a quiet day"])
    assert response.json() == json.loads(json.dumps(own.to_dict()))
    assert response.json()["probabilities"] == expected("a quiet day")
    assert response.headers["x-model"] == "by-hand"


def test_a_threshold_is_honoured_and_echoed(ask):
    text = "a quiet day"
    probs = expected(text)
    asked = {name: value / 2 for name, value in probs.items()}
    said = ask("POST", "/v1/predict", json={"text": text, "thresholds": asked}).json()
    assert said["labels"] == list(NAMES)
    assert said["thresholds"] == asked
    none = {"joy": 1.0, "anger": 1, "grief": 1.0}
    said = ask("POST", "/v1/predict", json={"text": text, "thresholds": none}).json()
    assert (said["labels"], said["thresholds"]) == ([], none)


def test_thresholds_that_are_not_named_stay_the_models_own(ask):
    said = ask("POST", "/v1/predict", json={"text": "a", "thresholds": {"joy": 0.25}}).json()
    assert said["thresholds"] == {"joy": 0.25, "anger": 0.5, "grief": 0.5}


@pytest.mark.parametrize(
    ("thresholds", "got"),
    [({"jo": 0.5}, "thresholds.jo"), ({"joy": 1.01}, "thresholds.joy = 1.01"),
     ({"joy": -1}, "thresholds.joy = -1.0")],
)  # fmt: skip
def test_a_threshold_that_cannot_be(ask, problem, thresholds, got):
    response = ask("POST", "/v1/predict", json={"text": "a", "thresholds": thresholds})
    assert problem(response, 422, "E501")["got"] == got


def test_top_k_keeps_the_largest_probabilities(ask):
    said = ask("POST", "/v1/predict", json={"text": "a", "top_k": 2.0}).json()
    ranked = sorted(expected("a").items(), key=lambda item: -item[1])
    assert list(said["probabilities"].items()) == ranked[:2]
    assert set(said["thresholds"]) == set(NAMES)


def test_a_batch_answers_in_order_each_item_by_itself(ask):
    items = [{"text": "a"}, {"text": "b", "thresholds": {"joy": 0.0}}, {"text": "c", "top_k": 1}]
    answers = ask("POST", "/v1/batch", json={"items": items}).json()["answers"]
    assert [a["probabilities"] for a in answers[:2]] == [expected("a"), expected("b")]
    assert [a["thresholds"]["joy"] for a in answers] == [0.5, 0.0, 0.5]
    assert len(answers[2]["probabilities"]) == 1


def test_one_wrong_item_refuses_its_request_alone(talking):
    async def talk(client, _):
        wrong = {"items": [{"text": "b"}, {"text": "c", "thresholds": {"x": 0.1}}]}
        return await asyncio.gather(
            client.post("/v1/predict", json={"text": "a"}),
            client.post("/v1/batch", json=wrong),
            client.post("/v1/predict", json={"text": "d"}),
        )

    first, second, third = talking(talk)
    assert [r.status_code for r in (first, second, third)] == [200, 422, 200]
    assert first.json()["probabilities"] == expected("a")
    assert third.json()["probabilities"] == expected("d")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=("Cs",))), min_size=1, max_size=20))
def test_no_text_is_crossed_with_another_or_refused(texts):
    from evenhand.serve.schemas import answered

    answers = tried().pipeline.answer(texts)
    said = json.loads(json.dumps([answered(answer, None) for answer in answers]))
    assert [one["probabilities"] for one in said] == [expected(text) for text in texts]


def test_a_model_that_says_no_number_is_the_services_fault(ask, problem):
    class Broken(Hashed):
        def scores(self, rows, *, progress=None):
            return Probs(np.full((len(rows), len(NAMES)), np.nan if "odd" in rows else 0.5))

    response = ask("POST", "/v1/predict", json={"text": "odd"}, model=tried(Broken()))
    problem(response, 500, "E519")


def test_one_label_a_text_has_biases_and_no_thresholds(ask, problem):
    model = tried(Hashed(task=Task.MULTICLASS))
    said = ask("POST", "/v1/predict", json={"text": "a"}, model=model).json()
    assert (len(said["labels"]), said["thresholds"]) == (1, {})
    assert said["biases"] == dict.fromkeys(NAMES, 0.0)
    asked = {"text": "a", "thresholds": {"joy": 0.5}}
    problem(ask("POST", "/v1/predict", json=asked, model=model), 422, "E501")
    schemas = ask("GET", "/openapi.json", model=model).json()["components"]["schemas"]
    assert schemas["PredictRequest"]["properties"]["thresholds"]["properties"] == {}


def test_what_the_model_decides_between(ask):
    assert ask("GET", "/v1/labels").json() == {
        "labels": list(NAMES),
        "task": "multilabel",
        "thresholds": dict.fromkeys(NAMES, 0.5),
        "biases": {},
        "model": "by-hand",
    }


def test_it_is_alive_and_ready_and_says_that_nothing_golden_was_asked(ask):
    assert ask("GET", "/livez").json() == {"alive": True}
    said = {"ready": True, "golden": "absent", "model": "by-hand"}
    assert ask("GET", "/readyz").json() == said


def test_a_service_that_stops_is_alive_but_not_ready(talking, problem):
    async def talk(client, state):
        state.stopping = True
        return await client.get("/livez"), await client.get("/readyz")

    alive, ready = talking(talk)
    assert (alive.status_code, alive.headers["connection"]) == (200, "close")
    problem(ready, 503, "E510")


def test_a_service_whose_queue_nobody_works_off_is_not_alive(talking, problem):
    async def talk(client, state):
        state.worker.cancel()
        await asyncio.wait([state.worker])
        return await client.get("/livez")

    problem(talking(talk), 503, "E519")


def test_unknown_routes_and_methods(ask, problem):
    assert "/v1/predict" in problem(ask("GET", "/v2/predict"), 404, "E516")["fix"]
    problem(ask("POST", "/v1/predict/", json={"text": "a"}), 404, "E516")
    response = ask("PUT", "/v1/predict", json={"text": "a"})
    problem(response, 405, "E516")
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": KEY}, {"Authorization": f"Basic {KEY}"},
     {"Authorization": f"Bearer {KEY}x"}, {"Authorization": "Bearer "},
     {"Authorization": b"Bearer \xff\xfe"}],
)  # fmt: skip
def test_every_route_but_livez_needs_the_key(ask, problem, headers):
    keys = Keys([KEY])
    for path in [*ROUTES, "/nowhere", "/livez/"]:
        response = ask("GET", path, keys=keys, headers=headers)
        if path == "/livez":
            assert response.status_code == 200
        else:
            problem(response, 401, "E517")
            assert response.headers["www-authenticate"] == "Bearer"
    for path in ("/v1/predict", "/v1/batch"):
        problem(ask("POST", path, keys=keys, headers=headers, json={"text": "a"}), 401, "E517")


def test_two_keys_in_one_request_are_none(ask, problem):
    headers = [("Authorization", f"Bearer {KEY}"), ("Authorization", "Bearer another-key-of-mine")]
    problem(ask("GET", "/readyz", keys=Keys([KEY]), headers=headers), 401, "E517")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_with_any_of_the_keys_everything_answers(ask, scheme):
    keys = Keys(["another-key-of-sixteen", KEY])
    for path in ROUTES:
        headers = {"Authorization": f"{scheme} {KEY}"}
        assert ask("GET", path, keys=keys, headers=headers).status_code == 200


def test_the_document_names_labels_bounds_and_examples(ask):
    said = ask("GET", "/openapi.json").json()
    asked = said["components"]["schemas"]["PredictRequest"]
    assert asked["additionalProperties"] is False
    cut = {"type": "number", "minimum": 0, "maximum": 1}
    assert asked["properties"]["thresholds"]["properties"] == dict.fromkeys(NAMES, cut)
    for path in ("/v1/predict", "/v1/batch"):
        content = said["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        assert ask("POST", path, json=content["example"]).status_code == 200
    assert "securitySchemes" not in said["components"]


def test_with_a_key_the_document_asks_for_it_everywhere_but_at_livez(ask):
    said = ask("GET", "/openapi.json", keys=Keys([KEY]), headers=BEARER).json()
    for path, methods in said["paths"].items():
        for operation in methods.values():
            assert ("security" in operation) == (path != "/livez")
            assert ("401" in operation["responses"]) == (path != "/livez")


def test_every_reference_of_the_document_leads_somewhere(ask):
    said = ask("GET", "/openapi.json").text
    named = set(re.findall(r'"#/components/schemas/(\w+)"', said))
    assert named <= set(json.loads(said)["components"]["schemas"])


def test_the_page_names_every_route_and_loads_nothing(ask):
    response = ask("GET", "/docs", keys=Keys([KEY]), headers=BEARER)
    page = response.text
    for path in ("/v1/predict", "/v1/batch", "/v1/labels", "/readyz", "/livez", "/metrics"):
        assert f"</span> {path}</code>" in page
    assert not re.search(r"<script|<link|<img|src=|@import|url\(|https?://", page)
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert "joy, anger, grief → number from 0 to 1" in page


def test_the_metrics_count_requests_batches_and_labels(talking):
    async def talk(client, _):
        for text in ("a", "b"):
            await client.post("/v1/predict", json={"text": text})
        await client.get("/what/is/this")
        return await client.get("/metrics")

    page = talking(talk).text
    assert 'evenhand_requests_total{route="/v1/predict",status="200"} 2.0' in page
    assert 'evenhand_requests_total{route="other",status="404"} 1.0' in page
    assert "evenhand_batch_texts_sum 2.0" in page
    given = sum(value >= 0.5 for text in ("a", "b") for value in expected(text).values())
    counts = re.findall(r'evenhand_labels_total\{label="\w+"\} (\S+)', page)
    assert sum(map(float, counts)) == given
