"""Bundles made to harm: each is refused, and nothing of it runs."""

from __future__ import annotations

import contextlib
import json
import os
import sys

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

import evenhand
from evenhand.bundle.hostile import refuse_hostile
from evenhand.bundle.onnx import session
from evenhand.bundle.onnx_fields import refuse_outside, words_of
from evenhand.durable import MANIFEST, write_folder
from evenhand.errors import BundleError, EvenhandError

BOOM = b"cos\nsystem\n(S'touch harmed'\ntR."
"""A pickle that would write a file."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory, backbone, labelled_file):
    chosen = {
        "model.backbone": str(backbone),
        "model.precision": "float32",
        "train.epochs": 1,
        "report.resamples": 100,
        "report.baselines": False,
    }
    out = tmp_path_factory.mktemp("sound") / "run"
    return evenhand.train(labelled_file, out, settings=chosen).layout.bundle


def files_of(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != MANIFEST}


def with_files(folder, to, **changed):
    """Copy a bundle with other files, under a manifest that fits."""
    write_folder(to, files_of(folder) | {n.replace("__", "."): c for n, c in changed.items()})
    return to


def changed_json(folder, name, **changes):
    return json.dumps(json.loads(files_of(folder)[name]) | changes).encode()


def test_a_sound_bundle_is_not_refused(folder):
    refuse_hostile(folder)


@pytest.mark.parametrize(
    "name",
    [
        "pytorch_model.bin",
        "model.pkl",
        "model.safetensors.pt",
        "modeling_own.py",
        "sub/model.safetensors",
        "members/one/bundle.json",
        "members/1/2/bundle.json",
        "tokenizer.JSON",
        "data.onnx_data",
    ],
)
def test_a_file_that_does_not_belong_there_is_refused(folder, tmp_path, name):
    write_folder(tmp_path / "b", files_of(folder) | {name: BOOM})
    with pytest.raises(BundleError, match=r"E405.*does not belong there"):
        evenhand.load(tmp_path / "b")


@pytest.mark.parametrize("name", ["LICENSE", ".gitattributes"])
def test_what_a_hub_adds_is_let_be(folder, tmp_path, name):
    made = with_files(folder, tmp_path / "b")
    (made / name).write_text("for people", "utf-8")
    assert evenhand.load(made).predict(["a happy day"]).labels.names


@pytest.mark.parametrize("target", ["model.safetensors", "tokenizer.json", "README.md"])
def test_a_link_is_refused(folder, tmp_path, target):
    made = with_files(folder, tmp_path / "b")
    (tmp_path / "elsewhere").write_bytes(files_of(folder).get(target, b"text"))
    with contextlib.suppress(FileNotFoundError):
        (made / target).unlink()
    (made / target).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match=r"E405.*a link"):
        evenhand.load(made)


def test_a_linked_folder_inside_is_refused(folder, tmp_path):
    made = with_files(folder, tmp_path / "b")
    (made / "members").symlink_to(tmp_path)
    with pytest.raises(BundleError, match=r"E405.*a link"):
        evenhand.load(made)


def test_what_is_no_plain_file_is_refused_without_being_opened(folder, tmp_path):
    made = with_files(folder, tmp_path / "b")
    (made / "LICENSE").unlink(missing_ok=True)
    os.mkfifo(made / "LICENSE")
    with pytest.raises(BundleError, match=r"E405.*no plain file"):
        evenhand.load(made)


@pytest.mark.parametrize("name", ["/etc/hostname", "../bundle/bundle.json", "..\\x", "a/../../x"])
def test_a_manifest_that_leads_out_is_refused(folder, tmp_path, name):
    made = with_files(folder, tmp_path / "b")
    manifest = json.loads((made / MANIFEST).read_text("utf-8"))
    manifest["files"][name] = {"bytes": 1, "sha256": "0" * 64}
    (made / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(BundleError, match=r"E405.*leads out of it"):
        evenhand.load(made)


def test_a_file_that_the_manifest_does_not_know_is_refused(folder, tmp_path):
    made = with_files(folder, tmp_path / "b")
    (made / "golden.json").write_text("{}", "utf-8")
    manifest = json.loads((made / MANIFEST).read_text("utf-8"))
    manifest["files"].pop("golden.json", None)
    (made / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(BundleError, match=r"E405.*does not know"):
        evenhand.load(made)


def test_a_description_that_is_too_large_is_refused_unread(folder, tmp_path):
    made = with_files(folder, tmp_path / "b")
    with (made / "tokenizer.json").open("r+b") as file:
        file.truncate(10 * 2**30)
    with pytest.raises(BundleError, match=r"E405.*too large"):
        evenhand.load(made)


@pytest.mark.parametrize("key", ["auto_map", "trust_remote_code", "custom_pipelines"])
def test_a_configuration_that_asks_for_code_is_refused(folder, tmp_path, key):
    config = changed_json(folder, "config.json", **{key: {"AutoModel": "own.Model"}})
    with pytest.raises(BundleError, match=r"E405.*author's code"):
        evenhand.load(with_files(folder, tmp_path / "b", config__json=config))


@pytest.mark.parametrize("name", ["bundle.json", "config.json", "decision.json", MANIFEST])
def test_json_nested_without_end_is_damage(folder, tmp_path, name):
    made = with_files(folder, tmp_path / "b")
    deep = b'{"a":' * 200_000
    if name == MANIFEST:
        (made / name).write_bytes(deep)
    else:
        made = with_files(folder, tmp_path / "c", **{name.replace(".", "__"): deep})
    with pytest.raises(EvenhandError, match=r"E401|E204"):
        evenhand.load(made)


@pytest.mark.parametrize(
    "weights",
    [
        b"",
        b"\xff" * 8,
        (2**63 - 1).to_bytes(8, "little") + b"{}",
        (10).to_bytes(8, "little") + b'{"a":' + b" " * 5,
        BOOM,
    ],
)
def test_weights_that_lie_about_themselves_are_refused(folder, tmp_path, weights):
    made = with_files(folder, tmp_path / "b", model__safetensors=weights)
    with pytest.raises(BundleError, match="E402"):
        evenhand.load(made)


def test_a_network_described_larger_than_its_weights_takes_no_memory(folder, tmp_path):
    config = changed_json(folder, "config.json", vocab_size=10**10)
    made = with_files(folder, tmp_path / "b", config__json=config)
    with pytest.raises(BundleError, match=r"E402(.|\n)*numbers described"):
        evenhand.load(made)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"hidden_size": -4}, "describe itself"),
        ({"hidden_size": 2**62}, "describe itself"),
        ({"num_attention_heads": 0}, "describe itself"),
        ({"num_hidden_layers": 10**8}, "do not fit the network"),
    ],
)
def test_sizes_that_cannot_be_are_refused(folder, tmp_path, changes, what):
    config = changed_json(folder, "config.json", **changes)
    with pytest.raises(BundleError, match=f"E402.*{what}"):
        evenhand.load(with_files(folder, tmp_path / "b", config__json=config))


def test_a_tokenizer_that_its_library_refuses_is_named(folder, tmp_path):
    definition = b'{"model": {"type": "WordLevel"}}'
    with pytest.raises(EvenhandError, match="E107"):
        evenhand.load(with_files(folder, tmp_path / "b", tokenizer__json=definition))


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
ANY = st.recursive(
    PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner), max_leaves=5
)
KEYS = ("format", "kind", "engine", "task", "labels", "pooling", "head", "layers", "max_length")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(key=st.sampled_from((*KEYS, "trained_steps", "schema")), value=ANY)
def test_a_description_of_any_kind_is_read_or_refused(folder, tmp_path_factory, key, value):
    described = changed_json(folder, "bundle.json", **{key: value})
    made = with_files(folder, tmp_path_factory.mktemp("any") / "b", bundle__json=described)
    with contextlib.suppress(EvenhandError):
        evenhand.load(made)


def test_loading_unpickles_nothing_and_writes_nothing(folder, tmp_path, monkeypatch):
    """The interpreter's own audit hook would see an unpickling, however it came about."""
    seen = []
    sys.addaudithook(lambda event, _: seen.append(event) if event.startswith("pickle.") else None)
    monkeypatch.chdir(tmp_path)
    evenhand.load(folder).predict(["a happy day"])
    assert seen == []
    assert list(tmp_path.iterdir()) == []


