"""Python objects as plain ones, with arrays as the extension module has them."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
import math
import pathlib
import sys
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from . import _datasets, _dtypes
from ._array import Array
from ._external import External
from ._native import RawArray


@dataclasses.dataclass(frozen=True)
class Single:
    """A number that is saved as an ``f32``: what ``np.float32`` becomes."""

    value: float


class _TooDeepError(RecursionError):
    """Has the path."""


class _PlacedError(TypeError):
    """Has the path."""


def _short(path: str) -> str:
    return path if len(path) <= 200 else f"{path[:100]}...{path[-50:]}"


#: The kinds of dtypes of which elements can be missing.
_MISSING = "iufc"

#: How an array of dask becomes one of the library. The text is its path in the value.
DaskArray = Callable[[Any, str], RawArray]


class Plain:
    """Makes plain objects of values. An array that is in several places is one array in all of them."""

    def __init__(self, dask_array: DaskArray) -> None:
        self._dask_array = dask_array
        self._arrays: dict[int, tuple[Any, RawArray]] = {}
        self._above: set[int] = set()

    def of(self, value: Any, path: str = "") -> Any:
        """The plain object for a value at a path.

        Raises:
            TypeError: if the value, or something in it, cannot be saved.
            ValueError: if it contains itself, or if two keys are saved as the same.
        """
        if value is None or type(value) in (bool, int, float, str, bytes):
            return value
        if id(value) in self._above:
            raise ValueError(f"{path or 'the value'}: a value that contains itself cannot be saved")
        self._above.add(id(value))
        try:
            return self._of(value, path)
        except _TooDeepError:
            raise
        except RecursionError:
            # Perhaps without room for this either: then again one level above.
            raise _TooDeepError(f"{_short(path)}: the value is nested more deeply than Python can follow") from None
        finally:
            self._above.discard(id(value))

    def _of(self, value: Any, path: str) -> Any:
        if isinstance(value, np.generic):
            return self._scalar(value, path)
        if isinstance(value, enum.Enum):
            return self.of(value.value, path)
        if self._is_array(value):
            return self._array(value, path)
        if isinstance(value, (bytearray, memoryview)):
            return bytes(value)
        if isinstance(value, (bool, int, float, str, bytes)):
            # Of a class derived from these.
            bases: tuple[Any, ...] = (bool, int, float, str, bytes)
            base = next(base for base in bases if isinstance(value, base))
            return "".join(value) if isinstance(value, str) else base(value)
        if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
            return value.isoformat()
        if isinstance(value, pathlib.PurePath):
            return value.as_posix()
        if isinstance(value, uuid.UUID):
            return str(value)
        if isinstance(value, Mapping):
            keys = [_key(self.of(key, path)) for key in value]
            _datasets.refuse_equal("keys", list(value), keys, path)
            return {key: self.of(item, _below(path, key)) for key, item in zip(keys, value.values())}
        if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
            return [self.of(item, f"{path}[{at}]") for at, item in enumerate(value)]
        if isinstance(value, (set, frozenset)):
            return [self.of(item, path) for item in value]
        if getattr(type(value), "__pydantic_root_model__", False):
            return self.of(getattr(value, "root"), path)
        fields = _fields(value)
        if fields is None:
            text = f"{path or 'the value'}: an object of the type {type(value).__qualname__} cannot be saved"
            raise TypeError(text + _advice(value))
        return {name: self.of(item, _below(path, name)) for name, item in fields.items()}

    def _scalar(self, value: np.generic, path: str) -> Any:
        if value.dtype == np.dtype("f4"):
            return Single(float(value))
        if value.dtype.kind in "biuf":
            return value.item()
        if value.dtype.kind in "SU":
            return value.item()
        return self._array(np.asarray(value), path)

    def _is_array(self, value: Any) -> bool:
        return isinstance(value, (np.ndarray, Array)) or _is_dask(value) or _is_xarray(value)

    def _array(self, value: Any, path: str) -> Any:
        known = self._arrays.get(id(value))
        if known is not None:
            return known[1]
        try:
            made = self._made(value, path)
        except _PlacedError:
            raise
        except TypeError as error:
            raise TypeError(f"{path or 'the value'}: {error}") from error
        except UnicodeEncodeError as error:
            raise ValueError(f"{path or 'the value'}: a text that is not Unicode cannot be saved: {error}") from error
        if isinstance(made, RawArray):
            # The value is kept, so that its id is not used again.
            self._arrays[id(value)] = (value, made)
        return made

    def _made(self, value: Any, path: str) -> Any:
        if isinstance(value, Array):
            return value._raw
        if _is_xarray(value):
            return self._xarray(value, path)
        if _is_dask(value):
            return self._dask_array(value, path)
        return in_memory(value)

    def _xarray(self, value: Any, path: str) -> Any:
        import xarray

        kinds = (xarray.Dataset, xarray.DataTree)
        if isinstance(value, kinds) or (isinstance(value, xarray.DataArray) and value.coords):
            variables, groups, attrs = _datasets.parts(value, path)
            plain = {name: self._labelled(item, _below(path, name)) for name, item in variables.items()}
            plain |= {name: self._xarray(group, _below(path, name)) for name, group in groups.items()}
            if attrs:
                plain["attrs"] = self.of(attrs, _below(path, "attrs"))
            return plain
        return self._labelled(value.variable if isinstance(value, xarray.DataArray) else value, path)

    def _labelled(self, variable: Any, path: str) -> RawArray:
        data = variable.data
        made = self._made(data if _is_dask(data) or isinstance(data, np.ndarray) else np.asarray(data), path)
        dims = [str(dim) for dim in variable.dims]
        is_number = variable.dtype.kind in _MISSING
        attrs = {name: attr for name, attr in variable.attrs.items() if name != "_FillValue" or not is_number}
        described: RawArray = made.described(dims if dims else None, plain_attrs(attrs, path), None)
        fill = _fill(variable, path) if is_number else None
        return described if fill is None else described.with_fill(fill)


def _advice(value: Any) -> str:
    """What to save instead of an object."""
    if hasattr(value, "to_xarray"):
        return ": save its to_xarray()"
    if isinstance(value, External):
        return ": only the Rust program that wrote it has its type; copy() and rename() keep it"
    if isinstance(value, datetime.timedelta):
        return ": save its total_seconds(), or np.timedelta64(value)"
    if isinstance(value, complex):
        return ": save np.complex128(value), which is an array without axes, or both parts"
    return ": save a dict of what it consists of, or make its class a dataclass"


def in_memory(values: np.ndarray[Any, Any], chunks: list[int] | None = None) -> RawArray:
    """An array of numpy.

    Raises:
        TypeError: if there is no data type for its dtype, or if elements are masked.
    """
    refuse_masked(values)
    if _dtypes.is_strings(values.dtype):
        return RawArray.from_bytes("string", list(values.shape), chunks, _dtypes.packed_strings(values))
    data_type = _dtypes.from_numpy(values.dtype)
    return RawArray.from_bytes(data_type, list(values.shape), chunks, as_bytes(values))


def as_bytes(values: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The bytes of elements as the library has them: the memory of the array itself, if it is laid out so."""
    return np.ascontiguousarray(values, _dtypes.packed(values.dtype)).reshape(-1).view(np.uint8)


