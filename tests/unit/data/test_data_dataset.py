import json

import numpy as np
import pytest

from evenhand.config import DataConfig
from evenhand.data import read_dataset, read_labelled
from evenhand.data.inference import ONE_EACH
from evenhand.errors import DataError, MissingFileError
from evenhand.types import Role, Task

PLAIN = DataConfig()


def rows(count, *, start=0, header="text,label"):
    body = [f"text number {i},{'ab'[i % 2]}" for i in range(start, start + count)]
    return "\n".join([header, *body] if header else body) + "\n"


@pytest.fixture
def write(tmp_path):
    def writer(name, content):
        (tmp_path / name).write_text(content)
        return tmp_path / name

    return writer


def read(source, config=PLAIN, **options):
    return read_dataset(source, config=config, seed=0, **options)


def test_headerless_index_lists_with_a_labels_file_simply_work(write):
    train = write(
        "train.tsv", 'He said ""\t0,2\tx1\n"A ""quoted"" one"\t1\tx2\nMore\t2\tx3\nLast\t0,1\tx4\n'
    )
    dev = write("dev.tsv", "Another one\t2\ty1\nNone here\t\ty2\n")
    labels = write("labels.txt", "joy\nfear\ngrief\n")
    data = read(train, tune=dev, labels_file=labels)
    assert data.ids == ("x1", "x2", "x3", "x4", "y1", "y2")
    assert data.texts[1] == 'A "quoted" one'
    assert data.labels.names == ("joy", "fear", "grief")
    assert data.labels.task is Task.MULTILABEL
    np.testing.assert_array_equal(
        data.truth(Role.FIT), [[1, 0, 1], [0, 1, 0], [0, 0, 1], [1, 1, 0]]
    )
    np.testing.assert_array_equal(data.truth(Role.TUNE), [[0, 0, 1], [0, 0, 0]])
    assert data.rows(Role.TUNE).tolist() == [4, 5]
    assert data.count(Role.REPORT) == 0
    assert data.rows(Role.REPORT).dtype == np.int64
    assert set(data.sha256) == {str(train), str(dev)}


def test_objects_with_a_mapping_of_labels(write):
    items = [
        {"text": f"case {i}", "labels": {"calm": i % 2, "stress": 1 - i % 2}} for i in range(40)
    ]
    data = read(write("train.json", json.dumps(items)))
    assert data.labels.names == ("calm", "stress")
    assert data.notes == (ONE_EACH,)
    assert [data.count(role) for role in Role] == [28, 6, 6]


def test_rows_of_one_line_are_numbered(write):
    items = [{"text": f"case {i}", "label": "ab"[i % 2]} for i in range(40)]
    data = read(write("train.json", json.dumps(items)))
    assert set(data.ids) == {f"train:{i}" for i in range(1, 41)}


def test_softmax_when_asked_for(write):
    items = [{"text": f"case {i}", "labels": ["ab"[i % 2]]} for i in range(40)]
    data = read(write("train.json", json.dumps(items)), DataConfig(task="multiclass"))
    assert data.labels.task is Task.MULTICLASS
    assert data.notes == ()


def test_one_file_is_shared_out_and_ids_are_lines(write):
    data = read(write("r.csv", rows(40)))
    assert len(data) == 40
    assert sorted(data.ids, key=lambda i: int(i[2:])) == [f"r:{n}" for n in range(2, 42)]
    assert [data.count(role) for role in Role] == [28, 6, 6]
    assert data.truth(Role.TUNE).sum(axis=0).tolist() == [3, 3]


def test_three_files_are_taken_as_given(write):
    data = read(
        write("a.csv", rows(10)),
        tune=write("b.csv", rows(4, start=10)),
        report=write("c.csv", rows(6, start=14)),
    )
    assert [data.count(role) for role in Role] == [10, 4, 6]
    assert data.notes == ()


