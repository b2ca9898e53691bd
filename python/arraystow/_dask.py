"""Arrays of dask: saved chunk by chunk, here or on a cluster."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

from . import _dtypes
from ._native import RawArray, RawStorage, write_slot
from ._plain import Plain, Single, as_bytes, refuse_masked


class HasRaw(Protocol):
    """A storage, as far as it is needed here. It can be pickled."""

    @property
    def _raw(self) -> RawStorage: ...


def computed(array: Any) -> RawArray:
    """An array whose chunks dask computes here, one at a time, when they are needed."""
    if _dtypes.is_strings(array.dtype):
        raise TypeError("an array of strings of dask cannot be saved chunk by chunk: compute it first")
    data_type, chunks = _dtypes.from_numpy(array.dtype), _chunks(array)
    places = [{start: at for at, start in enumerate(itertools.accumulate([0, *axis[:-1]]))} for axis in chunks]
    block = _blocks(array)

    def chunk(start: list[int], shape: list[int]) -> np.ndarray[Any, np.dtype[np.uint8]]:
        return _checked(block(tuple(place[first] for place, first in zip(places, start))), shape, array.dtype)

    return RawArray.from_function(data_type, chunks, chunk)


def _blocks(array: Any) -> Callable[[tuple[int, ...]], Any]:
    """What computes a chunk of the array: here, or on the cluster if that holds parts of the array."""
    import dask.base
    import dask.local
    import dask.optimization

    if is_distributed():
        import distributed

        client: Any = distributed.get_client()
        held: Any = distributed.futures_of
        if held(array):
            return lambda at: client.compute(array.blocks[at]).result()
    # Made once: of it, each chunk takes what it needs.
    (own,) = dask.base.optimize(array)  # type: ignore[no-untyped-call]
    graph: dict[Any, Any] = dict(own.__dask_graph__())

    def block(at: tuple[int, ...]) -> Any:
        key = (own.name, *at)
        needed, _ = dask.optimization.cull(graph, [key])  # type: ignore[no-untyped-call]
        return dask.local.get_sync(needed, key)

    return block


def _checked(chunk: Any, shape: list[int], dtype: np.dtype[Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The bytes of a chunk, if it is what the array has there."""
    refuse_masked(chunk)
    elements = np.asarray(chunk)
    if list(elements.shape) != shape or elements.dtype != dtype:
        raise ValueError(
            f"dask computed a chunk of the shape {list(elements.shape)} and the dtype {elements.dtype}, and the array "
            f"has one of the shape {shape} and the dtype {dtype} there"
        )
    return as_bytes(elements)


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


def save_distributed(storage: HasRaw, name: str, value: Any) -> dict[str, Any]:
    """Saves a value whose arrays of dask the current cluster writes. Only tickets and receipts pass the scheduler."""
    import dask.base

    pending = Pending()
    maker = Plain(pending)
    plain = maker.of(value)
    arrays = {id(raw): array for raw, array in pending.arrays}
    arrays |= {id(named): arrays[id(raw)] for raw, named in maker.described if id(raw) in arrays}
    session = storage._raw.begin(name, plain, Single)
    try:
        tickets = dict(session.tickets())
        receipts: list[Any] = []
        for path, array in _by_path(plain, arrays):
            receipts += _written(storage, tickets[path], array)
        merged = list(dask.base.compute(*receipts))  # type: ignore[no-untyped-call]
        return json.loads(session.commit(merged))  # type: ignore[no-any-return]
    except BaseException:
        with contextlib.suppress(Exception):
            session.abandon()
        raise


def _by_path(plain: Any, arrays: dict[int, Any]) -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()

    def visit(value: Any, path: str) -> Iterator[tuple[str, Any]]:
        if id(value) in arrays and id(value) not in seen:
            seen.add(id(value))
            yield path, arrays[id(value)]
        elif isinstance(value, dict):
            for key, item in value.items():
                shown = _shown(key)
                yield from visit(item, f"{path}.{shown}" if path else shown)
        elif isinstance(value, list):
            for at, item in enumerate(value):
                yield from visit(item, f"{path}[{at}]")

    yield from visit(plain, "")


def _shown(key: Any) -> str:
    """A key in the paths of the library, which has all but texts as in JSON."""
    return key if isinstance(key, str) else json.dumps(key, separators=(",", ":"), default=list)


def _written(storage: HasRaw, ticket: str, array: Any) -> list[Any]:
    """One task for each chunk, which returns its receipt. An array without elements has none."""
    from dask.delayed import delayed

    if array.size == 0:
        return []
    starts = itertools.product(*(itertools.accumulate([0, *axis[:-1]]) for axis in array.chunks))
    shapes = itertools.product(*array.chunks)
    write = delayed(_write_chunk, pure=False)
    blocks = array.to_delayed().ravel()
    return [
        write(storage, ticket, list(start), list(shape), array.dtype, block)
        for start, shape, block in zip(starts, shapes, blocks)
    ]


def _write_chunk(
    storage: HasRaw, ticket: str, start: list[int], shape: list[int], dtype: np.dtype[Any], chunk: Any
) -> str:
    return write_slot(storage._raw, ticket, [(start, shape, _checked(chunk, shape, dtype))])