def in_numpy(values: Any) -> np.ndarray[Any, Any]:
    """Anything like an array, computed.

    Raises:
        TypeError: if elements are masked.
    """
    return np.asarray(_unmasked(values))


def _unmasked(values: Any) -> Any:
    if _is_xarray(values):
        values = values.data
    if _is_dask(values):
        values = values.compute()
    if isinstance(values, (list, tuple)):
        arrays = (list, tuple, np.ndarray)
        return [_unmasked(one) if isinstance(one, arrays) or _is_dask(one) or _is_xarray(one) else one for one in values]
    refuse_masked(values)
    return values


def refuse_masked(values: Any) -> None:
    """Refuses a masked array, unless nothing is masked: the mask would be lost."""
    if isinstance(values, np.ma.MaskedArray) and np.ascontiguousarray(values.mask).view(bool).any():
        raise TypeError("an array with masked elements cannot be saved: fill them, as array.filled(np.nan)")


def plain_attrs(attrs: Mapping[Any, Any], path: str = "") -> dict[str, Any]:
    """Attributes of the array at a path as the library has them. ``None``, NaN and NaT are left out.

    Raises:
        TypeError: if an attribute is neither a number, a text nor a list of either; the text has the path.
        ValueError: if a number is infinite, a list has NaN, or two names are the same text.
        OverflowError: if an integer has more than 64 bits.
    """
    _datasets.refuse_equal("attributes", list(attrs), list(map(str, attrs)), path)
    plain = {}
    for name, value in attrs.items():
        attr = _attr(value, f"{path}: the attribute {name!r}" if path else f"the attribute {name!r}")
        if attr is not None:
            plain[str(name)] = attr
    return plain


