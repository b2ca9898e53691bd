"""Values as dataclasses, and as models of pydantic and attrs."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any, TypeVar

T = TypeVar("T")


def shaped(value: Any, wanted: type[T], path: str = "") -> T:
    """The value as an object of the type.

    Raises:
        TypeError: if the value has another shape; the text has the path.
    """
    validate = getattr(wanted, "model_validate", None)
    if validate is not None:
        return validate(value)  # type: ignore[no-any-return]
    return _shaped(value, wanted, path)  # type: ignore[no-any-return]


def _shaped(value: Any, wanted: Any, path: str) -> Any:
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        return _of_union(value, arguments, path)
    if origin in (list, set, frozenset) and isinstance(value, list) and arguments:
        return origin(_shaped(item, arguments[0], f"{path}[{at}]") for at, item in enumerate(value))
    if origin is tuple and isinstance(value, list) and arguments:
        kinds = arguments[:1] * len(value) if arguments[1:] == (...,) else arguments
        if len(kinds) != len(value):
            raise TypeError(f"{path or 'the value'}: {len(kinds)} elements were expected, and there are {len(value)}")
        return tuple(_shaped(item, kind, f"{path}[{at}]") for at, (item, kind) in enumerate(zip(value, kinds)))
    if origin is dict and isinstance(value, dict) and arguments:
        return {key: _shaped(item, arguments[1], f"{path}.{key}" if path else str(key)) for key, item in value.items()}
    fields = _fields(wanted)
    if fields is None:
        return value
    if not isinstance(value, dict):
        raise TypeError(f"{path or 'the value'}: a {wanted.__name__} was expected, and there is a {type(value).__name__}")
    hints = typing.get_type_hints(wanted)
    given = {}
    for name, (argument, is_needed) in fields.items():
        inner = f"{path}.{name}" if path else name
        if name in value:
            given[argument] = _shaped(value[name], hints.get(name, Any), inner)
        elif is_needed:
            raise TypeError(f"{inner}: the field is missing; there are {', '.join(map(repr, value))}")
    return wanted(**given)


def _of_union(value: Any, kinds: tuple[Any, ...], path: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    others = [kind for kind in kinds if kind is not type(None)]
    if len(others) == 1:
        return _shaped(value, others[0], path)
    for kind in others:
        try:
            return _shaped(value, kind, path)
        except TypeError:
            continue
    return value


def _fields(wanted: Any) -> dict[str, tuple[str, bool]] | None:
    """The fields of a class, with the names of their arguments, and whether they must be there."""
    if dataclasses.is_dataclass(wanted):
        none = dataclasses.MISSING
        return {
            field.name: (field.name, field.default is none and field.default_factory is none)
            for field in dataclasses.fields(wanted)
            if field.init
        }
    if hasattr(wanted, "__attrs_attrs__"):
        nothing = _nothing()
        return {field.name: (field.alias or field.name, field.default is nothing) for field in wanted.__attrs_attrs__}
    return None


def _nothing() -> Any:
    import attr

    return attr.NOTHING
