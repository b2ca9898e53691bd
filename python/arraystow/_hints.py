"""The fields of classes, and their annotations."""

from __future__ import annotations

import dataclasses
import inspect
import sys
import typing
from dataclasses import dataclass
from typing import Any, TypeVar


@dataclass(frozen=True)
class Field:
    """A field of a class."""

    #: The name of its argument.
    argument: str
    #: Whether it must be there.
    is_needed: bool
    #: Whether it is an argument.
    is_argument: bool = True


def fields_of(wanted: Any) -> dict[str, Field] | None:
    """The fields of a dataclass, a named tuple, or a model of attrs, also with types for its variables."""
    kind = typing.get_origin(wanted) or wanted
    if not isinstance(kind, type):
        return None
    if dataclasses.is_dataclass(kind):
        none = dataclasses.MISSING
        return {
            field.name: Field(field.name, field.default is none and field.default_factory is none, field.init)
            for field in dataclasses.fields(kind)
        }
    if hasattr(kind, "__attrs_attrs__"):
        import attr

        return {
            field.name: Field(field.alias or field.name, field.default is attr.NOTHING, field.init)
            for field in getattr(kind, "__attrs_attrs__")
        }
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        defaults: dict[str, Any] = getattr(kind, "_field_defaults", {})
        return {name: Field(name, name not in defaults) for name in getattr(kind, "_fields")}
    return None


def is_model(wanted: Any) -> bool:
    """Whether a class is a model of pydantic."""
    return isinstance(wanted, type) and hasattr(wanted, "model_validate") and hasattr(wanted, "model_fields")


def plain_hint(hint: Any) -> Any:
    """An annotation without what says nothing about the shape: notes, and names of types."""
    while True:
        if typing.get_origin(hint) is typing.Annotated:
            hint = typing.get_args(hint)[0]
        elif hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        elif type(hint).__name__ == "TypeAliasType":
            hint = hint.__value__
        elif typing.get_origin(hint) in (typing.Final, typing.ClassVar):
            hint = typing.get_args(hint)[0]
        else:
            return hint


def hints_of(wanted: Any) -> dict[str, Any]:
    """The annotations of the fields of a class. Those that cannot be known are left out.

    A name of an annotation may be missing: it is imported for type checkers only, or belongs to a function.
    """
    kind: Any = typing.get_origin(wanted) or wanted
    try:
        hints = typing.get_type_hints(kind)
    except Exception:
        hints = {}
        for base in reversed(kind.__mro__):
            for name, hint in _annotations(base).items():
                one = type(base.__name__, (), {"__annotations__": {name: hint}, "__module__": base.__module__})
                try:
                    hints |= typing.get_type_hints(one, localns={**vars(base), base.__name__: base})
                except Exception:
                    hints.pop(name, None)
    variables = dict(zip(getattr(kind, "__parameters__", ()), typing.get_args(wanted)))
    return {name: _bound(hint, variables) for name, hint in hints.items()} if variables else hints


def _annotations(kind: type) -> dict[str, Any]:
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(kind, format=annotationlib.Format.FORWARDREF)
    return inspect.get_annotations(kind)


def _bound(hint: Any, variables: dict[Any, Any]) -> Any:
    """An annotation with types for its variables."""
    if isinstance(hint, TypeVar):
        return variables.get(hint, Any)
    parameters = getattr(hint, "__parameters__", ())
    if not parameters or typing.get_origin(hint) is None:
        return hint
    return hint[tuple(variables.get(one, Any) for one in parameters)]
