"""Values whose arrays several processes write, with whatever starts these processes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any

import numpy as np

from . import _dtypes, errors
from ._array import Array
from ._async import async_form
from ._native import RawArray, RawSession, RawSlot, merge_receipts
from ._plain import as_bytes, in_numpy, plain_attrs

#: A part of an array: a slice for each axis.
Region = tuple[slice, ...]


def pending(
    shape: Sequence[int],
    dtype: Any,
    *,
    chunks: Sequence[int] | None = None,
    dims: Sequence[str] | None = None,
    attrs: dict[str, Any] | None = None,
) -> Array:
    """An array whose elements other processes will write, for :meth:`Storage.begin`.

    Args:
        chunks: the shape of a chunk.
        dims: the names of the axes.
        attrs: numbers, texts, and lists of either.
    """
    data_type = _dtypes.saved_as(np.dtype(dtype))
    raw = RawArray.pending(data_type, list(shape), None if chunks is None else list(chunks))
    return Array(raw.described(None if dims is None else list(dims), plain_attrs(attrs or {}), None))


class Session:
    """A save that several processes write: :meth:`Storage.begin` begins it.

    As a context manager it is abandoned at the end, unless it was committed, or the outcome of a commit is unknown.
    """

    def __init__(self, raw: RawSession) -> None:
        self._raw = raw
        self._id = raw.id
        self._is_over = False
        self._is_unknown = False

    @property
    def id(self) -> str:
        """The id, for :meth:`Storage.resume`."""
        return self._id

    @property
    def tickets(self) -> dict[str, str]:
        """The ticket of each pending array, by its path. A ticket is a text without secrets, for any process."""
        return dict(self._raw.tickets())

    def commit(self, receipts: Iterable[str]) -> dict[str, Any]:
        """Replaces the value, in one step. The receipts must cover every chunk. After an error it can be called again.

        Raises:
            InvalidInputError: if chunks are missing; :meth:`missing` has them.
            ConflictError: if another writer was faster, or if two have written different bytes of a chunk.
            UnknownOutcomeError: if it is unknown whether the value was replaced. The session is not abandoned then,
                since the value may refer to its arrays.
        """
        try:
            report: dict[str, Any] = json.loads(self._raw.commit(list(receipts)))
        except errors.UnknownOutcomeError:
            self._is_unknown = True
            raise
        self._is_over = True
        return report

    def missing(self, receipts: Iterable[str]) -> list[tuple[str, Region]]:
        """What the receipts lack: the path of an array, and a part of it."""
        return [(path, _region(start, shape)) for path, start, shape in self._raw.missing(list(receipts))]

    def abandon(self) -> None:
        """Ends the session. The old value stays."""
        self._raw.abandon()
        self._is_over = True

    commit_async = async_form(commit)
    missing_async = async_form(missing)
    abandon_async = async_form(abandon)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._is_over or self._is_unknown:
            return
        try:
            self.abandon()
        except Exception:
            # The error of the block is the one that matters.
            if error is None:
                raise


class Slot:
    """A pending array that is open in this process: :meth:`Storage.slot` opens it, with a ticket."""

    def __init__(self, raw: RawSlot) -> None:
        self._raw = raw

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis of the whole array."""
        return tuple(self._raw.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the elements."""
        return _dtypes.to_numpy(self._raw.data_type)

    @property
    def chunk(self) -> tuple[int, ...]:
        """The shape of a stored chunk."""
        return tuple(self._raw.chunk)

    def regions(self, most: int) -> list[Region]:
        """Parts of whole chunks, at most ``most`` of them and of about equal size, for different processes."""
        return [_region(start, shape) for start, shape in self._raw.regions(most)]

    def write(self, region: slice | Sequence[slice], values: Any) -> str:
        """Writes a part of whole chunks. Returns the receipt when it is durable, for :meth:`Session.commit`.

        Raises:
            ValueError: if the values have another shape, or if the part divides a chunk; the text has the nearest one.
            ConflictError: if another process has written other bytes.
            TypeError: if elements are masked.
        """
        places = [part.indices(length) for part, length in zip(_slices(region, len(self.shape)), self.shape)]
        if any(step != 1 for _, _, step in places):
            raise ValueError("a part is written as a whole: its slices have no steps")
        start, shape = [first for first, _, _ in places], [max(last - first, 0) for first, last, _ in places]
        values = in_numpy(values)
        if list(values.shape) != shape:
            raise ValueError(f"values of the shape {values.shape} for a part of the shape {tuple(shape)}")
        if _dtypes.is_strings(self.dtype):
            return self._raw.write([(start, shape, _dtypes.packed_strings(values))])
        return self._raw.write([(start, shape, as_bytes(values.astype(self.dtype, casting="same_kind", copy=False)))])

    write_async = async_form(write)


def merged(receipts: Iterable[str]) -> str:
    """One receipt for all. Receipts are merged in any order, for example by a tree of processes."""
    return merge_receipts(list(receipts))


def _region(start: list[int], shape: list[int]) -> Region:
    return tuple(slice(first, first + length) for first, length in zip(start, shape))


def _slices(region: slice | Sequence[slice], ndim: int) -> tuple[slice, ...]:
    slices = (region,) if isinstance(region, slice) else tuple(region)
    if len(slices) != ndim or not all(isinstance(part, slice) for part in slices):
        raise ValueError(f"a part of this array is a slice for each of its {ndim} axes, and {region!r} is none")
    return slices