def _attr(value: Any, what: str) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        value = _dtypes.iso(value) if value.dtype.kind == "M" else value if value.dtype.kind == "m" else value.tolist()
    if isinstance(value, bool):
        value = int(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, (list, tuple)):
        value = [_attr_item(one) for one in value]
    else:
        value = _attr_item(value)
    items = value if isinstance(value, list) else [value]
    kinds = {str if isinstance(one, str) else float if isinstance(one, (int, float)) else type(one) for one in items}
    if len(kinds) > 1 or not kinds <= {str, float}:
        found = " and ".join(sorted(kind.__name__ for kind in kinds))
        raise _PlacedError(f"{what} is of {found}: attributes are numbers, texts, or lists of either")
    if any(isinstance(one, float) and not math.isfinite(one) for one in items):
        raise ValueError(f"{what} is infinite, or has NaN in a list, which cannot be stored: leave it out, or make it a text")
    if any(isinstance(one, int) and not -(1 << 63) <= one < 1 << 63 for one in items):
        raise OverflowError(f"{what} has an integer of more than 64 bits with its sign: make it a float or a text")
    return value


def _attr_item(value: Any) -> Any:
    """An attribute, or an item of a list of one."""
    if isinstance(value, np.generic):
        value = _dtypes.iso(value) if value.dtype.kind == "M" else value if value.dtype.kind == "m" else value.item()
    return value.isoformat() if isinstance(value, (datetime.datetime, datetime.date, datetime.time)) else value


def _fill(variable: Any, path: str) -> np.ndarray[Any, np.dtype[np.uint8]] | None:
    """The bytes of the element that marks missing ones in a variable of xarray.

    An attribute is that of the elements as they are. An encoding is that of a file: what xarray has decoded has NaN
    where elements are missing.
    """
    dtype = variable.dtype
    value = variable.attrs.get("_FillValue")
    if value is None:
        value = variable.encoding.get("_FillValue")
        if value is not None and dtype.kind in "fc":
            value = np.nan
    if value is None:
        return None
    try:
        with np.errstate(invalid="ignore"):
            fill = np.asarray(value).reshape(()).astype(dtype)
        if dtype.kind in "iu" and fill != value:
            raise ValueError("it has other elements")
    except (TypeError, ValueError, OverflowError) as error:
        raise _PlacedError(f"{path or 'the value'}: {value!r} is no fill value of an array of {dtype}: {error}") from error
    return as_bytes(fill)


def _fields(value: Any) -> dict[str, Any] | None:
    kind: Any = type(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return dict(zip(value._fields, value))  # type: ignore[attr-defined]
    if hasattr(kind, "model_fields"):
        return {name: getattr(value, name) for name in kind.model_fields} | (getattr(value, "model_extra", None) or {})
    if hasattr(kind, "__attrs_attrs__"):
        return {field.name: getattr(value, field.name) for field in kind.__attrs_attrs__}
    return None


def _key(plain: Any) -> Any:
    """A plain object as a key: lists are tuples."""
    return tuple(map(_key, plain)) if isinstance(plain, list) else plain


def _below(path: str, key: Any) -> str:
    """A path as the library has it: keys that are no texts are there as in JSON."""
    shown = key if isinstance(key, str) else json.dumps(key, separators=(",", ":"), default=_in_json)
    return f"{path}.{shown}" if path else shown


def _in_json(key: Any) -> Any:
    return key.value if isinstance(key, Single) else list(key)


def _is_dask(value: Any) -> bool:
    dask = sys.modules.get("dask.array")
    return dask is not None and isinstance(value, dask.Array)


def _is_xarray(value: Any) -> bool:
    xarray = sys.modules.get("xarray")
    kinds = ("Variable", "DataArray", "Dataset", "DataTree")
    return xarray is not None and isinstance(value, tuple(getattr(xarray, kind) for kind in kinds if hasattr(xarray, kind)))
