"""metadata.json: what it says, and what is said of one that cannot be."""

import json

import pytest

from evenhand.data.series.metadata import read_metadata
from evenhand.data.series.records import Stream
from evenhand.errors import DataError, EvenhandError

WHOLE = {
    "rate": 15,
    "dimensions": {"pose": 72, "traj": 2},
    "units": {"traj": "m"},
    "limits": {"traj": 50},
    "labels": ["other", "interacting"],
    "unlabelled": 99,
    "horizon": 2.5,
    "window": 4,
    "stride": 0.5,
    "target": "horizon",
    "group": "person",
    "split": "part",
    "recordings": {"a": {"person": "p7", "part": "fit", "files": ["a1.npz", "a2.npz"]}, "b": {}},
}


@pytest.fixture
def read(tmp_path):
    """Return a function that writes a text or plain values as metadata.json and reads it."""

    def written(content):
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / "metadata.json").write_text(text, encoding="utf-8")
        return read_metadata(tmp_path)

    return written


def test_everything_that_it_may_say(read, tmp_path):
    found = read(WHOLE)
    assert found.streams == (Stream("pose", 72), Stream("traj", 2, "m", 50))
    assert (found.rate, found.horizon, found.window, found.stride) == (15, 2.5, 4, 0.5)
    assert (found.labels, found.unlabelled) == (("other", "interacting"), 99)
    assert (found.target, found.group, found.split) == ("horizon", "person", "part")
    assert found.record("a").files == ("a1.npz", "a2.npz")
    assert (found.record("a").value("person"), found.record("b").value("person")) == ("p7", None)
    assert found.record("c").files is None
    assert found.record_keys() == {"person", "part"}
    assert found.path == tmp_path / "metadata.json"
    assert list(found.notes()) == []


def test_the_least_that_it_must_say_and_a_byte_order_mark(read):
    found = read('\ufeff{"dimensions": {"x": 1}}')
    assert (found.streams, found.rate, found.unlabelled) == ((Stream("x", 1),), None, 255)
    assert (found.labels, found.target, dict(found.recordings)) == (None, None, {})


def test_one_key_in_two_objects_and_a_long_number_are_no_fault(read):
    long = "9" * 4000
    found = read(f'{{"dimensions": {{"x": 1}}, "recordings": {{"a": {{"x": {long}}}, "x": {{}}}}}}')
    assert set(found.recordings) == {"a", "x"}


def test_unknown_keys_are_noted_with_a_hint_where_one_is_close(read):
    said = list(read({"dimensions": {"x": 1}, "horizn": 2, "camera": "front"}).notes())
    assert said == [
        "nothing reads the key 'horizn' of metadata.json; did you mean 'horizon'?",
        "nothing reads the key 'camera' of metadata.json",
    ]


REFUSED = [
    ("{", r"metadata\.json is not JSON\n  got: .*line 1 column 1"),
    ("[" * 9999, "metadata.json is not JSON"),
    ("[]", "a value for the whole of it that cannot be"),
    ("{}", "metadata.json lacks 'dimensions'\n  got: the keys none"),
    ('{"dimension": {}}', "lacks 'dimensions'[^?]*did you mean 'dimensions' by 'dimension'"),
    ({"dimensions": {}}, "fix: dimensions should have at least 1 item, not 0$"),
    ('{"dimensions": {"x": 1}, "window": 2, "window": 4}', "names a key twice: 'window'"),
    (
        '{"dimensions": {"x": 1}, "recordings": {"a": {"person": 1}, "b": {}, "a": {"person": 2}}}',
        r"names a key twice: 'a'\n  got: 2 times in one object",
    ),
    ({"dimensions": {"x": 2.0}}, r"dimensions\.x that cannot be\n  got: dimensions\.x = 2\.0"),
    ({"dimensions": {"x": 0}}, r"dimensions\.x should be greater than or equal to 1"),
    ({"dimensions": {"x": "2"}}, r"dimensions\.x should be a valid integer"),
    ({"dimensions": {"x": 10**9}}, r"dimensions\.x should be less than"),
    ({"dimensions": {"label": 1}}, "'label' cannot be a stream"),
    ({"rate": "15"}, "rate should be a valid number"),
    ({"rate": True}, "rate should be a valid number"),
    ({"rate": 0}, "rate should be greater than 0"),
    ('{"rate": NaN, "dimensions": {"x": 1}}', "rate should be a finite number"),
    ({"units": {"y": "m"}}, r"units names a stream that is not[^?]*choose one of: x"),
    ({"limits": {"x": -1}}, r"limits\.x should be greater than 0"),
    ({"limits": {"y": 1}}, "limits names a stream that is not in dimensions"),
    ({"labels": ["a"]}, r"fix: labels should have at least 2 items, not 1$"),
    ({"labels": ["a", "a"]}, "labels names one label twice\n  got: 'a'"),
    ({"labels": ["a", ""]}, r"labels\.1 should have at least 1 character"),
    ({"labels": "ab"}, "labels should be a valid array"),
    ({"labels": ["a", "b"], "unlabelled": 1}, r"also that of a label\n  got: .*labels\[1\] = 'b'"),
    ({"unlabelled": 2**31}, "unlabelled should be less than"),
    ({"window": -1}, "window should be greater than or equal to 0"),
    ({"target": "next"}, "target should be 'horizon', 'any', 'majority' or 'future'"),
    ({"group": 3}, "group should be a valid string"),
    ({"recordings": ["a"]}, "recordings should be an object"),
    ({"recordings": {"a": {"files": []}}}, r"a value for recordings\.a\.files"),
    ({"recordings": {"a": {"files": ["../a.npz"]}}}, "no NPZ file of this folder"),
    ({"recordings": {"a": {"files": ["/tmp/a.npz"]}}}, "no NPZ file of this folder"),
    ({"recordings": {"a": {"files": ["b\\a.npz"]}}}, "no NPZ file of this folder"),
    ({"recordings": {"a": {"files": ["a.csv"]}}}, "no NPZ file of this folder"),
    (
        {"recordings": {"a": {"files": ["x.npz"]}, "b": {"files": ["x.npz"]}}},
        "two recordings name one file[^?]*of 'a' and of 'b'",
    ),
]


@pytest.mark.parametrize(("said", "message"), REFUSED)
def test_what_cannot_be_is_refused_by_its_key_in_three_lines(read, said, message, tmp_path):
    content = {"dimensions": {"x": 1}, **said} if isinstance(said, dict) else said
    with pytest.raises(DataError, match=r"\[E231\]") as error:
        read(content)
    assert error.match(message)
    assert str(tmp_path / "metadata.json") in error.value.got
    assert len(str(error.value).splitlines()) == 3


def test_a_missing_rate_is_asked_for_by_name(read):
    error = read({"dimensions": {"x": 1}, "rates": 15}).lacking("rate", '"rate": 15')
    assert error.fix == "did you mean 'rate' by 'rates'? Otherwise add \"rate\": 15"
    assert error.got.startswith("the keys 'dimensions', 'rates' (")


def test_an_empty_file_and_one_that_is_no_text(read, tmp_path):
    with pytest.raises(EvenhandError, match=r"\[E202\] the file is empty"):
        read(" ")
    (tmp_path / "metadata.json").write_bytes(b'{"dimensions": {"\xe9": 1}}')
    with pytest.raises(EvenhandError, match=r"\[E203\] the file is not UTF-8"):
        read_metadata(tmp_path)
