"""Arrays of dask: saved chunk by chunk, here or on a cluster."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _dtypes
from ._native import RawArray, write_slot
from ._plain import Plain, Single, as_bytes

if TYPE_CHECKING:
    from ._storage import Storage


def computed(array: Any) -> RawArray:
    """An array whose chunks dask computes here, one at a time, when they are needed."""
    import dask.base
    import dask.local
    import dask.optimization

    if _dtypes.is_strings(array.dtype):
        raise TypeError("an array of strings of dask cannot be saved chunk by chunk: compute it first")
    data_type, chunks = _dtypes.from_numpy(array.dtype), _chunks(array)
    places = [{start: at for at, start in enumerate(itertools.accumulate([0, *axis[:-1]]))} for axis in chunks]
    # Made once: of it, each chunk takes what it needs.
    (own,) = dask.base.optimize(array)  # type: ignore[no-untyped-call]
    graph: dict[Any, Any] = dict(own.__dask_graph__())

    def chunk(start: list[int], shape: list[int]) -> np.ndarray[Any, np.dtype[np.uint8]]:
        key = (own.name, *(place[first] for place, first in zip(places, start)))
        needed, _ = dask.optimization.cull(graph, [key])  # type: ignore[no-untyped-call]
        elements = np.asarray(dask.local.get_sync(needed, key))
        if list(elements.shape) != shape or elements.dtype != array.dtype:
            raise ValueError(
                f"dask computed a chunk of the shape {list(elements.shape)} and the dtype {elements.dtype}, and the array "
                f"has one of the shape {shape} and the dtype {array.dtype} there"
            )
        return as_bytes(elements)

    return RawArray.from_function(data_type, chunks, chunk)


def _chunks(array: Any) -> list[list[int]]:
    chunks = [[int(length) for length in axis] for axis in array.chunks if all(length == length for length in axis)]
    if len(chunks) != array.ndim:
        raise TypeError("an array of dask whose chunks have unknown lengths cannot be saved: call compute_chunk_sizes()")
    return chunks


def is_distributed() -> bool:
    """Whether dask's current scheduler is a cluster."""
    import sys

    distributed = sys.modules.get("distributed")
    if distributed is None:
        return False
    try:
        distributed.get_client()
    except ValueError:
        return False
    return True


class Pending:
    """Collects the arrays of dask of a value, which a cluster is to write."""

    def __init__(self) -> None:
        self.arrays: list[tuple[RawArray, Any]] = []

    def __call__(self, array: Any) -> RawArray:
        if any(len(set(axis[:-1])) > 1 or axis[-1] > axis[0] for axis in array.chunks if axis):
            raise TypeError(
                f"an array of dask with the chunks {array.chunks} cannot be written by a cluster: its chunks must be "
                "equal but for the last of an axis; rechunk it"
            )
        raw = RawArray.pending(_dtypes.from_numpy(array.dtype), _chunks(array))
        self.arrays.append((raw, array))
        return raw


def save_distributed(storage: Storage, name: str, value: Any) -> dict[str, Any]:
    """Saves a value whose arrays of dask the current cluster writes. Only tickets and receipts pass the scheduler."""
    import json

    import dask.base

    pending = Pending()
    plain = Plain(pending).of(value)
    session = storage._raw.begin(name, plain, Single)
    try:
        tickets = dict(session.tickets())
        receipts: list[Any] = []
        for path, array in _by_path(plain, pending):
            receipts += _written(storage, tickets[path], array)
        merged = list(dask.base.compute(*receipts))  # type: ignore[no-untyped-call]
        return json.loads(session.commit(merged))  # type: ignore[no-any-return]
    except BaseException:
        with contextlib.suppress(Exception):
            session.abandon()
        raise


def _by_path(plain: Any, pending: Pending) -> Iterator[tuple[str, Any]]:
    arrays = {id(raw): array for raw, array in pending.arrays}
    seen: set[int] = set()

    def visit(value: Any, path: str) -> Iterator[tuple[str, Any]]:
        if id(value) in arrays and id(value) not in seen:
            seen.add(id(value))
            yield path, arrays[id(value)]
        elif isinstance(value, dict):
            for key, item in value.items():
                yield from visit(item, f"{path}.{key}" if path else str(key))
        elif isinstance(value, list):
            for at, item in enumerate(value):
                yield from visit(item, f"{path}[{at}]")

    yield from visit(plain, "")


def _written(storage: Storage, ticket: str, array: Any) -> list[Any]:
    """One task for each chunk, which returns its receipt."""
    from dask.delayed import delayed

    starts = [list(itertools.accumulate([0, *axis[:-1]])) for axis in array.chunks]
    write = delayed(_write_chunk, pure=False)
    blocks = array.to_delayed().ravel()
    return [write(storage, ticket, list(start), block) for start, block in zip(itertools.product(*starts), blocks)]


def _write_chunk(storage: Storage, ticket: str, start: list[int], elements: Any) -> str:
    elements = np.asarray(elements)
    return write_slot(storage._raw, ticket, [(start, list(elements.shape), as_bytes(elements))])
