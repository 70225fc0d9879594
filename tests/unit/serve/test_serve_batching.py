"""The queue: whatever waits is one batch, nothing waits too long, and who left is not computed."""

from __future__ import annotations

import asyncio
import logging

from hashed import Hashed, Held, expected, tried


async def post(client, text):
    return await client.post("/v1/predict", json={"text": text})


async def reached(condition):
    """Let other tasks run until ``condition`` holds."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0)


async def held(client, state, hold, text="first"):
    """Start a request that keeps the model's thread busy."""
    hold.free.clear()
    hold.entered.clear()
    task = asyncio.create_task(post(client, text))
    await reached(hold.entered.is_set)
    return task


def test_what_waits_while_the_model_is_busy_becomes_one_batch(talking):
    hold = Held()
    model = tried(Hashed(hold=hold))
    asked = len(hold.asked)

    async def talk(client, state):
        first = await held(client, state, hold)
        others = [asyncio.create_task(post(client, f"text {n}")) for n in range(10)]
        await reached(lambda: state.queue.texts == 10)
        hold.free.set()
        return await asyncio.gather(first, *others)

    responses = talking(talk, model)
    assert hold.asked[asked:] == [["first"], [f"text {n}" for n in range(10)]]
    assert [r.json()["probabilities"] for r in responses[1:]] == [
        expected(f"text {n}") for n in range(10)
    ]


def test_a_batch_holds_no_more_than_its_bound_and_no_request_is_split(talking):
    hold = Held()
    model = tried(Hashed(hold=hold))
    asked = len(hold.asked)

    async def talk(client, state):
        first = await held(client, state, hold)
        items = {"items": [{"text": "x"}] * 100}
        others = [asyncio.create_task(client.post("/v1/batch", json=items)) for _ in range(3)]
        await reached(lambda: state.queue.texts == 300)
        hold.free.set()
        return await asyncio.gather(first, *others)

    assert {r.status_code for r in talking(talk, model)} == {200}
    assert [len(texts) for texts in hold.asked[asked:]] == [1, 100, 100, 100]


def test_a_full_queue_answers_429_and_when_to_come_back(talking, problem):
    hold = Held()

    async def talk(client, state):
        first = await held(client, state, hold)
        others = [asyncio.create_task(post(client, f"{n}")) for n in range(3)]
        await reached(lambda: state.queue.texts == 3)
        refused = await post(client, "one too many")
        hold.free.set()
        return refused, await asyncio.gather(first, *others)

    refused, answered = talking(talk, tried(Hashed(hold=hold)), size=3)
    assert problem(refused, 429, "E518")["got"] == "3 texts wait, room for 3"
    assert int(refused.headers["retry-after"]) >= 1
    assert {r.status_code for r in answered} == {200}
    assert ["one too many"] not in hold.asked


def test_a_wait_that_would_be_too_long_is_refused_at_once(talking, problem):
    hold = Held()

    async def talk(client, state):
        first = await held(client, state, hold)
        state.queue.pace = 40.0
        waiting = [asyncio.create_task(post(client, f"{n}")) for n in range(2)]
        await reached(lambda: state.queue.texts == 2)
        refused = await post(client, "late")
        hold.free.set()
        await asyncio.gather(first, *waiting)
        return refused

    refused = talking(talk, tried(Hashed(hold=hold)), timeout=60)
    problem(refused, 429, "E518")
    assert refused.headers["retry-after"] == "80"


def test_who_waits_too_long_is_told_and_not_computed(talking, problem):
    hold = Held()

    async def talk(client, state):
        first = await held(client, state, hold)
        late = await post(client, "late")
        waiting = state.queue.texts
        state.queue.timeout = 60.0
        hold.free.set()
        after = await post(client, "after")
        return await first, late, after, waiting

    first, late, after, waiting = talking(talk, tried(Hashed(hold=hold)), timeout=0.05)
    problem(late, 503, "E518")
    problem(first, 503, "E518")
    assert (after.status_code, waiting) == (200, 0)
    assert ["late"] not in hold.asked


