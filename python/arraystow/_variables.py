"""Stored arrays as variables of xarray."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import xarray
from xarray import conventions
from xarray.backends import BackendArray
from xarray.core import indexing

from ._array import Array, Flat

#: The attributes by which the CF conventions change elements.
_MASK_AND_SCALE = ("_FillValue", "missing_value", "scale_factor", "add_offset", "_Unsigned")


@dataclass(frozen=True)
class Decoding:
    """What xarray is asked to decode: for all variables, or for each by its name."""

    mask_and_scale: Any
    decode_times: Any


class _Elements(BackendArray):
    """The elements of an array, read when they are needed."""

    def __init__(self, array: Array) -> None:
        self.array = array
        self._flat: Any = array if array.dtype.subdtype is None else Flat(array)
        self.shape, self.dtype = self._flat.shape, self._flat.dtype

    def __getitem__(self, key: Any) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.BASIC, self._flat.__getitem__)


class Variable(xarray.Variable):
    """A variable of a stored array.

    xarray names an array of dask by the path of what is opened, and by the name of the variable. After another save,
    and in another group, this would be the name of other elements. So the id of the stored array is added.
    """

    __slots__ = ()

    def chunk(self, *arguments: Any, **options: Any) -> Any:
        token = _token(self._data)
        inner = options.get("from_array_kwargs") or {}
        if token and isinstance(inner.get("name"), str):
            options["from_array_kwargs"] = {**inner, "name": f"{inner['name']}-{token}"}
        elif token and isinstance(options.get("name"), str):
            options["name"] = f"{options['name']}-{token}"
        made = super().chunk(*arguments, **options)
        return xarray.Variable(made.dims, made._data, made._attrs, made._encoding, fastpath=True)


def stored(array: Array, name: str, dims: tuple[str, ...], how: Decoding) -> xarray.Variable:
    """The array as a lazy variable, with NaN where elements are missing."""
    elements = _Elements(array)
    dims += tuple(f"{name}_{axis}" for axis in range(len(dims), len(elements.shape)))
    variable = xarray.Variable(dims, indexing.LazilyIndexedArray(elements), array._cf_attrs())
    variable.encoding["preferred_chunks"] = dict(zip(dims, elements._flat.chunks))
    variable = _decoded(variable, name, how)
    return Variable(variable.dims, variable._data, variable._attrs, variable._encoding, fastpath=True)


def _decoded(variable: xarray.Variable, name: str, how: Decoding) -> xarray.Variable:
    """As the CF conventions say. A variable that says nothing of this kind stays as it is."""
    mask = _of(how.mask_and_scale, name) and variable.dtype.kind in "iufc"
    mask = mask and any(key in variable.attrs for key in _MASK_AND_SCALE)
    times = _of(how.decode_times, name)
    if " since " not in str(variable.attrs.get("units", "")) or variable.dtype.kind not in "iuf":
        times = False
    if not mask and not times:
        return variable
    return conventions.decode_cf_variable(
        name, variable, concat_characters=False, mask_and_scale=mask, decode_times=times, decode_timedelta=False
    )


def _of(choice: Any, name: str) -> Any:
    choice = choice.get(name, True) if isinstance(choice, Mapping) else choice
    return True if choice is None else choice


def _token(data: Any) -> str | None:
    """What is the same for the same stored array only. The data is wrapped several times."""
    while data is not None and not isinstance(data, _Elements):
        data = getattr(data, "array", None)
    if data is None:
        return None
    from dask.base import tokenize

    token: str = tokenize(data.array)
    return token
