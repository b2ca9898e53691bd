"""Async forms of functions that read or write."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from ._native import RawTask

P = ParamSpec("P")
T = TypeVar("T")


def async_form(function: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """A coroutine function that does in a thread what the function does."""
    name = function.__name__.strip("_")

    @functools.wraps(function)
    async def form(*arguments: P.args, **options: P.kwargs) -> T:
        return await in_thread(functools.partial(function, *arguments, **options))

    form.__name__ = f"{name}_async"
    form.__qualname__ = f"{function.__qualname__.rpartition('.')[0]}.{name}_async"
    form.__doc__ = (
        f"As :meth:`{function.__name__}`, in a thread: the event loop goes on.\n\n"
        "Cancelled, it stops the work, and ends when that has ended. What was complete by then stays."
    )
    return form


async def in_thread(work: Callable[[], T]) -> T:
    """What the function returns, which runs in a thread. Cancelled, it stops the work, and waits for its end."""
    task = RawTask()
    context = contextvars.copy_context()
    # A future, and no task of asyncio: a loop that ends cancels its tasks, and would not wait for the thread.
    running = asyncio.get_running_loop().run_in_executor(None, lambda: context.run(lambda: task.run(work)))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        task.cancel()
        while not running.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        running.exception()
        raise
