"""Evaluates the graphs of dask, chunk by chunk."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Container, Iterable
from typing import Any


class Graph:
    """Computes the chunks of a graph, each on its own, from any thread.

    A result that several chunks need is shared: it is computed once, and kept until the last of them has taken it.
    Other results are dropped as soon as possible. What only reads a part of data is not kept: it is read again.
    """

    def __init__(self, graph: dict[Any, Any], chunks: Iterable[Any]) -> None:
        from dask._task_spec import convert_legacy_graph

        self._nodes: dict[Any, Any] = convert_legacy_graph(graph)
        #: For each shared result, how many nodes will still take it.
        self._uses = self._count_uses(list(chunks))
        self._kept: dict[Any, Any] = {}
        #: The shared results that were computed, those that are being computed, and the chunks that were asked for.
        self._done: set[Any] = set()
        self._running: set[Any] = set()
        self._asked: set[Any] = set()
        self._changed = threading.Condition()

    def _count_uses(self, chunks: list[Any]) -> Counter[Any]:
        order = self._order(chunks, ())
        # The chunk that needs a node, or `None` if several do.
        needed_by = {chunk: chunk for chunk in chunks}
        for key in reversed(order):
            for below in self._nodes[key].dependencies:
                if needed_by.setdefault(below, needed_by[key]) != needed_by[key]:
                    needed_by[below] = None
        repeated: set[Any] = set()
        for key in order:
            if _is_repeatable(self._nodes[key], repeated):
                repeated.add(key)
        shared = {key for key, chunk in needed_by.items() if chunk is None} - repeated
        uses = Counter(chunk for chunk in chunks if chunk in shared)
        for key in order:
            uses.update(self._nodes[key].dependencies & shared)
        return uses

    def _order(self, wanted: Iterable[Any], known: Container[Any]) -> list[Any]:
        """These keys and what they need, each after what it needs itself. What is known is left out, but not these."""
        starts = list(wanted)
        order: list[Any] = []
        seen: set[Any] = set()
        stack = [(key, False) for key in reversed(starts)]
        while stack:
            key, is_ready = stack.pop()
            if is_ready:
                order.append(key)
            elif key not in seen:
                seen.add(key)
                stack.append((key, True))
                below = self._nodes[key].dependencies
                stack += [(one, False) for one in below if one not in seen and one not in known]
        return order

    def compute(self, chunk: Any) -> Any:
        """The elements of a chunk."""
        with self._changed:
            kept = dict(self._kept) if chunk in self._asked else None
            self._asked.add(chunk)
        if kept is not None:
            # What it needs may be gone. It is computed again.
            return self._evaluated(self._order([chunk], kept), kept, chunk)
        if chunk in self._uses:
            value = self._shared(chunk)
            self._release([chunk])
            return value
        needed = self._order([chunk], self._uses)
        below = self._shared_below(needed)
        known = {key: self._shared(key) for key in dict.fromkeys(below)}
        value = self._evaluated(needed, known, chunk)
        self._release(below)
        return value

    def _shared_below(self, order: list[Any]) -> list[Any]:
        """The shared results that these nodes take, each for each node."""
        return [below for key in order for below in self._nodes[key].dependencies if below in self._uses]

    def _shared(self, wanted: Any) -> Any:
        """A shared result. Several threads compute different ones at the same time."""
        with self._changed:
            if wanted in self._kept:
                return self._kept[wanted]
            order = [key for key in self._order([wanted], self._kept) if key in self._uses]
        for key in order:
            with self._changed:
                while key in self._running:
                    self._changed.wait()
                if key in self._done:
                    continue
                self._running.add(key)
            try:
                own = self._order([key], self._uses)
                below = self._shared_below(own)
                with self._changed:
                    known = {one: self._kept[one] for one in below}
                value = self._evaluated(own, known, key)
                with self._changed:
                    self._kept[key] = value
                    self._done.add(key)
                self._release(below)
            finally:
                with self._changed:
                    self._running.discard(key)
                    self._changed.notify_all()
        with self._changed:
            return self._kept[wanted]

    def _release(self, keys: Iterable[Any]) -> None:
        with self._changed:
            for key in keys:
                self._uses[key] -= 1
                if not self._uses[key]:
                    self._kept.pop(key, None)

    def _evaluated(self, order: list[Any], known: dict[Any, Any], wanted: Any) -> Any:
        left = Counter(below for key in order for below in self._nodes[key].dependencies)
        values: dict[Any, Any] = {}
        for key in order:
            node = self._nodes[key]
            taken = {below: values[below] if below in values else known[below] for below in node.dependencies}
            values[key] = node(taken)
            for below in node.dependencies:
                left[below] -= 1
                if not left[below] and below != wanted:
                    values.pop(below, None)
        return values[wanted]


def _is_repeatable(node: Any, repeated: set[Any]) -> bool:
    """Whether a node is data, or reads a part of it. ``repeated`` has those of the nodes below."""
    from dask._task_spec import Alias, DataNode
    from dask.array.core import getter, getter_inline, getter_nofancy

    if isinstance(node, DataNode):
        return True
    is_reading = isinstance(node, Alias) or getattr(node, "func", None) in (getter, getter_inline, getter_nofancy)
    return is_reading and all(below in repeated for below in node.dependencies)
