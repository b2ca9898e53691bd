"""FunctionFuse's storages with the package's serializer, and with its own, both ways."""

import os
import pickle

import dask.array as da
import functionfuse_double as double
import numpy as np
import pytest

from arraystow import errors, functionfuse
from arraystow.functionfuse import DaskArraySerializer


@pytest.fixture(params=["file", "S3"])
def make(request, tmp_path):
    """Makes a storage with a serializer, in one place for all of a test."""
    s3 = request.param == "S3" and request.getfixturevalue("s3")

    def make(serializer):
        if s3:
            key, secret = s3["aws_access_key_id"], s3["aws_secret_access_key"]
            pars = dict(key=key, secret=secret, client_kwargs={"endpoint_url": s3["aws_endpoint"], "region_name": "us-east-1"})
            made = double.S3Storage(f"bucket/{tmp_path.name}", pars)
        else:
            made = double.FileStorage(str(tmp_path))
        made.register_persistent_serializers(serializer)
        return made

    return make


def squares():
    array = da.from_array(np.arange(10_000), chunks=(1000,))
    return array * array


def test_what_it_saves_is_read_lazily_and_removed(make, request, monkeypatch):
    storage = make(DaskArraySerializer)
    value = {"name": "squares", "array": squares(), "grid": da.ones((6, 5), chunks=(4, 5), dtype="f4")}
    storage.save("flow", "task", value)
    loaded = storage.read_task("flow", "task")
    assert loaded["name"] == "squares" and isinstance(loaded["array"], da.Array)
    assert loaded["array"].chunks == value["array"].chunks and loaded["grid"].dtype == "f4"
    np.testing.assert_array_equal(loaded["array"].compute(), np.arange(10_000) ** 2)
    np.testing.assert_array_equal(loaded["grid"][3:, 1].compute(), np.ones(3, "f4"))
    # As to a worker of a cluster, which has the credentials in its environment.
    pickled = pickle.dumps(loaded["grid"])
    if isinstance(storage, double.S3Storage):
        for name in ("aws_access_key_id", "aws_secret_access_key"):
            secret = request.getfixturevalue("s3")[name]
            assert secret.encode() not in pickled
            monkeypatch.setenv(name.upper(), secret)
    np.testing.assert_array_equal(pickle.loads(pickled).compute(), np.ones((6, 5), "f4"))
    storage.remove_task("flow", "task")
    with pytest.raises(errors.ArraystowError):
        loaded["array"].compute()


def test_each_reads_what_the_other_writes(make):
    ours, theirs = make(DaskArraySerializer), make(double.TheirSerializer)
    for writer, reader in [(ours, theirs), (theirs, ours)]:
        writer.save("flow", "task", [squares(), "text"])
        array, text = reader.read_task("flow", "task")
        assert text == "text" and array.dtype == np.arange(1).dtype and array.chunks == squares().chunks
        np.testing.assert_array_equal(array.compute(), np.arange(10_000) ** 2)


def test_a_storage_without_a_known_protocol_is_refused():
    with pytest.raises(ValueError, match="'file_protocol' or 's3 protocol'.* only 'other'"):
        DaskArraySerializer.pickle(squares(), {"other": None})


def test_the_region_is_that_of_the_client_or_of_the_environment():
    class Client:
        client_kwargs = {"region_name": "eu-north-1", "endpoint_url": "http://localhost:1"}

    assert functionfuse._options(Client())[0]["region"] == "eu-north-1"
    Client.client_kwargs = {}
    assert functionfuse._options(Client()) == ({}, {}), "AWS_REGION of the environment would not count"


def test_damage_and_failures_are_errors(make):
    storage = make(DaskArraySerializer)
    with pytest.raises(errors.UserCodeError):
        storage.save("flow", "task", squares().map_blocks(lambda block: 1 / 0, dtype="i8", meta=np.zeros(0)))
    storage.save("flow", "task", squares())
    loaded = storage.read_task("flow", "task")
    if isinstance(storage, double.FileStorage):
        (file,) = os.scandir(os.path.join(storage.path, "flow", "bigdata"))
        with open(file, "r+b") as damaged:
            damaged.seek(file.stat().st_size // 2)
            damaged.write(b"\xff" * 8)
        with pytest.raises(errors.CorruptError):
            loaded.compute()
