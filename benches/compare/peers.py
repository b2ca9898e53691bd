# What the other libraries do in each case. Prints the seconds, and the peak of memory in MiB.
import os, sys, time
import numpy as np

side, work, place = sys.argv[1:]
again, work = work.endswith("-again"), work.removesuffix("-again")
SIDE, CHUNK = 8192, 512
CHUNKS = SIDE // CHUNK
ONE = (slice(3 * CHUNK, 4 * CHUNK), slice(5 * CHUNK, 6 * CHUNK))
SCATTERED = [divmod((n * 37 + 11) % CHUNKS**2, CHUNKS) for n in range(100)]
store = place.startswith("http")
endpoint = place.split(" ")[0]
prefix = side.replace(" ", "-")


def random():
    return np.random.default_rng(1).integers(0, 2**24, (SIDE, SIDE), dtype="u4").astype("f4")


def smooth():
    y, x = np.ogrid[0:SIDE, 0:SIDE]
    y, x = (y / SIDE).astype("f4"), (x / SIDE).astype("f4")
    return np.sin(7 * x) * np.cos(5 * y) + np.float32(0.3) * np.sin(31 * x * y)


def data():
    return random() if work in ("save", "load") else smooth()


def state():
    i, j = np.ogrid[0:1500, 0:1000]
    return {f"layer{n}": (n * 7 + i * 1000 + j).astype("f4") for n in range(100)}


def block(at):
    return tuple(slice(n * CHUNK, (n + 1) * CHUNK) for n in at)


def sync(path):
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)


def publish(fresh, name):
    # As a careful program saves: the file, its name and the folder are on the disk.
    sync(fresh)
    os.rename(fresh, name)
    sync(os.path.dirname(name))


def with_numpy():
    path = f"{place}/it.npy"
    if work == "save":
        x = random()
        return lambda: np.save(path, x)
    return lambda: check(np.load(path))


def with_h5py():
    import h5py

    path = f"{place}/it.h5"
    if work == "save":
        x = random()

        def save():
            with h5py.File(path, "w") as file:
                file.create_dataset("it", data=x, chunks=(CHUNK, CHUNK))

        return save
    if work == "small":

        def small():
            for step in range(100):
                fresh = f"{place}/fresh"
                with h5py.File(fresh, "w") as file:
                    file.attrs.update(name="run", step=step, alpha=0.5)
                    file["field"] = np.full((16, 16), float(step))
                publish(fresh, f"{place}/{step}")

        return small
    if work == "many":
        arrays = [np.full((64, 64), float(n), "f4") for n in range(1000)]

        def many():
            with h5py.File(path, "w") as file:
                for n, x in enumerate(arrays):
                    file[str(n)] = x

        return many

    def load():
        with h5py.File(path) as file:
            check(file["it"][ONE] if work == "one-chunk" else file["it"][...])

    return load


def zarr_store():
    if not store:
        return f"{place}/it.zarr"
    import obstore
    from zarr.storage import ObjectStore

    client = obstore.store.S3Store(
        "bucket", prefix=f"{prefix}/it.zarr", endpoint=endpoint, access_key_id="test-key", secret_access_key="a-secret-that-must-stay-hidden",
        region="us-east-1", client_options={"allow_http": True},
    )
    return ObjectStore(client)


def with_zarr():
    import zarr

    if not store:
        zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"})
    zarr.config.set({"async.concurrency": 64})
    to = zarr_store()
    if work.startswith("save"):
        x = data()
        codecs = zarr.codecs.ZstdCodec(level=1) if work == "save-zstd" else None

        def save():
            array = zarr.create_array(
                to, shape=x.shape, chunks=(CHUNK, CHUNK), dtype=x.dtype, compressors=codecs, overwrite=True
            )
            array[...] = x

        return save

    def load():
        array = zarr.open_array(to, mode="r")
        if work == "one-chunk":
            check(array[ONE])
        elif work == "100-chunks":
            import concurrent.futures

            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                for part in pool.map(lambda at: array[block(at)], SCATTERED):
                    check(part)
        else:
            check(array[...])

    return load


