"""What type checkers know of the functions: checked by mypy and pyright, and not run."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from typing_extensions import assert_type

import arraystow


@dataclass
class Survey:
    name: str


def loads(storage: arraystow.Storage) -> None:
    assert_type(storage.load("x"), Any)
    assert_type(storage.load("x", as_=Survey), Survey)
    assert_type(storage.load_versioned("x", as_=Survey), tuple[Survey, str])


async def async_forms(storage: arraystow.Storage) -> None:
    assert_type(await storage.load_async("x"), Any)
    assert_type(await storage.load_async("x", as_=Survey), Survey)
    assert_type(await storage.load_versioned_async("x"), tuple[Any, str])
    assert_type(await storage.load_versioned_async("x", as_=Survey), tuple[Survey, str])
    assert_type(await storage.save_async("x", 1, version="a"), dict[str, Any])
    assert_type(await storage.contains_async("x"), bool)
    assert_type(await storage.list_async(), list[str])
    assert_type(await storage.remove_matching_async("runs/*"), list[str])
    assert_type(await storage.verify_async(depth="quick"), list[dict[str, Any]])
    assert_type(await storage.array_async("x", path="a"), arraystow.Array)
    assert_type(await (await storage.array_async("x", "a")).compute_async(), np.ndarray[Any, Any])
    assert_type(await storage.begin_async("x", 1), arraystow.Session)
    await storage.save_async("x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