def graph(*, nodes=(), constants=(), opsets=(("", 20),)):
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", 2])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["B", 2])
    own = helper.make_node("Identity", ["x"], ["y"])
    made = helper.make_graph([*nodes, own], "by hand", [x], [y], list(constants))
    return helper.make_model(made, opset_imports=[helper.make_opsetid(*o) for o in opsets])


def external(name="w", location="../../etc/passwd"):
    tensor = numpy_helper.from_array(np.zeros((2, 2), np.float32), name)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location
    return tensor


def test_a_plain_graph_is_not_refused():
    refuse_outside(graph(constants=[numpy_helper.from_array(np.zeros(3), "w")]).SerializeToString())


@pytest.mark.parametrize(
    "made",
    [
        graph(constants=[external()]),
        graph(nodes=[helper.make_node("Constant", [], ["c"], value=external())]),
        graph(
            nodes=[
                helper.make_node(
                    "If",
                    ["x"],
                    ["z"],
                    then_branch=graph(constants=[external()]).graph,
                    else_branch=graph().graph,
                )
            ]
        ),
    ],
    ids=["initializer", "constant", "branch"],
)
def test_data_in_another_file_is_refused(made):
    with pytest.raises(BundleError, match=r"E405.*another file"):
        refuse_outside(made.SerializeToString())


@pytest.mark.parametrize(
    "made",
    [
        graph(opsets=(("", 20), ("com.example", 1))),
        graph(nodes=[helper.make_node("Own", ["x"], ["z"], domain="com.microsoft")]),
    ],
    ids=["import", "operator"],
)
def test_operators_of_another_maker_are_refused(made):
    with pytest.raises(BundleError, match=r"E405.*another maker"):
        refuse_outside(made.SerializeToString())