def with_tensorstore():
    import tensorstore as ts

    if store:
        os.environ.update(AWS_ACCESS_KEY_ID="test-key", AWS_SECRET_ACCESS_KEY="a-secret-that-must-stay-hidden")
        kvstore = {"driver": "s3", "bucket": "bucket", "endpoint": endpoint, "path": f"{prefix}/it/", "aws_region": "us-east-1"}
    else:
        kvstore = {"driver": "file", "path": f"{place}/it/", "file_io_sync": False}
    context = {"s3_request_concurrency": {"limit": 64}} if store else {}
    spec = {"driver": "zarr3", "kvstore": kvstore, "context": context}
    if work.startswith("save"):
        x = data()
        codecs = [{"name": "bytes", "configuration": {"endian": "little"}}]
        if work == "save-zstd":
            codecs.append({"name": "zstd", "configuration": {"level": 1}})
        if work == "save-blosc":
            codecs.append({"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": 4}})
        metadata = {
            "shape": x.shape,
            "data_type": "float32",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": (CHUNK, CHUNK)}},
            "codecs": codecs,
        }

        def save():
            array = ts.open({**spec, "metadata": metadata, "create": True, "delete_existing": True}).result()
            array.write(x).result()

        return save

    def load():
        array = ts.open(spec).result()
        if work == "one-chunk":
            check(array[ONE].read().result())
        elif work == "100-chunks":
            for part in [array[block(at)].read() for at in SCATTERED]:
                check(part.result())
        else:
            check(array.read().result())

    return load


def with_dask():
    import dask.array as da

    path = f"{place}/it.zarr"
    if work == "save":
        x = da.from_array(random(), chunks=(CHUNK, CHUNK))
        return lambda: x.to_zarr(path, zarr_array_kwargs={"overwrite": True})
    return lambda: check(da.from_zarr(path).compute())


def with_joblib():
    import joblib

    path = f"{place}/it"
    if work == "small":

        def small():
            for step in range(100):
                value = dict(name="run", step=step, alpha=0.5, field=np.full((16, 16), float(step)))
                joblib.dump(value, f"{place}/fresh")
                publish(f"{place}/fresh", f"{place}/{step}")

        return small
    if work == "many":
        arrays = [np.full((64, 64), float(n), "f4") for n in range(1000)]
        return lambda: joblib.dump(arrays, path)
    if work == "save-state":
        x = state()

        def save():
            joblib.dump(x, f"{place}/fresh")
            publish(f"{place}/fresh", path)

        return save
    return lambda: check_state(joblib.load(path))


def with_pickle():
    import pickle

    path = f"{place}/it"
    if work == "save-state":
        x = state()

        def save():
            with open(f"{place}/fresh", "wb") as file:
                pickle.dump(x, file, protocol=5)
            publish(f"{place}/fresh", path)

        return save

    def load():
        with open(path, "rb") as file:
            check_state(pickle.load(file))

    return load


def with_safetensors():
    from safetensors.numpy import load_file, save_file

    path = f"{place}/it"
    if work == "save-state":
        x = state()

        def save():
            save_file(x, f"{place}/fresh")
            publish(f"{place}/fresh", path)

        return save
    return lambda: check_state(load_file(path))


def check(x):
    assert x.dtype == np.float32 and x.size in (SIDE * SIDE, CHUNK * CHUNK), (x.dtype, x.shape)


def check_state(x):
    assert sum(float(tensor[7, 3]) for tensor in x.values()) > 700_000


prepare = {
    "numpy": with_numpy,
    "h5py": with_h5py,
    "zarr-python with zarrs": with_zarr,
    "zarr-python with obstore": with_zarr,
    "tensorstore": with_tensorstore,
    "dask": with_dask,
    "joblib": with_joblib,
    "pickle": with_pickle,
    "safetensors": with_safetensors,
}
run = prepare[side]()
if work.startswith(("load", "one", "100")) and side.startswith("zarr-python with zarrs"):
    import zarrs  # not timed, as the other imports
if again:
    run()
start = time.perf_counter()
run()
seconds = time.perf_counter() - start
# The peak of this process: getrusage has that of its parent too.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(seconds, int(peak.split()[1]) // 1024, flush=True)
# Threads of some libraries abort the interpreter when it ends in order.
os._exit(0)
