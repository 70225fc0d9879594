"""Name -> factory. A part's signature is its schema.

A part (loss, pooling, schedule, ...) is a factory function whose keyword-only arguments carry
their constraints in ``Annotated``. From that one signature come validation, ``evenhand list``
and the error messages. Positional arguments are what evenhand itself supplies (for example
statistics of the fit rows) and are no setting.

Parts are imported when they are first asked for, so that listing them costs nothing.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from evenhand.errors import ConfigError, did_you_mean

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


class Registry(Generic[T]):
    """The parts of one kind, by name.

    Args:
        kind: what the parts are, singular: ``"loss"``.
        roll_call: name -> module that registers it; one line a part.
        section: where its settings stand in a run file; ``kind`` if None.
    """

    def __init__(
        self, kind: str, roll_call: Mapping[str, str], *, section: str | None = None
    ) -> None:
        self.kind = kind
        self.section = section or kind
        self._modules = dict(roll_call)
        self._factories: dict[str, Callable[..., T]] = {}

    def names(self) -> tuple[str, ...]:
        """Return every name, built-in ones in the order of the roll call."""
        return (*self._modules, *(n for n in self._factories if n not in self._modules))

    def register(self, name: str) -> Callable[[F], F]:
        """Return a decorator that enters a factory under ``name``."""

        def enter(factory: F) -> F:
            self._factories[name] = factory
            return factory

        return enter

    def factory(self, name: str) -> Callable[..., T]:
        """Return the factory called ``name``.

        Raises:
            ConfigError: E101 for a name that nobody registered, with a spelling hint.
        """
        if name not in self._factories and name in self._modules:
            importlib.import_module(self._modules[name])
        if name not in self._factories:
            raise ConfigError(
                "E101",
                f"there is no {self.kind} of that name",
                got=repr(name),
                fix=did_you_mean(name, self.names()),
            )
        return self._factories[name]

    def schema(self, name: str) -> type[BaseModel]:
        """Return the pydantic model of the part's settings."""
        return _schema(self.factory(name), f"{self.kind}.{name}")

    def validate(self, name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``settings`` checked against the part's signature, defaults filled in.

        Raises:
            ConfigError: E102 for an unknown setting or a value out of its range.
        """
        try:
            return self.schema(name)(**settings).model_dump()
        except ValidationError as error:
            raise _invalid(self, name, error) from error

    def build(self, name: str, *supplied: Any, settings: Mapping[str, Any]) -> T:
        """Call the factory: ``supplied`` by position, validated ``settings`` by keyword."""
        return self.factory(name)(*supplied, **self.validate(name, settings))

    def describe(self, name: str) -> str:
        """Return the first line of the part's docstring."""
        return (inspect.getdoc(self.factory(name)) or "").partition("\n")[0]


@cache
def _schema(factory: Callable[..., Any], title: str) -> type[BaseModel]:
    hints = get_type_hints(factory, include_extras=True)
    fields: dict[str, Any] = {
        p.name: (hints[p.name], ... if p.default is p.empty else p.default)
        for p in inspect.signature(factory).parameters.values()
        if p.kind is p.KEYWORD_ONLY
    }
    return create_model(title, __config__=_STRICT, **fields)


def _invalid(registry: Registry[Any], name: str, error: ValidationError) -> ConfigError:
    kind, first = registry.kind, error.errors()[0]
    setting = str(first["loc"][0])
    key = f"{registry.section}.{setting}"
    if first["type"] == "missing":
        return ConfigError(
            "E102", f"{kind} {name!r} needs a setting", got=f"no {key}", fix=f"--set {key}=..."
        )
    if first["type"] == "extra_forbidden":
        known = registry.schema(name).model_fields
        what = f"{kind} {name!r} has no such setting"
        fix = did_you_mean(setting, known) if known else f"{name!r} takes no settings"
    else:
        what = f"a setting of {kind} {name!r} is out of range"
        fix = f"{key} {first['msg'].removeprefix('Input ')}"
    return ConfigError("E102", what, got=f"{key} = {first['input']!r}", fix=fix)
