"""Lazy arrays."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from . import _dtypes
from ._async import async_form
from ._native import RawArray

if TYPE_CHECKING:
    import dask.array
    import xarray


class Source(Protocol):
    """Where an array lies: what is pickled of it."""

    @property
    def path(self) -> str | None:
        """The path in the value."""
        ...

    def open(self) -> Array:
        """The array again."""
        ...


@dataclass(frozen=True)
class Part:
    """A part of an array."""

    source: Source
    axes: list[tuple[int, int, int]]

    @property
    def path(self) -> str | None:
        return self.source.path

    def open(self) -> Array:
        return Array(self.source.open()._raw.slice(self.axes), self)


@dataclass(frozen=True)
class Turned:
    """An array with its axes in reverse order."""

    source: Source

    @property
    def path(self) -> str | None:
        return self.source.path

    def open(self) -> Array:
        return Array(self.source.open()._raw.transpose(), self)


class Array:
    """An array that is stored beside a document. It is lazy: elements are read when they are needed.

    Slices are numpy's basic ones: integers, slices, ``...`` and ``None``. ``a[...]``, ``np.asarray(a)`` and
    :meth:`compute` read. An array that was loaded, or a part of one, can be pickled: the pickle has the place and the
    path, and neither elements nor credentials. It is a :class:`~arraystow.errors.GoneError` to open the pickle when the
    value has been replaced.
    """

    def __init__(self, raw: RawArray, source: Source | None = None) -> None:
        self._raw = raw
        self._source = source

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return tuple(self._raw.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.prod(self.shape, dtype=object))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the elements."""
        return _dtypes.to_numpy(self._raw.data_type)

    @property
    def nbytes(self) -> int:
        """The bytes of all elements in memory."""
        return self.size * self.dtype.itemsize

    @property
    def chunks(self) -> tuple[tuple[int, ...], ...]:
        """For each axis the lengths of its chunks, as dask has them."""
        return tuple(tuple(axis) or (0,) for axis in self._raw.chunks)

    @property
    def dims(self) -> tuple[str, ...] | None:
        """The names of the axes, if they have names."""
        dims = self._raw.dims
        return None if dims is None else tuple(dims)

    @property
    def attrs(self) -> dict[str, Any]:
        """The attributes."""
        return dict(self._raw.attrs)

    @property
    def fill(self) -> Any:
        """The element that marks missing ones, or ``None``.

        Elements are read as they are: those that are missing are equal to this one. xarray's engine makes NaN of them.
        """
        fill = self._raw.fill
        if fill is None or self._raw.data_type == "string":
            return None
        dtype = self.dtype
        return np.frombuffer(fill, dtype.base).reshape(dtype.shape)[()]

    @property
    def path(self) -> str | None:
        """The path in the value, if the array was loaded."""
        return self._source.path if self._source else None

    def compute(self, *, progress: Callable[[int, int], Any] | None = None) -> np.ndarray[Any, Any]:
        """Reads all elements, in parallel, and compares their checksums.

        Args:
            progress: called with the bytes that are done and all bytes.
        """
        return _read(self._raw, progress)

    compute_async = async_form(compute)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if copy is False:
            raise ValueError("an array of arraystow is read into new memory: a copy cannot be avoided")
        elements = self.compute()
        return elements if dtype is None else elements.astype(dtype, copy=False)

    def __getitem__(self, key: Any) -> Any:
        axes, new = _axes(key, self.shape)
        elements = _read(self._raw.slice(axes))
        elements = elements[new] if new else elements
        return elements[()] if elements.ndim == 0 else elements

    def lazy(self, key: Any) -> Array:
        """A part of the array that is not read yet. Sliced as by ``a[key]``, without ``None`` and backward steps."""
        axes, new = _axes(key, self.shape)
        if any(part is None for part in new):
            raise IndexError("a lazy part has no new axes")
        if any(part.step for part in new):
            raise IndexError("a lazy part has no backward steps: take it forward, and reverse what is read")
        return Array(self._raw.slice(axes), Part(self._source, axes) if self._source else None)

    @property
    def T(self) -> Array:
        """The array with its axes in reverse order. It is lazy too."""
        return Array(self._raw.transpose(), Turned(self._source) if self._source else None)

    def _one(self) -> Any:
        """The element of an array that has one."""
        if self.size != 1:
            raise TypeError(f"only an array with one element is a number, and this one has the shape {self.shape}")
        return self.compute().reshape(())[()]

    def __float__(self) -> float:
        return float(self._one())

    def __int__(self) -> int:
        return int(self._one())

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array without axes has no length")
        return self.shape[0]

    def __dlpack__(self, **options: Any) -> Any:
        return self.compute().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)

    def __repr__(self) -> str:
        dims = f", dims={self.dims}" if self.dims else ""
        return f"<arraystow.Array {self._raw.data_type} {list(self.shape)}, {_count(self._raw.chunks)} chunks{dims}>"

    def __reduce__(self) -> Any:
        if self._source is None:
            raise TypeError("only an array that was loaded can be pickled")
        return _reopened, (self._source,)

    def to_dask(self) -> dask.array.Array:
        """The array as one of dask, with the same chunks. Elements that are small arrays are further axes."""
        import dask.array

        flat: Any = self if self.dtype.subdtype is None else Flat(self)
        meta = np.empty((0,) * len(flat.shape), flat.dtype)
        made: dask.array.Array = dask.array.from_array(  # type: ignore[no-untyped-call]
            flat, chunks=flat.chunks, asarray=False, fancy=False, meta=meta
        )
        return made

    def to_xarray(self, name: str | None = None) -> xarray.DataArray:
        """The array as a lazy ``DataArray`` with the same chunks, names and attributes.

        The elements are as they are stored: a fill value is the attribute ``_FillValue``, as in CF. The engine
        ``"arraystow"`` of xarray has NaN where elements are missing.
        """
        import xarray

        made = self.to_dask()
        dims = (self.dims or ()) + tuple(f"dim_{axis}" for axis in range(len(self.dims or ()), made.ndim))
        return xarray.DataArray(made, dims=dims, attrs=self._cf_attrs(), name=name)

    def _cf_attrs(self) -> dict[str, Any]:
        """The attributes, with the fill value as in the CF conventions."""
        fill = self.fill if self.dtype.kind in "iufc" else None
        return self.attrs if fill is None else self.attrs | {"_FillValue": fill}


