# What the Python package does, and what it is compared with. Prints the seconds, and the peak of memory in MiB.
import os, sys, time
import numpy as np

side, work, place = sys.argv[1:]
SIDE, CHUNK = 8192, 512
store = place.startswith("http")
endpoint = place.split(" ")[0]
KEY, SECRET = "test-key", "a-secret-that-must-stay-hidden"


def random():
    return np.random.default_rng(1).integers(0, 2**24, (SIDE, SIDE), dtype="u4").astype("f4")


def block(block_info=None):
    # What the tasks of a cluster compute.
    (top, bottom), (left, right) = block_info[None]["array-location"]
    return np.add.outer(np.arange(top, bottom, dtype="f4"), np.arange(left, right, dtype="f4"))


def with_package():
    import arraystow

    storage = arraystow.Storage(place, codec="none", durability="not-synced")
    if work == "save":
        x = random()
        return lambda: storage.save("it", x)

    def load():
        x = storage.load("it").compute()
        assert x.shape == (SIDE, SIDE) and x.dtype == np.float32

    return load


def with_cluster():
    import arraystow, dask.array as da
    from distributed import Client, LocalCluster

    cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0")
    client = Client(cluster)
    array = da.map_blocks(block, chunks=((CHUNK,) * (SIDE // CHUNK),) * 2, dtype="f4", meta=np.zeros((0, 0), "f4"))
    storage = arraystow.Storage(place, codec="none", durability="not-synced", array_format="zarr")
    # The workers have imported what they need, as our own imports are not timed.
    storage.save("before", da.ones((16, 16), chunks=1))

    def run():
        if side.startswith("arraystow"):
            storage.save("it", array)
        else:
            array.map_blocks(lambda chunk: chunk[:1, :1], meta=np.zeros((0, 0), "f4")).compute()

    return run


def with_serializer():
    import dask.array as da
    import functionfuse_double as double
    from arraystow.functionfuse import DaskArraySerializer

    serializer = DaskArraySerializer if side.startswith("arraystow") else double.TheirSerializer
    if store:
        pars = dict(key=KEY, secret=SECRET, client_kwargs={"endpoint_url": endpoint, "region_name": "us-east-1"})
        storage = double.S3Storage("bucket/" + "".join(filter(str.isalnum, side)), pars)
    else:
        storage = double.FileStorage(place)
    storage.register_persistent_serializers(serializer)
    array = da.from_array(random(), chunks=(CHUNK, CHUNK))
    return lambda: storage.save("flow", "it", {"name": "it", "array": array})


if __name__ == "__main__":
    if work == "serialize":
        run = with_serializer()
    elif side == "arraystow in Python":
        run = with_package()
    else:
        run = with_cluster()
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    # The peak of this process: getrusage has that of its parent too.
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
    print(seconds, int(peak.split()[1]) // 1024, flush=True)
    if work == "save-zarr":
        from distributed import get_client

        get_client().shutdown()
    # Threads of some libraries abort the interpreter when it ends in order.
    os._exit(0)
