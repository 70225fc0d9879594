"""The real server: what it answers, who may ask, how it stops, and how it changes its bundle."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import sys
from collections import Counter

import pytest

import evenhand
import soak
from evenhand.cli import main
from served import Client, closed_loop, difference, open_loop, serving, until

KEY = "0123456789abcdef0123456789abcdef"
TEXTS = ["a happy day", "the angry train", "", "sad [NAME] 😀", "slow " * 100]


def asked(port, path, value=None, *, key=None):
    """Send one request and return the reply."""

    async def talk():
        client = Client(port, key)
        body = None if value is None else json.dumps(value).encode()
        reply = await client.send(path, body)
        client.close()
        return reply

    return asyncio.run(talk())


def test_it_answers_what_the_bundle_answers(server, bundle):
    answers = evenhand.load(bundle).predict(TEXTS)
    names, cuts_C = answers.labels.names, evenhand.load(bundle).decision.values_C
    thresholds = dict(zip(names, cuts_C.tolist(), strict=True))
    for n, text in enumerate(TEXTS):
        reply = asked(server.port, "/v1/predict", {"text": text, "thresholds": thresholds})
        own = dict(zip(names, answers.probs_NC[n].tolist(), strict=True))
        assert difference(reply.said["probabilities"], own) <= 1e-6
        assert reply.said["labels"] == answers.names()[n]


def test_it_is_ready_because_the_golden_texts_matched(server):
    said = asked(server.port, "/readyz").said
    assert (said["ready"], said["golden"]) == (True, "matched")


def test_no_answer_depends_on_its_neighbours(server):
    assert asyncio.run(soak.beside(server.port, 12)) <= 1e-6


def test_thirty_two_clients_lose_nothing_and_cross_nothing(server):
    count = asyncio.run(closed_loop(server.port, clients=32, requests=10, pool=40))
    assert count.statuses == {200: 320}
    assert (count.lost, count.crossed) == ([], 0)


def test_fuzzed_requests_get_problem_documents_and_never_a_5xx(server):
    statuses = asyncio.run(soak.fuzz(server.port, 200))
    assert max(statuses) < 500
    assert {200, 400, 415, 422} <= set(statuses)


def test_a_client_that_leaves_in_the_middle_harms_nobody(server):
    head = b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    for sent in (head + b'Content-Length: 100\r\n\r\n{"text"', head[:12], b"\x16\x03\x01\x02"):
        with socket.create_connection(("127.0.0.1", server.port)) as one:
            one.sendall(sent)
    assert asked(server.port, "/v1/predict", {"text": "a happy day"}).status == 200
    until(lambda: any(event.get("status") == 499 for event in server.events()))
    assert not [event for event in server.events() if "fault" in event]


def test_schemathesis_finds_nothing(guarded):
    done = soak.conform(guarded, examples=10, key=KEY, phases="examples,fuzzing")
    assert done.returncode == 0, done.stdout[:3000]


def test_every_route_but_livez_asks_for_the_key_which_no_log_tells(guarded):
    for path in ("/readyz", "/metrics", "/docs", "/openapi.json", "/v1/labels", "/nowhere"):
        assert asked(guarded.port, path).status == 401
    assert asked(guarded.port, "/v1/predict", {"text": "a"}).status == 401
    assert asked(guarded.port, "/livez").status == 200
    assert asked(guarded.port, "/v1/predict", {"text": "a"}, key=KEY).status == 200
    assert KEY not in guarded.log.read_text("utf-8")


def test_too_many_requests_are_told_when_to_come_back(guarded):
    async def flood():
        clients = [Client(guarded.port, KEY) for _ in range(40)]
        items = {"items": [{"text": "a slow walk " * 40}] * 100}
        replies = await asyncio.gather(*(client.ask("/v1/batch", items) for client in clients))
        for client in clients:
            client.close()
        return replies

    replies = asyncio.run(flood())
    assert {reply.status for reply in replies} == {200, 429}
    for reply in replies:
        if reply.status == 429:
            assert int(reply.headers["retry-after"]) >= 1
            assert reply.said["code"] == "E518"
    assert asked(guarded.port, "/v1/predict", {"text": "a"}, key=KEY).status == 200


def test_a_stop_under_load_loses_nobody_and_no_text_is_in_the_log(bundle):
    with serving(bundle) as one:
        asked(one.port, "/v1/unmistakable", {"text": "unmistakable"})
        asked(one.port, "/v1/predict", {"text": "unmistakable"})
        asked(one.port, "/v1/predict", {"unmistakable": "unmistakable"})
        told, code = asyncio.run(soak.until_stopped(one, 16, after=0.2))
        events = one.events()
        assert "unmistakable" not in one.log.read_text("utf-8")
    assert (set(told), code) == ({"200"}, 0)
    requests = [event for event in events if event["event"] == "request"]
    assert [event["status"] for event in requests[:3]] == [404, 200, 422]
    others = [event["event"] for event in events if event["event"] != "request"]
    assert others == ["listening", "stopping", "stopped"]


def test_bundles_change_under_load_and_a_bad_one_is_refused(server, bundle, place):
    seen, before = Counter(), soak.outcomes(server)

    def change():
        for n, cut in enumerate([0.3, None, 0.35], start=1):
            soak.variant(bundle, place, cut)
            until(lambda n=n: (soak.outcomes(server) - before).total() >= n)

    asyncio.run(soak.while_reloading(server, change, seen))
    assert soak.outcomes(server) - before == {"reloaded": 2, "reload refused": 1}
    assert asked(server.port, "/v1/labels").said["thresholds"]["joy"] == 0.35
    [refused] = [event for event in server.events() if event["event"] == "reload refused"]
    assert refused["code"] == "E401"
    assert {float(pair.split()[1]) for pair in seen} <= {0.25, 0.3, 0.35}
    assert len({pair.split()[0] for pair in seen}) == len(seen)


def test_half_load_is_answered(server):
    count = asyncio.run(open_loop(server.port, rate=20, seconds=1, pool=10))
    assert set(count.statuses) == {200}
    assert (count.lost, count.crossed) == ([], 0)


def refused(capsys, three_lines, code, *arguments):
    """Return what the command line says when it does not serve."""
    assert main(["serve", *map(str, arguments)]) == 2
    return three_lines(capsys.readouterr().err.strip(), code)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "example.org"])
def test_others_do_not_get_in_without_a_key(capsys, three_lines, bundle, host):
    said = refused(capsys, three_lines, "E511", bundle, "--host", host)
    assert f"--host {host} without --key-file" in said


def test_a_port_that_is_taken_shows_before_the_model_is_read(capsys, three_lines, server):
    said = refused(capsys, three_lines, "E511", "nowhere", "--port", server.port)
    assert "Address already in use" in said


def test_what_cannot_be_served(capsys, three_lines, bundle, tmp_path):
    assert "nowhere" in refused(capsys, three_lines, "E401", tmp_path / "nowhere", "--port", 0)
    damaged = shutil.copytree(bundle, tmp_path / "damaged")
    (damaged / "model.safetensors").write_bytes(b"x")
    refused(capsys, three_lines, "E401", damaged, "--port", 0)
    refused(capsys, three_lines, "E512", bundle, "--key-file", tmp_path / "none")
    refused(capsys, three_lines, "E110", bundle, "--queue", 5)


def test_a_bundle_that_answers_otherwise_than_when_it_was_saved(
    capsys, three_lines, bundle, tmp_path
):
    golden = json.loads((bundle / "golden.json").read_text("utf-8"))
    golden["scores"][2][0] += 0.5
    files = {p.name: p.read_bytes() for p in bundle.iterdir() if p.name != "MANIFEST.json"}
    files["golden.json"] = json.dumps(golden).encode()
    from evenhand.durable import write_folder

    write_folder(tmp_path / "other", files)
    said = refused(capsys, three_lines, "E408", tmp_path / "other", "--port", 0)
    assert "for 'joy' of golden text 3" in said


def test_an_installation_without_the_extra_says_what_to_install(tmp_path):
    hidden = (
        "import sys; sys.modules['uvicorn'] = None\n"
        "from evenhand.cli import main; sys.exit(main(['serve', 'x']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", hidden], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 2
    assert done.stderr.startswith("[E104] this needs the package 'uvicorn'")
    assert "pip install 'evenhand[serve]'" in done.stderr


def test_help_loads_neither_fastapi_nor_torch():
    told = (
        "import sys; from evenhand.cli import main; main(['serve', '--help'])\n"
        "assert not {'fastapi', 'uvicorn', 'torch', 'transformers'} & sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--key-file" in done.stdout
