"""The engine "arraystow" of xarray."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import xarray
from xarray.backends import BackendArray, BackendEntrypoint
from xarray.core import indexing

from ._array import Array
from ._storage import Storage


class ArraystowBackend(BackendEntrypoint):
    """Opens a value of a storage as a dataset: ``xr.open_dataset(place, engine="arraystow", name="survey")``.

    The arrays of the value are the variables, named by their paths. They are lazy; ``chunks={}`` makes arrays of dask
    of them, with the stored chunks. Arrays of one dimension that are named as their
    axis are coordinates.
    """

    description = "Open values of an arraystow storage"
    open_dataset_parameters = ("filename_or_obj", "drop_variables", "name", "storage_options")
    supports_groups = False

    def open_dataset(
        self,
        filename_or_obj: Any,
        *,
        drop_variables: str | Iterable[str] | None = None,
        name: str | None = None,
        storage_options: dict[str, Any] | None = None,
    ) -> xarray.Dataset:
        if isinstance(filename_or_obj, Storage):
            storage = filename_or_obj
        else:
            storage = Storage(filename_or_obj, **(storage_options or {}))
        if name is None:
            names = storage.list()
            if not names:
                raise FileNotFoundError(f"there are no values in {storage.place}")
            if len(names) != 1:
                raise ValueError(f"choose one of the storage's values with name=...: {', '.join(names[:20])}")
            name = names[0]
        dropped = {drop_variables} if isinstance(drop_variables, str) else set(drop_variables or ())
        value = storage.load(name)
        found = {path: array for path, array in _arrays(value, "") if path not in dropped}
        variables = {path: _variable(array, path) for path, array in found.items()}
        attrs = {key: item for key, item in value.items() if _is_attr(item)} if isinstance(value, dict) else {}
        if isinstance(value, dict) and isinstance(value.get("attrs"), dict):
            # Those of a dataset that was saved.
            attrs |= {key: item for key, item in value["attrs"].items() if not list(_arrays(item, ""))}
        coordinates = [path for path, variable in variables.items() if variable.dims == (path,)]
        return xarray.Dataset(variables, attrs=attrs).set_coords(coordinates)

    def guess_can_open(self, filename_or_obj: Any) -> bool:
        if isinstance(filename_or_obj, Storage):
            return True
        if not isinstance(filename_or_obj, (str, os.PathLike)) or "://" in os.fspath(filename_or_obj):
            return False
        try:
            return os.path.isdir(filename_or_obj) and bool(Storage(filename_or_obj).list())
        except Exception:
            return False


class _Elements(BackendArray):
    """The elements of an array, read when they are needed."""

    def __init__(self, array: Array) -> None:
        self._array = array
        self.shape, self.dtype = array.shape, array.dtype

    def __getitem__(self, key: Any) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.BASIC, self._array.__getitem__)


def _variable(array: Any, path: str) -> xarray.Variable:
    dims = array.dims if isinstance(array, Array) and array.dims else None
    dims = dims or tuple(f"{path}_{axis}" for axis in range(array.ndim))
    if not isinstance(array, Array):
        return xarray.Variable(dims, array)
    data = indexing.LazilyIndexedArray(_Elements(array))
    variable = xarray.Variable(dims, data, array.attrs)
    variable.encoding["preferred_chunks"] = dict(zip(dims, array.chunks))
    return variable


def _arrays(value: Any, path: str) -> Iterable[tuple[str, Any]]:
    import numpy as np

    if isinstance(value, (Array, np.ndarray)):
        yield path or "values", value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _arrays(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _arrays(item, f"{path}[{at}]")


def _is_attr(item: Any) -> bool:
    return isinstance(item, (str, int, float)) and not isinstance(item, bool)
