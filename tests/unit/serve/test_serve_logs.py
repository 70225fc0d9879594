"""Log lines are JSON, and of a fault they tell its kind and places, never its words."""

from __future__ import annotations

import json
import logging
import sys

from evenhand.serve.logs import Lines


def line(event, **extra):
    record = logging.LogRecord("evenhand.serve", logging.ERROR, "f.py", 1, event, (), None)
    vars(record).update(extra)
    return Lines().format(record)


def test_a_line_holds_an_event_and_its_fields():
    said = json.loads(line("request", fields={"route": "/livez", "status": 200}))
    assert said.pop("time").endswith("+00:00")
    assert said == {"level": "error", "event": "request", "route": "/livez", "status": 200}


def test_the_words_of_a_fault_stay_out():
    def fails():
        raise ValueError("about 'secret words'")

    try:
        fails()
    except ValueError:
        told = line("Exception in ASGI application\n", exc_info=sys.exc_info())
    said = json.loads(told)
    assert "secret" not in told.replace("raise", "")
    assert said["fault"] == "ValueError"
    assert said["places"][-1].endswith("fails")
    assert said["event"] == "Exception in ASGI application"


def test_a_traceback_within_a_message_stays_out():
    told = line("Traceback (most recent call last):\n  f.py\nValueError: secret words\n")
    assert json.loads(told)["event"] == "Traceback (most recent call last):"