def test_files_of_one_name_get_ids_by_role(write, tmp_path):
    (tmp_path / "other").mkdir()
    data = read(write("r.csv", rows(4)), tune=write("other/r.csv", rows(2, start=4)))
    assert data.ids[0] == "fit/r:2"
    assert data.ids[-1] == "tune/r:3"


def test_split_column(write):
    parts = ["train"] * 6 + ["dev"] * 2 + ["test"] * 2
    lines = [f"text {i},{'ab'[i % 2]},{part}" for i, part in enumerate(parts)]
    data = read(write("r.csv", "\n".join(["text,label,split", *lines])))
    assert [data.count(role) for role in Role] == [6, 2, 2]
    assert data.schema.split == "split"
    assert data.ids[-1] == "r:11"


def test_rows_set_aside_are_counted(write):
    data = read(write("r.csv", rows(40) + "  ,a\nno label,\n\n"))
    assert len(data) == 40
    assert data.ledger.lines()[1:] == [
        "  1 set aside: empty text (line 42)",
        "  1 set aside: no label (line 43)",
        "  1 set aside: blank line (line 44)",
    ]


def test_duplicates_and_groups_stay_in_one_role():
    texts = [f"text {i // 2}" for i in range(80)]
    source = {"text": texts, "label": ["a", "b"] * 40, "who": [i // 8 for i in range(80)]}
    data = read(source, DataConfig(group="who"))
    homes = {}
    for text, role in zip(data.texts, data.roles, strict=True):
        assert homes.setdefault(int(text[5:]) // 4, role) is role
    authors = [int(text[5:]) // 4 for text in data.texts]
    assert len(set(zip(data.unit_N.tolist(), authors, strict=True))) == len(set(authors)) == 10


def test_units_join_equal_texts_without_any_groups():
    source = {"text": ["One", "one ", "two", "three"] * 10, "label": ["a", "b", "a", "b"] * 10}
    assert len(np.unique(read(source).unit_N)) == 3


def test_texts_and_groups_in_two_given_roles_are_noted(write):
    train = "text,label,who\nOne,a,x\nTwo,b,x\nThree,a,y\nFour,b,y\n"
    dev = "text,label,who\none,a,x\nFive,b,z\n"
    data = read(write("a.csv", train), tune=write("b.csv", dev), config=DataConfig(group="who"))
    assert data.notes == (
        "1 tune texts also stand among the fit rows (case aside)",
        "1 groups have both fit and tune rows",
    )


def test_label_without_tune_rows_is_noted(write):
    data = read(write("a.csv", rows(10)), tune=write("b.csv", "text,label\nother,a\n"))
    assert data.notes == ("no tune row has b",)


def test_sample_says_that_it_is_no_result(write):
    data = read(write("r.csv", rows(200)), DataConfig(sample=20))
    assert data.count(Role.FIT) == 20
    assert data.notes == ("28 of 200 rows: not a result",)


def test_same_seed_same_roles(write):
    path = write("r.csv", rows(60))
    assert read(path).roles == read(path).roles
    assert read(path).ids != read_dataset(path, config=PLAIN, seed=1).ids


def test_labelled_rows_for_a_model_that_exists(write):
    data = read(write("a.csv", rows(40)))
    more = read_labelled(
        write("b.csv", "label,text\nb,one\nb,two\n"), data.schema, data.labels, Role.REPORT
    )
    assert more.roles == (Role.REPORT, Role.REPORT)
    np.testing.assert_array_equal(more.truth_NC, [[0, 1], [0, 1]])


@pytest.mark.parametrize("role", ["tune", "report"])
def test_unknown_label_in_another_file(write, role):
    train = write("a.csv", "text,label\n" + "x1,fraud\nx2,fraud\nx3,other\nx4,other\n" * 5)
    bad = write("b.csv", "text,label\ny,other\nz,frawd\n")
    message = r"\[E201\](.|\n)*'frawd' \(column 'label', .*b\.csv:3\)(.|\n)*did you mean 'fraud'"
    with pytest.raises(DataError, match=message):
        read(train, **{role: bad})


def test_missing_column_in_another_file(write):
    with pytest.raises(DataError, match=r"\[E205\](.|\n)*b\.csv has no column 'label'"):
        read(write("a.csv", rows(10)), tune=write("b.csv", "text,kind\none,a\n"))


def test_label_with_one_row(write):
    source = write("r.csv", rows(40) + "alone,c\n")
    with pytest.raises(DataError, match=r"\[E207\](.|\n)*'c' has 1 \(.*r\.csv:42\)"):
        read(source)
    kept = read(source, DataConfig(min_rows=1))
    assert kept.labels.names == ("a", "b", "c")
    assert kept.notes == ("no tune row has c", "no report row has c")


def test_blank_line_of_the_labels_file_leaves_a_label_out(write):
    train = write("a.tsv", "one\t0\ntwo\t2\nthree\t0\nfour\t2\n" * 3)
    full, blank = write("full.txt", "a\nb\nc\n"), write("blank.txt", "a\n\nc\n")
    with pytest.raises(DataError, match=r"\[E207\](.|\n)*'b' has 0(.|\n)*blank its line"):
        read(train, labels_file=full)
    assert read(train, labels_file=blank).labels.names == ("a", "c")


def test_one_file_for_two_roles(write):
    path = write("a.csv", rows(10))
    with pytest.raises(DataError, match=r"\[E208\](.|\n)*is given for both"):
        read(path, tune=path)


def test_equal_files_for_two_roles(write):
    with pytest.raises(DataError, match=r"\[E208\](.|\n)*are equal"):
        read(write("a.csv", rows(10)), report=write("b.csv", rows(10)))


def test_one_id_in_two_roles(write):
    one = write("a.csv", "id,text,label\n1,x,a\n2,y,b\n3,z,a\n4,w,b\n")
    two = write("b.csv", "id,text,label\n9,p,a\n2,q,b\n")
    with pytest.raises(DataError, match=r"\[E208\](.|\n)*id '2' at .*a\.csv:3 and .*b\.csv:3"):
        read(one, tune=two)
    assert read(one, DataConfig(id="none"), tune=two).count(Role.TUNE) == 2


@pytest.mark.parametrize(("cell", "got"), [("1", "'1' .*:4 and .*:2"), ("", "'' .*:4")])
def test_id_twice_or_missing(write, cell, got):
    source = write("a.csv", f"id,text,label\n1,x,a\n2,y,b\n{cell},z,a\n4,w,b\n")
    with pytest.raises(DataError, match=rf"\[E211\](.|\n)*{got}"):
        read(source)


def test_role_without_rows(write):
    with pytest.raises(DataError, match=r"\[E209\](.|\n)*'tune'(.|\n)*1 empty text"):
        read(write("a.csv", rows(10)), tune=write("b.csv", "text,label\n ,a\n"))


def test_two_labels_under_softmax(write):
    source = write("a.csv", "text,labels\nx1,a|b\nx2,b\nx3,a\nx4,b\n")
    with pytest.raises(DataError, match=r"\[E206\](.|\n)*a\.csv:2"):
        read(source, DataConfig(task="multiclass"))


def test_one_label_alone_is_nothing_to_learn(write):
    with pytest.raises(DataError, match=r"\[E213\]"):
        read(write("a.csv", "text,label\nx1,a\nx2,a\n"))


def test_missing_tune_file(write, tmp_path):
    with pytest.raises(MissingFileError, match=r"\[E202\]"):
        read(write("a.csv", rows(10)), tune=tmp_path / "b.csv")


def test_tables_in_memory_keep_a_hash_each():
    fit = {"text": [f"text {i}" for i in range(8)], "label": ["a", "b"] * 4}
    tune = {"text": ["one", "two"], "label": ["a", "b"]}
    data = read(fit, tune=tune)
    assert list(data.sha256) == ["table", "table (tune)"]
    assert len(set(data.ids)) == 10