def test_every_word_of_a_graph_is_found_and_no_number():
    values = numpy_helper.from_array(np.frombuffer(b"/tmp" * 4, np.float32), "weights")
    named = numpy_helper.from_array(np.array([b"a text"], object), "texts")
    branch = helper.make_node("If", ["x"], ["z"], then_branch=graph(constants=[named]).graph)
    scaled = helper.make_node("Celu", ["x"], ["c"], alpha=1.5)
    branch.doc_string = "seen in line 7"
    made = graph(nodes=[branch, scaled], constants=[values])
    written = {"by hand", "weights", "texts", "a text", "seen in line 7"}
    written |= {"x", "y", "z", "c", "B", "If", "Celu", "Identity", "then_branch", "alpha", ""}
    assert set(words_of(made.SerializeToString())) == written


@pytest.mark.parametrize("length", range(1, 140))
def test_a_word_is_found_whole_however_long_and_wherever_it_is(length):
    def word(sign):
        return sign * length

    made = graph(constants=[numpy_helper.from_array(np.zeros(1), word("t"))])
    made.metadata_props.add(key=word("k"), value=word("v"))
    made.graph.metadata_props.add(key="graph", value=word("g"))
    made.graph.node[0].metadata_props.add(key="node", value=word("n"))
    made.graph.input[0].doc_string = word("i")
    made.graph.value_info.append(helper.make_tensor_value_info(word("w"), TensorProto.FLOAT, []))
    made.graph.output[0].type.tensor_type.shape.dim[0].dim_param = word("d")
    assert {word(sign) for sign in "tkvgniwd"} <= set(words_of(made.SerializeToString()))


@pytest.mark.parametrize("field", [7, 14, 25])
def test_a_field_number_that_others_would_read_as_another_is_damage(field):
    """C++ keeps the low 32 bits of a key, so that a strange field here is a known one there."""
    key, content = (field << 3 | 2) | 1 << 32, bytearray()
    while key:
        content.append(key & 0x7F | (0x80 if key > 0x7F else 0))
        key >>= 7
    with pytest.raises(BundleError, match=r"E401(.|\n)*a field number that cannot be"):
        refuse_outside(bytes(content) + b"\x03abc")


@pytest.mark.parametrize("content", [b"", b"\x08\x08"])
def test_a_graph_of_nothing_cannot_be_run(content):
    with pytest.raises(BundleError, match=r"E401.*cannot be run"):
        session(content)


def test_functions_are_refused():
    made = graph()
    made.functions.append(
        helper.make_function(
            "own", "F", ["a"], ["b"], [helper.make_node("Identity", ["a"], ["b"])],
            [helper.make_opsetid("", 20)],
        )
    )  # fmt: skip
    with pytest.raises(BundleError, match=r"E405.*functions of its own"):
        refuse_outside(made.SerializeToString())


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_mutated_bytes_are_read_or_refused(data):
    content = bytearray(
        graph(constants=[numpy_helper.from_array(np.zeros(9), "w")]).SerializeToString()
    )
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BundleError):
        refuse_outside(bytes(content[: data.draw(st.integers(0, len(content)))]))


@pytest.mark.parametrize(
    "content", [b"\xff" * 20, b"\x3a\xff\xff\xff\xff\x7f", b"\x3b", b"\x3a\x80", BOOM]
)
def test_what_is_no_protocol_buffer_is_damage(content):
    with pytest.raises(BundleError, match="E401"):
        refuse_outside(content)


def test_the_fields_are_those_of_onnx():
    """The numbers are those of the library's own description of the format."""
    from evenhand.bundle.onnx_fields import INSIDE

    messages = {
        "model": onnx.ModelProto,
        "graph": onnx.GraphProto,
        "node": onnx.NodeProto,
        "attribute": onnx.AttributeProto,
        "sparse": onnx.SparseTensorProto,
        "tensor": onnx.TensorProto,
        "value": onnx.ValueInfoProto,
        "type": onnx.TypeProto,
        "array": onnx.TypeProto.Tensor,
        "shape": onnx.TensorShapeProto,
        "dimension": onnx.TensorShapeProto.Dimension,
        "annotation": onnx.TensorAnnotation,
        "note": onnx.StringStringEntryProto,
    }
    kinds = {message.DESCRIPTOR.name: kind for kind, message in messages.items()}
    kinds |= {"FunctionProto": "function", "TrainingInfoProto": "function"}
    kinds |= {"OperatorSetIdProto": "opset", "SparseTensor": "array"}
    assert messages.keys() | {"function", "opset"} == INSIDE.keys()
    for name, message in messages.items():
        fields = message.DESCRIPTOR.fields
        found = {f.number: kinds.get(f.message_type.name) for f in fields if f.message_type}
        assert INSIDE[name] == {number: kind for number, kind in found.items() if kind}
