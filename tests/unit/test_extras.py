"""The one message for a missing optional dependency."""

import json
import sys

import pytest

from evenhand.errors import MissingExtraError
from evenhand.extras import need


def test_what_is_installed_is_imported():
    assert need("train", "json") is json


def test_what_is_missing_names_its_extra():
    with pytest.raises(MissingExtraError, match=r"\[E104\].*'no_such_package'") as caught:
        need("hub", "no_such_package.inner")
    assert caught.value.fix == "pip install 'evenhand[hub]'"


def test_a_package_that_lacks_one_of_its_own_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "half_installed.py").write_text("import no_such_inner_package\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="no_such_inner_package") as caught:
        need("hub", "half_installed")
    assert not isinstance(caught.value, MissingExtraError)
    sys.modules.pop("half_installed", None)