def test_a_client_that_went_away_is_not_computed(talking):
    hold = Held()

    async def talk(client, state):
        first = await held(client, state, hold)
        gone = asyncio.Event()
        body = [{"type": "http.request", "body": b'{"text": "gone"}', "more_body": False}]

        async def receive():
            if body:
                return body.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        sent = []

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http", "method": "POST", "path": "/v1/predict", "raw_path": b"/v1/predict",
            "query_string": b"", "headers": [(b"content-type", b"application/json")],
            "http_version": "1.1", "scheme": "http", "root_path": "",
            "asgi": {"version": "3.0"},
        }  # fmt: skip
        request = asyncio.create_task(client._transport.app(scope, receive, send))
        await reached(lambda: state.queue.texts == 1)
        gone.set()
        await request
        left = state.queue.texts
        hold.free.set()
        return (await first).status_code, left, sent[0]["status"]

    assert talking(talk, tried(Hashed(hold=hold))) == (200, 0, 499)
    assert ["gone"] not in hold.asked


def test_a_fault_of_the_model_harms_its_own_batch_and_no_text_reaches_the_log(
    talking, problem, caplog
):
    def hold(texts):
        if "secret words" in texts:
            raise RuntimeError("cannot read 'secret words'")

    async def talk(client, _):
        return await post(client, "secret words"), await post(client, "after")

    with caplog.at_level(logging.DEBUG, "evenhand.serve"):
        failed, after = talking(talk, tried(Hashed(hold=hold)))
    assert "secret" not in problem(failed, 500, "E519")["got"]
    assert after.json()["probabilities"] == expected("after")
    assert "secret" not in caplog.text


def test_a_new_model_answers_from_the_next_batch_on(talking):
    hold = Held()
    new = tried(Hashed(("joy", "anger", "calm")), "new")

    async def talk(client, state):
        first = await held(client, state, hold)
        second = asyncio.create_task(post(client, "second"))
        await reached(lambda: state.queue.texts == 1)
        state.queue.pace = 0.5
        state.queue.replace(new)
        assert state.queue.pace == 0
        hold.free.set()
        return await first, await second

    first, second = talking(talk, tried(Hashed(hold=hold), "old"))
    assert (first.headers["x-model"], second.headers["x-model"]) == ("old", "new")
    assert "grief" in first.json()["probabilities"]
    assert "calm" in second.json()["probabilities"]


def test_a_small_batch_says_nothing_of_how_long_a_full_queue_takes(talking):
    async def talk(client, state):
        await post(client, "alone")
        alone = state.queue.pace
        await client.post("/v1/batch", json={"items": [{"text": "x"}] * 64})
        return alone, state.queue.pace

    alone, many = talking(talk)
    assert alone == 0 < many


def test_small_batches_bring_the_pace_down_after_one_that_stalled(talking):
    async def talk(client, state):
        state.queue.pace = stalled = 4.0
        await post(client, "alone")
        return stalled, state.queue.pace

    stalled, pace = talking(talk)
    assert 0 < pace < stalled


def test_a_wrong_threshold_takes_nobody_out_of_the_batch(talking, problem):
    hold = Held()
    model = tried(Hashed(hold=hold))
    asked = len(hold.asked)
    wrong = {"text": "wrong", "thresholds": {"joy": 2}}

    async def talk(client, state):
        first = await held(client, state, hold)
        before = asyncio.create_task(post(client, "before"))
        refused = asyncio.create_task(client.post("/v1/predict", json=wrong))
        after = asyncio.create_task(post(client, "after"))
        await reached(lambda: state.queue.texts == 3)
        hold.free.set()
        return await asyncio.gather(first, before, refused, after)

    _, before, refused, after = talking(talk, model)
    assert hold.asked[asked:] == [["first"], ["before", "after"]]
    problem(refused, 422, "E501")
    assert before.json()["probabilities"] == expected("before")
    assert after.json()["probabilities"] == expected("after")


def test_a_batch_of_wrong_thresholds_alone_does_not_reach_the_model(talking, problem):
    hold = Held()
    model = tried(Hashed(hold=hold))
    asked = len(hold.asked)

    async def talk(client, state):
        state.queue.pace = 4.0
        wrong = {"text": "a", "thresholds": {"jo": 0.5}}
        return await client.post("/v1/predict", json=wrong), state.queue.pace

    refused, pace = talking(talk, model)
    problem(refused, 422, "E501")
    assert len(hold.asked) == asked
    assert pace == 4.0
