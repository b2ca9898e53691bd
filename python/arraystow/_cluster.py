"""Values whose arrays of dask the current cluster writes."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from . import _dtypes, errors
from ._dask import checked, chunks_of
from ._native import RawArray, RawSlot, RawStorage, merge_receipts
from ._plain import Plain, Single

#: The most bytes of the chunks of a task, unless a single chunk is larger.
TASK_BYTES = 32 << 20
#: How many receipts a task merges.
MERGED = 8
#: Data of at most this size may be sent with several tasks.
SHARED_BYTES = 64 << 10


class HasRaw(Protocol):
    """A storage, as far as it is needed here. It can be pickled."""

    @property
    def _raw(self) -> RawStorage: ...


class Pending:
    """Collects the arrays of dask of a value, with their paths, in their order. Two paths may have the same text."""

    def __init__(self, rechunk: bool) -> None:
        self._rechunk = rechunk
        self.arrays: list[tuple[str, Any]] = []

    def __call__(self, array: Any, path: str) -> RawArray:
        chunks = chunks_of(array)
        if any(len(set(axis[:-1])) > 1 or axis[-1] > axis[0] for axis in chunks if axis):
            equal = [max(axis) for axis in chunks]
            array = self.rechunked(array, equal, "must be equal but for the last of an axis")
            chunks = chunks_of(array)
        chunk = [max(axis[0], 1) if axis else 1 for axis in chunks]
        raw = RawArray.pending(_dtypes.saved_as(array.dtype), list(array.shape), chunk)
        self.arrays.append((path, array))
        return raw

    def rechunked(self, array: Any, chunk: list[int], why: str) -> Any:
        """The array in other chunks, if that was chosen."""
        if not self._rechunk:
            raise TypeError(
                f"an array of dask with the chunks {array.chunks} cannot be written by a cluster: its chunks {why}; save "
                f"it with rechunk=True, or save its rechunk({tuple(chunk)})"
            )
        return array.rechunk(tuple(chunk))


def save(
    storage: HasRaw, name: str, value: Any, rechunk: bool, progress: Callable[[int, int], Any] | None
) -> dict[str, Any]:
    """Saves a value whose arrays of dask the current cluster writes. Only tickets and receipts pass the scheduler."""
    import dask.base

    pending = Pending(rechunk)
    plain = Plain(pending).of(value)
    if not pending.arrays:
        return json.loads(storage._raw.save(name, plain, Single, "replace", progress))  # type: ignore[no-any-return]
    session = storage._raw.begin(name, plain, Single)
    try:
        receipts: list[Any] = []
        # Both are in the order of the value.
        for (path, array), (_, ticket) in zip(pending.arrays, session.tickets(), strict=True):
            stored = storage._raw.slot(ticket).chunk
            if array.size and any(axis[0] != length for axis, length in zip(array.chunks, stored)):
                try:
                    array = pending.rechunked(array, stored, f"must be those that are stored, of {stored}")
                except TypeError as error:
                    raise TypeError(f"{path or 'the value'}: {error}") from None
            receipts += _receipts(storage, ticket, array)
        written = list(dask.base.compute(*_merged(receipts)))  # type: ignore[no-untyped-call]
        return json.loads(session.commit(written))  # type: ignore[no-any-return]
    except errors.UnknownOutcomeError:
        # The value may refer to what was written.
        raise
    except BaseException:
        with contextlib.suppress(Exception):
            session.abandon()
        raise


@dataclass(frozen=True)
class _Slot:
    """An array that is to be written: what all its tasks have."""

    storage: HasRaw
    ticket: str
    dtype: np.dtype[Any]

    def open(self) -> RawSlot:
        return self.storage._raw.slot(self.ticket)


@dataclass(frozen=True)
class _Chunk:
    """A chunk of an array: its key in the graph, and its place."""

    key: Any
    start: list[int]
    shape: list[int]

    def bytes(self, dtype: np.dtype[Any]) -> int:
        return int(np.prod(self.shape, dtype=object)) * dtype.itemsize


def _receipts(storage: HasRaw, ticket: str, array: Any) -> list[Any]:
    """The tasks that write an array. An array without elements has none."""
    from dask.delayed import delayed

    if array.size == 0:
        return []
    slot = _Slot(storage, ticket, array.dtype)
    works = _works(array)
    if works is not None:
        write = delayed(_write_computed, pure=False)
        return [write(slot, work) for work in works]
    # Each chunk is written where it is, or is computed.
    write = delayed(_write, pure=False)
    blocks = array.to_delayed()
    return [write(slot, chunk.start, chunk.shape, blocks[chunk.key[1:]]) for chunk in _all_chunks(array)]


def _all_chunks(array: Any) -> list[_Chunk]:
    """The chunks of an array that have elements."""
    keys = itertools.product(*(range(len(axis)) for axis in array.chunks))
    starts = itertools.product(*(itertools.accumulate([0, *axis[:-1]]) for axis in array.chunks))
    shapes = itertools.product(*array.chunks)
    chunks = [_Chunk((array.name, *at), list(start), list(shape)) for at, start, shape in zip(keys, starts, shapes)]
    return [chunk for chunk in chunks if 0 not in chunk.shape]


def _works(array: Any) -> list[bytes] | None:
    """Groups of chunks, each with the part of the graph that computes it: a task computes a group and writes it.

    ``None`` if groups depend on common results, or on what the cluster holds or is asked to place: the scheduler then
    knows better where to compute.
    """
    import cloudpickle
    import dask.base
    import distributed
    from dask.optimization import cull

    held: Any = distributed.futures_of
    layers = getattr(array.__dask_graph__(), "layers", {})
    if held(array) or any(layer.annotations for layer in layers.values()):
        return None
    (array,) = dask.base.optimize(array)  # type: ignore[no-untyped-call]
    graph: dict[Any, Any] = dict(array.__dask_graph__())
    seen: set[Any] = set()
    works = []
    for group in _groups(array):
        part, _ = cull(graph, [chunk.key for chunk in group])  # type: ignore[no-untyped-call]
        if any(key in seen and not _is_small(node) for key, node in part.items()):
            return None
        seen.update(part)
        works.append(cloudpickle.dumps((part, group)))
    return works


def _is_small(node: Any) -> bool:
    """Whether a node of a graph is data that may be sent several times."""
    from dask._task_spec import DataNode
    from dask.sizeof import sizeof

    return isinstance(node, DataNode) and sizeof(node.value) <= SHARED_BYTES


def _groups(array: Any) -> list[list[_Chunk]]:
    """Groups of chunks in their order: of bounded size, and enough of them for all workers."""
    import distributed

    client: Any = distributed.get_client()
    chunks = _all_chunks(array)
    tasks = max(16, 4 * sum(client.nthreads().values()))
    most = -(-len(chunks) // tasks)
    groups: list[list[_Chunk]] = [[]]
    size = 0
    for chunk in chunks:
        size += chunk.bytes(array.dtype)
        if groups[-1] and (len(groups[-1]) == most or size > TASK_BYTES):
            groups.append([])
            size = chunk.bytes(array.dtype)
        groups[-1].append(chunk)
    return groups


def _merged(receipts: list[Any]) -> list[Any]:
    """Tasks that merge the receipts of tasks: a tree, whose root has all."""
    from dask.delayed import delayed

    merge = delayed(merge_receipts, pure=False)
    while len(receipts) > 1:
        receipts = [merge(receipts[at : at + MERGED]) for at in range(0, len(receipts), MERGED)]
    return receipts


def _write_computed(slot: _Slot, work: bytes) -> str:
    """Computes a group of chunks and writes it. Returns the receipt."""
    import cloudpickle
    import dask.local

    graph, group = cloudpickle.loads(work)
    chunks = dask.local.get_sync(graph, [chunk.key for chunk in group])
    blocks = [
        (one.start, one.shape, checked(chunk, one.shape, slot.dtype)) for one, chunk in zip(group, chunks)
    ]
    return slot.open().write(blocks)


def _write(slot: _Slot, start: list[int], shape: list[int], chunk: Any) -> str:
    return slot.open().write([(start, shape, checked(chunk, shape, slot.dtype))])