@dataclass(frozen=True)
class Flat:
    """An array whose elements are small arrays, with their axes as its last ones."""

    array: Array

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape + self.array.dtype.shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype.base

    @property
    def chunks(self) -> tuple[tuple[int, ...], ...]:
        return self.array.chunks + tuple((length,) for length in self.array.dtype.shape)

    def __getitem__(self, key: tuple[Any, ...]) -> Any:
        outer, inner = key[: self.array.ndim], key[self.array.ndim :]
        return self.array[outer][(Ellipsis,) + inner]


def _count(chunks: list[list[int]]) -> int:
    return int(np.prod([len(axis) for axis in chunks], dtype=object))


def _read(raw: RawArray, progress: Callable[[int, int], Any] | None = None) -> np.ndarray[Any, Any]:
    if raw.data_type == "string":
        strings = np.empty(len(texts := raw.strings(progress)), object)
        strings[:] = texts
        return strings.reshape(raw.shape)
    dtype, elements = _dtypes.to_numpy(raw.data_type), raw.read(progress)
    if dtype.subdtype is not None:
        return elements.view(dtype.base).reshape(*raw.shape, *dtype.shape)
    return elements.view(dtype).reshape(raw.shape)


def _axes(key: Any, shape: tuple[int, ...]) -> tuple[list[tuple[int, int, int]], tuple[Any, ...]]:
    """A key as the library's slices, and what is left to do with the elements: new axes, and backward steps."""
    key = key if isinstance(key, tuple) else (key,)
    given = sum(part is not None and part is not Ellipsis for part in key)
    ellipses = [at for at, part in enumerate(key) if part is Ellipsis]
    if len(ellipses) > 1:
        raise IndexError("an index can have only a single ellipsis ('...')")
    if given > len(shape):
        raise IndexError(f"too many indices: the array has {len(shape)} axes, but {given} were indexed")
    missing = (slice(None),) * (len(shape) - given)
    at = ellipses[0] if ellipses else len(key)
    key = key[:at] + missing + key[at + 1 :]
    axes: list[tuple[int, int, int]] = []
    new: list[Any] = []
    lengths = iter(shape)
    for part in key:
        if part is None:
            new.append(None)
            continue
        length = next(lengths)
        if isinstance(part, slice):
            places = range(*part.indices(length))
            new.append(slice(None, None, -1 if places.step < 0 else None))
            forward = places if places.step > 0 else places[::-1]
            axes.append((forward[0], forward[-1] + 1, forward.step) if len(forward) else (0, 0, 1))
            continue
        try:
            if isinstance(part, bool):
                raise TypeError("a bool is a mask for numpy, and not the index 0 or 1")
            index = operator.index(part)
        except TypeError:
            raise IndexError(
                f"an array of arraystow is indexed by integers, slices, '...' and None, not by {type(part).__name__}: "
                "read it first, as a[...][index]"
            ) from None
        if not -length <= index < length:
            raise IndexError(f"index {index} is out of bounds for an axis of length {length}")
        axes.append((index % length, 0, 0))
    return axes, tuple(new)


def _reopened(source: Source) -> Array:
    return source.open()
