"""Sessions: several processes write one value."""

import concurrent.futures
import multiprocessing
import os
import pathlib
import subprocess
import sys

import dask.array as da
import numpy as np
import pytest
import xarray as xr

import arraystow
from arraystow import errors

EXAMPLES = pathlib.Path(__file__).parent.parent / "examples"


def write(place, ticket, region):
    values = np.add.outer(*(np.arange(part.start, part.stop, dtype="f4") for part in region))
    return arraystow.Storage(place).slot(ticket).write(region, values)


def value():
    height = arraystow.pending((60, 40), "f4", chunks=(20, 10), dims=["y", "x"], attrs={"units": "m"})
    return {"name": "a ramp", "height": height, "small": np.arange(3)}


WANTED = np.add.outer(np.arange(60), np.arange(40)).astype("f4")


def test_processes_write_one_array(storage):
    with storage.begin("x", value()) as session:
        ticket = session.tickets["height"]
        slot = storage.slot(ticket)
        assert (slot.shape, slot.dtype, slot.chunk) == ((60, 40), np.dtype("f4"), (20, 10))
        parts = slot.regions(4)
        spawn = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(2, spawn) as pool:
            receipts = list(pool.map(write, [storage.place] * 3, [ticket] * 3, parts[:3]))
        assert {path for path, _ in session.missing(receipts)} == {"height"}
        assert sum(np.zeros((60, 40))[part].size for _, part in session.missing(receipts)) == np.zeros((60, 40))[parts[3]].size
        with pytest.raises(errors.ArraystowError):
            session.commit(receipts)
        assert "x" not in storage
        resumed = arraystow.Storage(storage.place).resume("x", session.id)
        rest = [write(storage.place, ticket, part) for part in parts[3:]]
        report = resumed.commit([arraystow.merged(receipts), arraystow.merged(rest + receipts[:1])])
        assert report["arrays_written"] == 2
    loaded = storage.load("x")
    np.testing.assert_array_equal(loaded["height"], WANTED)
    assert (loaded["height"].dims, loaded["height"].attrs, loaded["name"]) == (("y", "x"), {"units": "m"}, "a ramp")
    assert storage.verify("x")[0]["faults"] == [] and storage.sweep() == []


def test_a_session_that_is_not_committed_leaves_the_old_value(storage):
    storage.save("x", 1)
    with pytest.raises(RuntimeError, match="no sensor"), storage.begin("x", value()) as session:
        ticket = session.tickets["height"]
        raise RuntimeError("no sensor")
    assert storage.load("x") == 1 and storage.sweep() == []
    with pytest.raises(errors.GoneError):
        storage.slot(ticket)
    with pytest.raises(errors.GoneError):
        storage.resume("x", session.id)


def test_values_that_do_not_fit_are_refused(storage):
    with storage.begin("x", {"height": value()["height"], "texts": arraystow.pending((4,), str, chunks=(2,))}) as session:
        slot = storage.slot(session.tickets["height"])
        for part, values, text in [
            ((slice(0, 20), slice(0, 10)), np.zeros((20, 9), "f4"), "of the shape"),
            ((slice(0, 20), slice(0, 12)), np.zeros((20, 12), "f4"), "nearest region"),
            ((slice(0, 20),), np.zeros((20, 40), "f4"), "each of its 2 axes"),
            ((slice(0, 20, 2), slice(0, 10)), np.zeros((10, 10), "f4"), "no steps"),
        ]:
            with pytest.raises(ValueError, match=text):
                slot.write(part, values)
        for values, text in [(np.zeros((20, 10), complex), "same_kind"), (np.ma.masked_less(np.zeros((20, 10)), 1), "masked")]:
            with pytest.raises(TypeError, match=text):
                slot.write((slice(0, 20), slice(0, 10)), values)
        slot.write((slice(0, 20), slice(0, 10)), np.ones((20, 10)))
        with pytest.raises(errors.ConflictError):
            slot.write((slice(0, 20), slice(0, 10)), np.zeros((20, 10)))
        texts = storage.slot(session.tickets["texts"])
        texts.write(slice(0, 2), ["a", "ü"])
        with pytest.raises(TypeError, match="strings"):
            texts.write(slice(2, 4), [1, 2])
    with pytest.raises(ValueError, match="no ticket"):
        storage.slot("{}")
    with pytest.raises(errors.InvalidInputError, match="pending"):
        storage.begin("x", [1])
    with pytest.raises(errors.ArraystowError, match="pending"):
        value()["height"].compute()


