"""Values as dataclasses, named tuples, and models of pydantic and attrs."""

from __future__ import annotations

import collections.abc
import datetime
import enum
import inspect
import pathlib
import types
import typing
import uuid
from typing import Any, TypeVar

from . import _fits
from ._hints import fields_of, hints_of, is_model, plain_hint

T = TypeVar("T")

#: What lists become, by the class of the annotation.
_LISTS: dict[Any, type] = {list: list, set: set, frozenset: frozenset}
_LISTS |= dict.fromkeys(
    (collections.abc.Sequence, collections.abc.MutableSequence, collections.abc.Collection, collections.abc.Iterable), list
)
_LISTS |= {collections.abc.Set: frozenset, collections.abc.MutableSet: set}
_DICTS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
#: What is saved as a text.
_TEXTS = (datetime.date, datetime.time, pathlib.PurePath, uuid.UUID)


def shaped(value: Any, wanted: type[T], path: str = "") -> T:
    """The value as an object of the type.

    Raises:
        TypeError: if the value has another shape; the text has the path.
    """
    return _shaped(value, wanted, path)  # type: ignore[no-any-return]


def _shaped(value: Any, wanted: Any, path: str) -> Any:
    wanted = plain_hint(wanted)
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        return _of_union(value, arguments, path)
    if origin in _LISTS and isinstance(value, list) and arguments:
        return _LISTS[origin](_shaped(item, arguments[0], f"{path}[{at}]") for at, item in enumerate(value))
    if origin is tuple and isinstance(value, list) and arguments:
        kinds = arguments[:1] * len(value) if arguments[1:] == (...,) else arguments
        if len(kinds) != len(value):
            raise TypeError(f"{path or 'the value'}: {len(kinds)} elements were expected, and there are {len(value)}")
        return tuple(_shaped(item, kind, f"{path}[{at}]") for at, (item, kind) in enumerate(zip(value, kinds)))
    if origin in _DICTS and isinstance(value, dict) and len(arguments) == 2:
        of, inner = arguments
        return {_key(key, of, path): _shaped(item, inner, _below(path, key)) for key, item in value.items()}
    if typing.is_typeddict(origin or wanted) and isinstance(value, dict):
        hints = hints_of(wanted)
        return {key: _shaped(item, hints.get(key, Any), _below(path, key)) for key, item in value.items()}
    if is_model(wanted):
        return _validated(value, wanted, path)
    if origin is None and isinstance(wanted, type) and issubclass(wanted, enum.Enum):
        return _member(value, wanted, path)
    if isinstance(wanted, type) and issubclass(wanted, _TEXTS) and isinstance(value, str):
        return _of_text(value, wanted, path)
    fields = fields_of(wanted)
    if fields is None:
        return value
    if not isinstance(value, dict):
        name = getattr(wanted, "__name__", wanted)
        raise TypeError(f"{path or 'the value'}: a {name} was expected, and there is a {type(value).__name__}")
    hints = hints_of(wanted)
    given = {}
    for name, field in fields.items():
        if not field.is_argument:
            continue
        if name in value:
            given[field.argument] = _shaped(value[name], hints.get(name, Any), _below(path, name))
        elif field.is_needed:
            raise TypeError(f"{_below(path, name)}: the field is missing; there are {', '.join(map(repr, value))}")
    return wanted(**given)


def _below(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)


def _of_union(value: Any, kinds: tuple[Any, ...], path: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    others = [kind for kind in kinds if kind is not type(None)]
    if len(others) == 1:
        return _shaped(value, others[0], path)
    # Those that differ least come first. The others stay in their order.
    differences = [(difference, kind) for kind in others if (difference := _fits.difference(value, kind)) is not None]
    failed: Exception | None = None
    for _, kind in sorted(differences, key=lambda one: one[0]):
        try:
            return _shaped(value, kind, path)
        except (TypeError, ValueError) as error:
            failed = failed or error
    if failed is not None:
        raise failed
    names = " or ".join(getattr(kind, "__name__", str(kind)) for kind in others)
    found = f"a dict of {', '.join(map(repr, value))}" if isinstance(value, dict) else f"a {type(value).__name__}"
    raise TypeError(f"{path or 'the value'}: {names} was expected, and there is {found}")


def _member(value: Any, wanted: type[enum.Enum], path: str) -> enum.Enum:
    found = _fits.member(value, wanted)
    if found is None:
        raise TypeError(f"{path or 'the value'}: {value!r} is not a valid {wanted.__qualname__}")
    return found


def _of_text(text: str, wanted: Any, path: str) -> Any:
    try:
        if issubclass(wanted, (datetime.date, datetime.time)):
            # Python 3.10 does not know the Z, with which Rust ends an instant.
            return wanted.fromisoformat(f"{text[:-1]}+00:00" if text.endswith("Z") else text)
        return wanted(text)
    except ValueError as error:
        raise TypeError(f"{path or 'the value'}: {text!r} is no {wanted.__name__}: {error}") from None


def _key(key: Any, wanted: Any, path: str) -> Any:
    """A key as an object, if it is of a class that is saved as its value or text. Others are as they were loaded."""
    is_simple = isinstance(wanted, type) and issubclass(wanted, (enum.Enum, *_TEXTS))
    return _shaped(key, wanted, _below(path, key)) if is_simple else key


def _validated(value: Any, wanted: Any, path: str) -> Any:
    """The value as a model of pydantic. It is saved by the names of its fields, whatever their aliases."""
    options = {}
    if "by_name" in inspect.signature(wanted.model_validate).parameters:
        options["by_name"] = True
    elif any(field.alias or field.validation_alias for field in wanted.model_fields.values()):
        if not wanted.model_config.get("populate_by_name"):
            text = f"{path or 'the value'}: a {wanted.__name__}, which has aliases, needs pydantic 2.11 or populate_by_name"
            raise TypeError(text)
    return wanted.model_validate(value, **options)
