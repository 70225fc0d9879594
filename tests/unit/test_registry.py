"""A part's signature is its schema."""

from typing import Annotated

import pytest
from pydantic import Field

from evenhand.errors import ConfigError
from evenhand.registry import Registry


@pytest.fixture
def losses() -> Registry[tuple]:
    registry: Registry[tuple] = Registry("loss", {"late": "no.such.module"})

    @registry.register("focal")
    def focal(
        supplied: int, /, *, gamma: Annotated[float, Field(ge=0, le=5)] = 2.0, on: bool = True
    ) -> tuple:
        """Spend gradient where it counts.

        More words.
        """
        return supplied, gamma, on

    return registry


def test_names_come_in_the_order_of_the_roll_call_then_of_registration(losses):
    assert losses.names() == ("late", "focal")


def test_listing_imports_nothing(losses):
    losses.names()
    with pytest.raises(ModuleNotFoundError, match="No module named 'no'"):
        losses.factory("late")


def test_build_fills_in_the_defaults(losses):
    assert losses.build("focal", 7, settings={"gamma": 1}) == (7, 1.0, True)


def test_what_evenhand_supplies_is_no_setting(losses):
    assert list(losses.schema("focal").model_fields) == ["gamma", "on"]


def test_the_first_line_of_the_docstring_describes(losses):
    assert losses.describe("focal") == "Spend gradient where it counts."


def test_an_unknown_name_has_a_hint(losses):
    with pytest.raises(ConfigError, match=r"\[E101\] there is no loss(.|\n)*did you mean 'focal'"):
        losses.factory("focl")


def test_an_unknown_setting_has_a_hint(losses):
    with pytest.raises(ConfigError, match=r"\[E102\](.|\n)*loss\.gama = 1(.|\n)*mean 'gamma'"):
        losses.validate("focal", {"gama": 1})


@pytest.mark.parametrize("gamma", [-0.1, 5.1, float("nan"), float("inf"), "much"])
def test_a_value_out_of_range_is_refused(losses, gamma):
    with pytest.raises(ConfigError, match=r"\[E102\] a setting of loss 'focal' is out of range"):
        losses.validate("focal", {"gamma": gamma})