def test_pending_arrays_with_the_same_path_are_refused(storage):
    """A ticket is found by its path: only one of them could be written."""
    pending = [arraystow.pending((4,), "f4") for _ in range(2)]
    with pytest.raises(ValueError, match=r"^a\.b: two pending arrays"):
        storage.begin("x", {"a": {"b": pending[0]}, "a.b": pending[1]})
    assert storage.sweep() == []


def unknown():
    return errors._of_kind("unknown_outcome", "the store does not respond", None, "x", None, None, [])


class Raw:
    """A session whose commit has an unknown outcome, and which cannot be abandoned."""

    id = "x"
    is_abandoned = False

    def tickets(self):
        return []

    def commit(self, receipts):
        raise unknown()

    def abandon(self):
        self.is_abandoned = True
        raise OSError("cannot be removed")


def test_a_session_of_unknown_outcome_is_not_abandoned():
    """The value may refer to its arrays."""
    raw = Raw()
    with pytest.raises(errors.UnknownOutcomeError), arraystow.Session(raw) as session:
        session.commit([])
    assert not raw.is_abandoned


def test_an_error_at_the_end_does_not_hide_the_first_one():
    raw = Raw()
    with pytest.raises(RuntimeError, match="no sensor"), arraystow.Session(raw):
        raise RuntimeError("no sensor")
    assert raw.is_abandoned
    with pytest.raises(OSError, match="cannot be removed"), arraystow.Session(Raw()):
        pass


def test_missing_chunks_are_an_invalid_input(storage):
    with storage.begin("x", value()) as session, pytest.raises(errors.InvalidInputError, match="missing"):
        session.commit([])


def test_masked_values_of_every_kind_are_refused(storage):
    masked = np.ma.masked_less(np.zeros((20, 10), "f4"), 1)
    with storage.begin("x", value()) as session:
        slot = storage.slot(session.tickets["height"])
        part = (slice(0, 20), slice(0, 10))
        lazy = da.from_array(masked, chunks=5, asarray=False)
        for values in (masked, list(masked), lazy, [lazy[0], *lazy[1:]], [[np.ma.masked] * 10] * 20):
            with pytest.raises(TypeError, match="masked"):
                slot.write(part, values)
        for values in (da.ones((20, 10), chunks=3, dtype="f4"), xr.DataArray(np.ones((20, 10), "f4")), [[1] * 10] * 20):
            assert slot.write(part, values)


def test_the_ranks_of_mpi_write_one_array(tmp_path):
    folder = pathlib.Path(sys.executable).parent
    command = [folder / "mpiexec", "-n", "3", sys.executable, EXAMPLES / "mpi_ranks.py", tmp_path]
    ran = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0 and ran.stdout.startswith("3 ranks have written <arraystow.Array float32"), ran.stderr


def test_tasks_of_ray_write_one_array(tmp_path):
    pytest.importorskip("ray", reason="NOT RUN: ray is not installed")
    command = [sys.executable, str(EXAMPLES / "ray_tasks.py"), str(tmp_path)]
    # A busy machine takes longer than Ray waits by itself.
    options = os.environ | {"RAY_USAGE_STATS_ENABLED": "0", "RAY_raylet_start_wait_time_s": "200"}
    # The workers import from the current folder first, and the sources have no extension module.
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, env=options, cwd=tmp_path)
    assert ran.returncode == 0 and "4 tasks have written <arraystow.Array" in ran.stdout, ran.stderr
