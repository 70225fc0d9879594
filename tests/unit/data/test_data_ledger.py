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
