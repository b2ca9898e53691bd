"""Arrays of dask, computed chunk by chunk."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from . import _dtypes
from ._graph import Graph
from ._native import RawArray
from ._plain import as_bytes, refuse_masked


def computed(array: Any, path: str = "") -> RawArray:
    """An array whose chunks dask computes here, one at a time, when they are needed."""
    data_type, chunks = _dtypes.saved_as(array.dtype), chunks_of(array)
    places = [{start: at for at, start in enumerate(itertools.accumulate([0, *axis[:-1]]))} for axis in chunks]
    block = _blocks(array)

    def chunk(start: list[int], shape: list[int]) -> np.ndarray[Any, np.dtype[np.uint8]]:
        return checked(block(tuple(place[first] for place, first in zip(places, start))), shape, array.dtype)

    return RawArray.from_function(data_type, chunks, chunk)


def _blocks(array: Any) -> Callable[[tuple[int, ...]], Any]:
    """What computes a chunk of the array: here, or on the cluster if that holds parts of the array."""
    import dask.base
    from dask.core import flatten

    if is_distributed():
        import distributed

        client: Any = distributed.get_client()
        held: Any = distributed.futures_of
        if held(array):
            return lambda at: client.compute(array.blocks[at]).result()
    # Made once: of it, each chunk takes what it needs.
    (own,) = dask.base.optimize(array)  # type: ignore[no-untyped-call]
    graph = Graph(dict(own.__dask_graph__()), flatten(own.__dask_keys__()))  # type: ignore[no-untyped-call]
    return lambda at: graph.compute((own.name, *at))


def checked(chunk: Any, shape: list[int], dtype: np.dtype[Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The bytes of a chunk, if it is what the array has there."""
    refuse_masked(chunk)
    elements = np.asarray(chunk)
    strings = _dtypes.is_strings(dtype) and _dtypes.is_strings(elements.dtype)
    if list(elements.shape) != shape or not (strings or elements.dtype == dtype):
        raise ValueError(
            f"dask computed a chunk of the shape {list(elements.shape)} and the dtype {elements.dtype}, and the array "
            f"has one of the shape {shape} and the dtype {dtype} there"
        )
    return _dtypes.packed_strings(elements) if strings else as_bytes(elements)


def chunks_of(array: Any) -> list[list[int]]:
    """For each axis the lengths of its chunks."""
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
