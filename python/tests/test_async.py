"""The async forms of all functions that read or write."""

import asyncio
import concurrent.futures
import inspect
import threading
import time

import dask.array as da
import numpy as np
import pytest

import arraystow
from arraystow import errors


def test_every_function_that_reads_or_writes_has_an_async_form():
    for kind in (arraystow.Storage, arraystow.Array, arraystow.Session, arraystow.Slot):
        forms = {name: form for name, form in vars(kind).items() if name.endswith("_async")}
        for name, form in forms.items():
            function = getattr(kind, {"contains_async": "__contains__"}.get(name, name.removesuffix("_async")))
            assert inspect.iscoroutinefunction(form) and form.__name__ == name, name
            assert list(inspect.signature(form).parameters) == list(inspect.signature(function).parameters), name
            assert f"As :meth:`{function.__name__}`" in form.__doc__ and form.__qualname__ == f"{kind.__name__}.{name}"
    public = {name for name in vars(arraystow.Storage) if not name.startswith("_")} - {"place"}
    assert all(f"{name}_async" in public for name in public if not name.endswith("_async"))


def test_async_forms_do_what_the_others_do(storage, tmp_path):
    other = arraystow.Storage(tmp_path / "other")

    async def main():
        assert not await storage.exists_async()
        report = await storage.save_async("x", {"n": 1, "a": np.arange(5000)})
        assert report["version"] == await storage.version_async("x") == (await storage.load_versioned_async("x"))[1]
        with pytest.raises(errors.AlreadyExistsError):
            await storage.create_async("x", 2)
        await storage.create_async("runs/1", {"alpha": 0.5})
        assert await storage.exists_async() and await storage.contains_async("x") and not await storage.contains_async("y")
        assert (await storage.update_async("x", lambda value: value | {"n": 2}))["n"] == 2
        assert (await storage.load_async("x"))["n"] == 2
        assert await storage.load_async("runs/1", as_=dict[str, float]) == {"alpha": 0.5}
        assert await storage.list_async("runs/*") == ["runs/1"]
        assert list(await storage.query_async("**", ("alpha", ">", 0.1))) == ["runs/1"]
        assert (await storage.info_async("x"))["arrays"][0]["paths"] == ["a"]
        array = await storage.array_async("x", "a")
        assert (await array.compute_async()).tolist() == list(range(5000))
        await storage.copy_async("x", other)
        await storage.rename_async("runs/1", "runs/2")
        assert [one["faults"] for one in await storage.verify_async()] == [[], []]
        assert await storage.remove_matching_async("runs/*") == ["runs/2"]
        storage.save("y", 1)
        await storage.remove_async("y")
        assert storage.list() == other.list() == ["x"] and await storage.sweep_async() == []
        session = await storage.begin_async("y", arraystow.pending((4,), "f4"))
        slot = await storage.slot_async(session.tickets[""])
        resumed = await storage.resume_async("y", session.id)
        receipts = [await slot.write_async(slice(0, 4), np.ones(4, "f4"))]
        assert await resumed.missing_async(receipts) == []
        await resumed.commit_async(receipts)
        assert "y" in storage
        session = await storage.begin_async("z", arraystow.pending((4,), "f4"))
        await session.abandon_async()
        assert "z" not in storage and storage.sweep() == []

    asyncio.run(main())


@pytest.mark.parametrize(
    "begin",
    [
        lambda storage, other: storage.load_versioned_async("x"),
        lambda storage, other: storage.save_async("x", 1),
        lambda storage, other: storage.create_async("new", 1),
        lambda storage, other: storage.update_async("x", lambda value: 1),
        lambda storage, other: storage.begin_async("new", arraystow.pending((4,), "f4")),
        lambda storage, other: storage.array_async("x", "a"),
        lambda storage, other: storage.list_async(),
        lambda storage, other: storage.query_async(),
        lambda storage, other: storage.info_async("x"),
        lambda storage, other: storage.remove_async("x"),
        lambda storage, other: storage.rename_async("x", "new"),
        lambda storage, other: storage.copy_async("x", other),
        lambda storage, other: storage.verify_async(),
        lambda storage, other: storage.sweep_async(remove=True),
        lambda storage, other: storage.array("x", "a").compute_async(),
    ],
)
def test_what_is_cancelled_before_it_begins_does_nothing(storage, tmp_path, begin):
    other = arraystow.Storage(tmp_path / "other")

    async def main():
        storage.save("x", {"a": np.arange(5000)})
        loop, free = asyncio.get_running_loop(), threading.Event()
        # The only thread is busy.
        loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(1))
        loop.run_in_executor(None, free.wait)
        working = asyncio.ensure_future(begin(storage, other))
        await asyncio.sleep(0)
        working.cancel()
        await asyncio.sleep(0)
        free.set()
        with pytest.raises(asyncio.CancelledError):
            await working

    asyncio.run(main())
    assert storage.list() == ["x"] and other.list() == [] and storage.load("x")["a"][7] == 7


class Stops:
    """A function for progress that cancels the work of a task when the work has begun."""

    def __init__(self):
        self.loop, self.task, self.calls = asyncio.get_running_loop(), None, 0

    def __call__(self, done, total):
        self.calls += 1
        if self.calls == 1:
            self.loop.call_soon_threadsafe(self.task.cancel)
            time.sleep(0.5)

    async def work(self, coroutine):
        self.task = asyncio.ensure_future(coroutine)
        with pytest.raises(asyncio.CancelledError):
            await self.task
        assert self.calls >= 1


def test_work_in_progress_is_cancelled(storage, tmp_path):
    other = arraystow.Storage(tmp_path / "other")
    storage.save("x", {"a": da.zeros((400, 5000), chunks=(1, 5000))})

    async def main():
        await (stops := Stops()).work(storage.copy_async("x", other, progress=stops))
        await (stops := Stops()).work(storage.verify_async(progress=stops))
        await (stops := Stops()).work(storage.array("x", "a").compute_async(progress=stops))
        await (stops := Stops()).work(storage.rename_async("x", "other/x", progress=stops))
        await (stops := Stops()).work(storage.update_async("x", lambda value: {"a": value["a"][:]}, progress=stops))
        await (stops := Stops()).work(storage.save_async("y", {"a": np.zeros((400, 5000))}, progress=stops))

    asyncio.run(main())
    assert other.list() == [] and storage.list() == ["x"] and storage.sweep() == [] and other.sweep() == []
