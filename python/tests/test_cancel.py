"""Work that is cancelled, and work of several threads."""

import asyncio
import signal
import subprocess
import sys
import threading
import time

import dask.array as da
import numpy as np
import pytest

import arraystow
from arraystow import errors
from arraystow._native import RawTask


def slow(value, seconds=0.1, chunks=60):
    def block(block):
        time.sleep(seconds)
        return block

    return (da.zeros((chunks, 10), chunks=(1, 10)) + value).map_blocks(block, meta=np.zeros((0, 0)))


def test_a_cancelled_async_save_has_ended(storage):
    async def main():
        await storage.save_async("x", {"n": 0, "a": slow(0, 0.0)})
        start = time.monotonic()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(storage.save_async("x", {"n": 1, "a": slow(1)}), 0.3)
        assert time.monotonic() - start < 3, "the whole array was computed"
        assert threading.active_count() < 60
        await storage.save_async("x", {"n": 2, "a": slow(2, 0.0)})
        # The first one would have ended by now.
        await asyncio.sleep(1)
        return storage.load("x")

    loaded = asyncio.run(main())
    assert loaded["n"] == 2 and loaded["a"].compute().max() == 2 and storage.sweep() == []


def test_a_cancelled_async_load_has_ended(storage):
    async def main():
        storage.save("x", 1)
        loading = asyncio.ensure_future(storage.load_async("x"))
        await asyncio.sleep(0)
        loading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await loading
        assert await storage.load_async("x") == 1

    asyncio.run(main())


def test_errors_of_async_forms_are_those_of_the_others(storage):
    with pytest.raises(errors.NotFoundError):
        asyncio.run(storage.load_async("nothing"))


def test_ctrl_c_ends_an_async_save(storage, tmp_path):
    script = tmp_path / "long.py"
    script.write_text(
        "import asyncio, signal, sys, time, numpy as np, dask.array as da, arraystow\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def slow(block): time.sleep(0.2); return block\n"
        "array = da.zeros((200, 1000), chunks=(1, 1000)).map_blocks(slow, meta=np.zeros((0, 0)))\n"
        "print('begun', flush=True)\n"
        "asyncio.run(arraystow.Storage(sys.argv[1]).save_async('long', array))\n"
    )
    running = subprocess.Popen([sys.executable, script, storage.place], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout.readline() == "begun\n"
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    _, printed = running.communicate(timeout=20)
    assert "KeyboardInterrupt" in printed and "long" not in storage and storage.sweep() == []


def test_work_of_a_cancelled_task_does_not_begin(storage):
    task = RawTask()

    def both():
        storage.save("first", 1)
        task.cancel()
        storage.save("second", 2)

    with pytest.raises(errors.CancelledError):
        task.run(both)
    assert storage.list() == ["first"]
    with pytest.raises(errors.CancelledError):
        task.run(both)
    storage.save("second", 2)


def test_a_session_is_used_while_another_thread_commits(storage):
    """The lock of the session was held during the commit, which waits for the interpreter."""
    session = storage.begin("x", {"a": arraystow.pending((4000, 100), "f8", chunks=(10, 100)), "b": slow(1, 0.0)})
    slot = storage.slot(session.tickets["a"])
    receipts = [slot.write(region, np.ones([part.stop - part.start for part in region])) for region in slot.regions(4)]
    failed = []

    def commit():
        try:
            session.commit(receipts)
        except errors.ArraystowError as error:
            failed.append(error)

    def use():
        for _ in range(200):
            assert session.missing(receipts) == [] and session.tickets and session.id

    threads = [threading.Thread(target=work, daemon=True) for work in (commit, use, commit, use)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads), "the threads wait for each other"
    assert storage.load("x")["a"].compute().sum() == 400_000
    session.abandon()
    session.abandon()
    with pytest.raises(RuntimeError, match="abandoned"):
        session.missing(receipts)
