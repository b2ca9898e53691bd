"""The engine "arraystow" of xarray."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import xarray
from xarray.backends import BackendEntrypoint

from ._array import Array
from ._guess import looks_like_storage
from ._storage import Storage
from ._variables import Decoding, stored


class ArraystowBackend(BackendEntrypoint):
    """Opens a value of a storage as a dataset: ``xr.open_dataset(place, engine="arraystow", name="survey")``.

    The arrays of the value are the variables, named by their paths. They are lazy; ``chunks={}`` makes arrays of dask
    of them, with the stored chunks. ``xr.open_datatree`` has a group for each dict with arrays.

    Coordinates are the arrays of one dimension that are named as their axis, those that the attribute ``coordinates``
    of another array names, as in the CF conventions, and those that were coordinates when xarray's object was saved.
    """

    description = "Open values of an arraystow storage"
    open_dataset_parameters = (
        "filename_or_obj",
        "drop_variables",
        "mask_and_scale",
        "decode_times",
        "name",
        "storage_options",
    )
    supports_groups = True

    def open_dataset(
        self,
        filename_or_obj: Any,
        *,
        drop_variables: str | Iterable[str] | None = None,
        mask_and_scale: Any = True,
        decode_times: Any = True,
        name: str | None = None,
        storage_options: dict[str, Any] | None = None,
    ) -> xarray.Dataset:
        value = _value(filename_or_obj, name, storage_options)
        return _dataset(list(_arrays(value, "")), _attrs(value), drop_variables, Decoding(mask_and_scale, decode_times))

    def open_groups_as_dict(
        self,
        filename_or_obj: Any,
        *,
        drop_variables: str | Iterable[str] | None = None,
        mask_and_scale: Any = True,
        decode_times: Any = True,
        name: str | None = None,
        storage_options: dict[str, Any] | None = None,
    ) -> dict[str, xarray.Dataset]:
        """For each group its dataset, by paths such as ``"/deep/inner"``. A group of a list is named as ``"runs[3]"``."""
        value = _value(filename_or_obj, name, storage_options)
        how = Decoding(mask_and_scale, decode_times)
        return {path: _dataset(arrays, attrs, drop_variables, how) for path, arrays, attrs in _groups(value, "/")}

    def open_datatree(self, filename_or_obj: Any, **options: Any) -> xarray.DataTree:
        tree: xarray.DataTree = xarray.DataTree.from_dict(self.open_groups_as_dict(filename_or_obj, **options))
        return tree

    def guess_can_open(self, filename_or_obj: Any) -> bool:
        if isinstance(filename_or_obj, Storage):
            return True
        if not isinstance(filename_or_obj, (str, os.PathLike)) or "://" in os.fspath(filename_or_obj):
            return False
        return looks_like_storage(os.fspath(filename_or_obj))


def _value(place: Any, name: str | None, storage_options: dict[str, Any] | None) -> Any:
    storage = place if isinstance(place, Storage) else Storage(place, **(storage_options or {}))
    if name is None:
        names = storage.list()
        if not names:
            raise FileNotFoundError(f"there are no values in {storage.place}")
        if len(names) != 1:
            raise ValueError(f"choose one of the storage's values with name=...: {', '.join(names[:20])}")
        name = names[0]
    return storage.load(name)


def _arrays(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """All arrays of a value, with their paths."""
    if isinstance(value, (Array, np.ndarray)):
        yield path or "values", value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _arrays(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _arrays(item, f"{path}[{at}]")


Named = list[tuple[str, Any]]


def _groups(value: Any, path: str) -> Iterator[tuple[str, Named, dict[str, Any]]]:
    """For each group its path, its own arrays by name, and its attributes."""
    arrays: Named = []
    inner: Named = []

    def place(name: str, item: Any) -> None:
        if isinstance(item, (Array, np.ndarray)):
            arrays.append((name or "values", item))
        elif isinstance(item, dict) and _is_group(item):
            inner.append((name, item))
        elif isinstance(item, list):
            for at, one in enumerate(item):
                place(f"{name}[{at}]", one)

    if isinstance(value, dict):
        for key, item in value.items():
            if key != "attrs" or _has_arrays(item):
                place(str(key), item)
    else:
        place("", value)
    for name, _ in arrays + inner:
        if "/" in name:
            raise ValueError(f"{path}: a name in a tree of xarray has no '/', and there is {name!r}: use xr.open_dataset")
    yield path, arrays, _attrs(value)
    for name, item in inner:
        yield from _groups(item, f"{path.rstrip('/')}/{name}")


def _is_group(value: dict[Any, Any]) -> bool:
    """Whether there are arrays, or nothing else: a group of a tree can be empty."""
    return _has_arrays(value) or not value or (set(value) == {"attrs"} and isinstance(value["attrs"], dict))


def _has_arrays(value: Any) -> bool:
    return next(_arrays(value, ""), None) is not None


def _attrs(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    attrs = {key: item for key, item in value.items() if _is_attr(item)}
    if isinstance(value.get("attrs"), dict):
        # Those of a dataset that was saved.
        attrs |= {key: item for key, item in value["attrs"].items() if not _has_arrays(item)}
    return attrs


def _is_attr(item: Any) -> bool:
    return isinstance(item, (str, int, float)) and not isinstance(item, bool)


def _dataset(arrays: Named, attrs: dict[str, Any], drop: str | Iterable[str] | None, how: Decoding) -> xarray.Dataset:
    dropped = {drop} if isinstance(drop, str) else set(drop or ())
    found = {name: array for name, array in arrays if name not in dropped}
    if len(found) != sum(name not in dropped for name, _ in arrays):
        raise ValueError("two arrays have the same name as variables: load the value, or leave one out by drop_variables")
    sizes = {dim: length for array in found.values() for dim, length in zip(_dims(array) or (), array.shape)}
    variables = {name: _variable(array, name, sizes, how) for name, array in found.items()}
    coordinates = {name for name, variable in variables.items() if variable.dims == (name,)}
    for described, moved in [(attrs, {}), *((variable.attrs, variable.encoding) for variable in variables.values())]:
        # As the CF conventions name coordinates.
        named = described.get("coordinates")
        names = named.split() if isinstance(named, str) else named
        if isinstance(names, list) and all(name in variables for name in names):
            coordinates.update(names)
            moved["coordinates"] = described.pop("coordinates")
    dataset: xarray.Dataset = xarray.Dataset(variables, attrs=attrs).set_coords(coordinates)
    return dataset


def _dims(array: Any) -> tuple[str, ...] | None:
    return array.dims if isinstance(array, Array) else None


def _variable(array: Any, name: str, sizes: dict[str, int], how: Decoding) -> xarray.Variable:
    dims = _dims(array) or tuple(f"{name}_{axis}" for axis in range(array.ndim))
    if not _dims(array) and array.shape == (sizes.get(name),):
        # The places along an axis of other arrays.
        dims = (name,)
    return stored(array, name, dims, how) if isinstance(array, Array) else xarray.Variable(dims, array)
