import json

from evenhand.data.ledger import FileCount, Ledger
from evenhand.types import Role


def test_every_row_is_kept_or_set_aside_with_up_to_five_examples():
    aside = {"empty text": [3, 5, 6, 7, 8, 9], "no label": [2], "blank line": []}
    ledger = Ledger((FileCount.of("r.csv", Role.FIT, 10, aside),))
    assert ledger.lines() == [
        "r.csv (fit): 17 rows read, 10 kept",
        "  6 set aside: empty text (lines 3, 5, 6, 7, 8, ...)",
        "  1 set aside: no label (line 2)",
    ]
    stored = json.loads(json.dumps(ledger.to_dict()))
    assert stored["files"][0]["aside"]["no label"]["rows"] == 1
    assert Ledger.from_dict(stored) == ledger


def test_windows_have_a_line_a_folder_and_role_with_the_first_names():
    late = "the recording ends within the horizon"
    files = [
        FileCount.of(f"walks/r{i}.npz", role, 5, {late: [f"r{i}@8", f"r{i}@9"]}, unit="windows")
        for i, role in enumerate([Role.FIT, Role.TUNE, Role.FIT, Role.FIT])
    ]
    ledger = Ledger(tuple(files))
    assert ledger.lines() == [
        "walks, 3 recordings (fit): 21 windows read, 15 kept",
        f"  6 set aside: {late} (r0@8, r0@9, r2@8, r2@9, r3@8, ...)",
        "walks, 1 recording (tune): 7 windows read, 5 kept",
        f"  2 set aside: {late} (r1@8, r1@9)",
    ]
    assert Ledger.from_dict(json.loads(json.dumps(ledger.to_dict()))) == ledger


def test_a_ledger_of_an_older_manifest_counts_rows():
    stored = Ledger((FileCount.of("r.csv", Role.FIT, 1, {}),)).to_dict()
    del stored["files"][0]["unit"]
    assert Ledger.from_dict(stored).files[0].unit == "rows"
