"""Image, unit and manifest say what the program says: commands, probes, limits, users."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

from evenhand.cli import app
from evenhand.serve import Options
from evenhand.serve.app import State, build
from evenhand.serve.batching import Queue
from evenhand.serve.keys import OPEN
from evenhand.serve.metrics import Metrics
from evenhand.serve.server import LAST_WORDS, LINGER, longest_stop
from hashed import tried

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
UNIT = (ROOT / "deploy" / "evenhand.service").read_text("utf-8")
MANIFEST = list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text("utf-8")))
POD = MANIFEST[0]["spec"]["template"]["spec"]
[CONTAINER] = POD["containers"]
GUIDE = (ROOT / "docs" / "howto" / "serve.md").read_text("utf-8")


def instructions(name: str) -> list[str]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.partition(" ")[2] for line in joined.splitlines() if line.startswith(f"{name} ")]


def parsed(arguments: list[str]) -> dict[str, object]:
    """Return the options of ``evenhand serve``, as the real command line reads them."""
    command = typer.main.get_command(app).commands["serve"]
    return command.make_context("serve", list(arguments)).params


@pytest.fixture(scope="module")
def routes() -> set[str]:
    queue = Queue(tried(), size=128, timeout=1, metrics=Metrics())
    built = build(State(queue, Metrics()))
    queue.close()
    return built.routes


def unit(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", UNIT, re.MULTILINE)


def commands() -> dict[str, list[str]]:
    [entry], [start] = instructions("ENTRYPOINT"), instructions("CMD")[-1:]
    assert yaml.safe_load(entry) == ["evenhand", "serve"]
    program, verb, *of_unit = shlex.split(unit("ExecStart")[0])
    assert (program, verb) == ("/opt/evenhand/bin/evenhand", "serve")
    return {
        "image": yaml.safe_load(start),
        "unit": of_unit,
        "manifest": CONTAINER["args"],
    }


@pytest.mark.parametrize("where", ["image", "unit", "manifest"])
def test_the_command_is_one_that_the_program_takes_and_asks_for_keys(where: str) -> None:
    said = parsed(commands()[where])
    assert said["port"] == Options().port
    assert said["key_file"] is not None
    assert said["host"] == ("127.0.0.1" if where == "unit" else "0.0.0.0")


def test_probes_ask_routes_that_there_are(routes: set[str]) -> None:
    asked = set(re.findall(r"http://127\.0\.0\.1:8000(/\w+)", DOCKERFILE + str(CONTAINER)))
    probes = [CONTAINER[f"{kind}Probe"] for kind in ("startup", "liveness", "readiness")]
    without_key = {p["httpGet"]["path"] for p in probes if "httpGet" in p}
    assert asked | without_key == {"/livez", "/readyz"}
    assert asked | without_key <= routes
    assert without_key == set(OPEN)


def test_the_probe_takes_the_first_key_and_not_the_first_line(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("# of the shop\n\n  0123456789abcdef \nanother-key-of-mine\n")
    script = CONTAINER["readinessProbe"]["exec"]["command"][2].replace("/keys/keys", str(keys))
    asking = script.index("u.urlopen")
    told = f"{script[:asking]}print(key)"
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", told], capture_output=True, text=True, check=True
    )
    assert found.stdout == "0123456789abcdef\n"


def test_ports_mounts_and_users_agree() -> None:
    [port] = CONTAINER["ports"]
    assert instructions("EXPOSE") == [str(port["containerPort"])] == ["8000"]
    mounts = {mount["mountPath"]: mount.get("readOnly") for mount in CONTAINER["volumeMounts"]}
    assert mounts == {"/bundle": True, "/keys": True, "/tmp": None}
    assert str(parsed(CONTAINER["args"])["key_file"]).startswith("/keys/")
    assert {m["name"] for m in CONTAINER["volumeMounts"]} == {v["name"] for v in POD["volumes"]}
    user = POD["securityContext"]["runAsUser"]
    assert instructions("USER") == [f"{user}:{user}"]
    assert user != 0
    assert POD["securityContext"]["runAsNonRoot"] is True
    own = CONTAINER["securityContext"]
    assert own["readOnlyRootFilesystem"] is True
    assert own["allowPrivilegeEscalation"] is False
    assert own["capabilities"]["drop"] == ["ALL"]


def test_the_image_holds_no_torch_and_copies_what_there_is() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert instructions("ARG") == ["EXTRAS=serve"]
    installed = [*project["dependencies"], *project["optional-dependencies"]["serve"]]
    names = {re.split(r"[<>=~\[ ]", requirement)[0] for requirement in installed}
    assert {"fastapi", "uvicorn", "onnxruntime", "tokenizers"} <= names
    assert not {"torch", "transformers", "evenhand"} & names
    for line in instructions("COPY"):
        if not line.startswith("--from"):
            assert all((ROOT / source).exists() for source in line.split()[:-1])


def test_a_stop_is_given_the_time_that_it_may_take() -> None:
    longest = longest_stop(Options()) + LINGER + LAST_WORDS
    program, before = CONTAINER["lifecycle"]["preStop"]["exec"]["command"]
    assert program == "sleep"
    assert POD["terminationGracePeriodSeconds"] > int(before) + longest
    [docker] = re.findall(r"docker run --stop-timeout (\d+)", DOCKERFILE)
    assert int(docker) > longest
    assert int(unit("TimeoutStopSec")[0]) > longest
    assert instructions("STOPSIGNAL") == unit("KillSignal") == ["SIGTERM"]
    assert unit("ExecReload") == ["/bin/kill -HUP $MAINPID"]


def test_the_unit_is_locked_up() -> None:
    for key, value in {
        "DynamicUser": "yes", "NoNewPrivileges": "yes", "ProtectSystem": "strict",
        "ProtectHome": "yes", "PrivateTmp": "yes", "CapabilityBoundingSet": "",
    }.items():  # fmt: skip
        assert unit(key) == [value]


def test_the_guide_names_the_files_and_every_option() -> None:
    for name in ("Dockerfile", "evenhand.service", "kubernetes.yaml"):
        assert f"(../../deploy/{name})" in GUIDE
    options = typer.main.get_command(app).commands["serve"].params
    for option in options[1:]:
        assert f"`{option.opts[0]}" in GUIDE


def test_the_guides_commands_are_ones_that_the_program_takes() -> None:
    found = re.findall(r"^evenhand serve (.*)$", GUIDE, re.MULTILINE)
    assert len(found) >= 2
    for line in found:
        parsed(shlex.split(line, comments=True))
