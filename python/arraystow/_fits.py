"""Which member of a union a value is."""

from __future__ import annotations

import collections.abc
import datetime
import enum
import pathlib
import types
import typing
import uuid
from typing import Any, TypeVar

import numpy as np

from ._array import Array
from ._hints import fields_of, is_model, plain_hint
from ._plain import Plain

#: The difference of a kind of value that has other classes than the wanted one, but stands for it.
_OTHER = 1
#: The difference of a kind that says little about the value.
_VAGUE = 1000
_LISTS: tuple[type, ...] = (
    list,
    set,
    frozenset,
    collections.abc.Sequence,
    collections.abc.MutableSequence,
    collections.abc.Collection,
    collections.abc.Iterable,
    collections.abc.Set,
    collections.abc.MutableSet,
)
_DICTS: tuple[type, ...] = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
#: What is saved as something else: the class, and what it is when it is loaded.
_SAVED_AS: tuple[tuple[type, tuple[type, ...]], ...] = (
    (float, (int,)),
    (np.floating, (float, int)),
    (np.integer, (int,)),
    (np.bool_, (bool,)),
    (datetime.date, (str,)),
    (datetime.time, (str,)),
    (uuid.UUID, (str,)),
    (bytearray, (bytes,)),
    (tuple, (list,)),
    (set, (list,)),
    (frozenset, (list,)),
)


def difference(value: Any, kind: Any) -> int | None:
    """How much a loaded value differs from what a kind describes: ``None`` if it is no such value."""
    kind = plain_hint(kind)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is None or kind is type(None):
        return 0 if value is None else None
    if kind in (Any, object) or isinstance(kind, (TypeVar, str)):
        return _VAGUE
    if origin in (typing.Union, types.UnionType):
        return min((one for one in (difference(value, member) for member in arguments) if one is not None), default=None)
    if origin is typing.Literal:
        return 0 if any(type(value) is type(one) and value == one for one in arguments) else None
    if origin is tuple and arguments:
        kinds = arguments[:1] * len(value) if arguments[1:] == (...,) and isinstance(value, list) else arguments
        return _all(value, kinds) if isinstance(value, list) and len(kinds) == len(value) else None
    if origin in _LISTS:
        return _all(value, arguments[:1] * len(value)) if isinstance(value, list) else None
    if origin in _DICTS or typing.is_typeddict(origin or kind):
        inner = arguments[1:] * len(value) if isinstance(value, dict) else ()
        return _with(_all(list(value.values()), inner), _VAGUE) if isinstance(value, dict) else None
    names = _names(kind)
    if names is not None:
        return _of_fields(value, *names)
    return _of_class(value, origin or kind)


def member(value: Any, kind: type[enum.Enum]) -> enum.Enum | None:
    """The member of an enumeration that is saved as this value."""
    try:
        return kind(value)
    except (TypeError, ValueError):
        return next((one for one in kind if _is_saved_as(one.value, value)), None)


def _is_saved_as(value: Any, saved: Any) -> bool:
    try:
        return bool(Plain(lambda array, path: array).of(value) == saved)
    except (TypeError, ValueError):
        # It cannot be saved.
        return False


def _all(values: list[Any], kinds: tuple[Any, ...]) -> int | None:
    found = [difference(value, kind) for value, kind in zip(values, kinds)]
    return None if None in found else max((one for one in found if one is not None), default=0)


def _with(one: int | None, more: int) -> int | None:
    return None if one is None else one + more


def _names(kind: Any) -> tuple[set[str], set[str], bool] | None:
    """The names of the fields of a class, those that must be there, and whether there may be others."""
    if is_model(kind):
        if getattr(kind, "__pydantic_root_model__", False):
            return None
        needed = {name for name, field in kind.model_fields.items() if field.is_required()}
        return set(kind.model_fields), needed, kind.model_config.get("extra") == "allow"
    fields = fields_of(kind)
    if fields is None:
        return None
    return set(fields), {name for name, field in fields.items() if field.is_needed and field.is_argument}, False


def _of_fields(value: Any, names: set[str], needed: set[str], is_open: bool) -> int | None:
    if not isinstance(value, dict) or not needed <= set(value):
        return None
    more = set(value) - names
    return None if more and not is_open else len(names - set(value)) + len(more)


def _of_class(value: Any, kind: Any) -> int | None:
    if not isinstance(kind, type):
        return _VAGUE
    if type(value) is kind:
        return _VAGUE if kind is dict else 0
    if issubclass(kind, enum.Enum):
        return None if member(value, kind) is None else _OTHER
    if isinstance(value, str) and issubclass(kind, (datetime.datetime, pathlib.PurePath)):
        # The text of a date is one of a point in time too, and every text is a path.
        return _OTHER if issubclass(kind, datetime.datetime) and len(value) > len("2026-01-01") else _OTHER + 1
    if isinstance(value, (Array, np.ndarray)) and hasattr(kind, "__array__") and not issubclass(kind, np.generic):
        return _OTHER
    if getattr(kind, "__pydantic_root_model__", False):
        return _VAGUE
    if any(issubclass(kind, wanted) and type(value) in found for wanted, found in _SAVED_AS):
        return _OTHER
    try:
        return _OTHER if isinstance(value, kind) else None
    except TypeError:
        # A protocol, for example.
        return _VAGUE
