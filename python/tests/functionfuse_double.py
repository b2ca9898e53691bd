"""FunctionFuse's file and S3 storages and its own serializer, written anew from what they do: the package is not on PyPI."""

import hashlib
import io
import os
import pickle
import posixpath
import uuid

import dask.array as da


class Storage:
    def __init__(self):
        self.by_class, self.by_name = {}, {}

    def register_persistent_serializers(self, *serializers):
        self.by_class |= {one.serializer_class: one for one in serializers}
        self.by_name |= {one.name: one for one in serializers}

    def _pickle(self, value, protocols):
        storage = self

        class Pickler(pickle.Pickler):
            def persistent_id(self, value):
                serializer = storage.by_class.get(type(value))
                return serializer and serializer.pickle(value, protocols)

        stream = io.BytesIO()
        Pickler(stream).dump(value)
        return stream.getvalue() + hashlib.sha1(stream.getvalue()).digest()

    def _walk(self, document, protocols, what):
        storage = self

        class Unpickler(pickle.Unpickler):
            def persistent_load(self, pid):
                name, id = pid
                return getattr(storage.by_name[name], what)(id, protocols)

        assert hashlib.sha1(document[:-20]).digest() == document[-20:], "Pickle hash does not match!"
        return Unpickler(io.BytesIO(document[:-20])).load()


class FileProtocol:
    def __init__(self, path):
        self.path = path

    def open(self, name, mode):
        return open(os.path.join(self.path, name), mode)

    def remove(self, name):
        os.remove(os.path.join(self.path, name))


class FileStorage(Storage):
    def __init__(self, path):
        super().__init__()
        self.path = path

    def _protocols(self, workflow):
        return {"file_protocol": FileProtocol(os.path.join(self.path, workflow, "bigdata"))}

    def save(self, workflow, name, value):
        os.makedirs(os.path.join(self.path, workflow, "bigdata"), exist_ok=True)
        with open(os.path.join(self.path, workflow, name), "wb") as file:
            file.write(self._pickle(value, self._protocols(workflow)))

    def read_task(self, workflow, name):
        with open(os.path.join(self.path, workflow, name), "rb") as file:
            return self._walk(file.read(), self._protocols(workflow), "unpickle")

    def remove_task(self, workflow, name):
        with open(os.path.join(self.path, workflow, name), "rb") as file:
            self._walk(file.read(), self._protocols(workflow), "remove")
        os.remove(os.path.join(self.path, workflow, name))


class S3Storage(Storage):
    def __init__(self, path, s3fs_pars):
        super().__init__()
        self.path, self.pars = f"s3://{path}", s3fs_pars

    def _s3(self):
        import s3fs

        return s3fs.S3FileSystem(**self.pars)

    def _protocols(self, workflow, s3):
        return {"s3 protocol": {"client": s3, "folder": posixpath.join(self.path, workflow, "bigdata")}}

    def save(self, workflow, name, value):
        s3 = self._s3()
        with s3.open(posixpath.join(self.path, workflow, name), "wb") as file:
            file.write(self._pickle(value, self._protocols(workflow, s3)))

    def read_task(self, workflow, name):
        s3 = self._s3()
        with s3.open(posixpath.join(self.path, workflow, name), "rb") as file:
            return self._walk(file.read(), self._protocols(workflow, s3), "unpickle")

    def remove_task(self, workflow, name):
        s3 = self._s3()
        path = posixpath.join(self.path, workflow, name)
        with s3.open(path, "rb") as file:
            self._walk(file.read(), self._protocols(workflow, s3), "remove")
        s3.rm_file(path)


class TheirSerializer:
    """What FunctionFuse's own serializer does, without a checksum and one chunk at a time."""

    name, serializer_class = "HDFSerializer", da.Array

    @classmethod
    def _root(cls, s3, **options):
        import zarr

        folder = posixpath.join(s3["folder"], "dask_arrays")
        store = zarr.storage.FsspecStore.from_url(folder, storage_options=s3["client"].storage_options)
        return zarr.open_group(store, **options)

    @classmethod
    def pickle(cls, value, protocols):
        import h5py

        name = str(uuid.uuid4())
        if "file_protocol" in protocols:
            with protocols["file_protocol"].open(name, "wb+") as raw, h5py.File(raw, "w") as file:
                da.store(value, file.create_dataset("dask_arrays", value.shape, value.dtype, chunks=value.chunksize))
        else:
            root = cls._root(protocols["s3 protocol"], mode="a", zarr_format=2)
            array = root.create_array(name, shape=value.shape, chunks=value.chunksize, dtype=value.dtype)
            da.store(value, array)
        return cls.name, ("0.0.0", name)

    @classmethod
    def unpickle(cls, pid, protocols):
        import h5py

        if "file_protocol" in protocols:
            dataset = h5py.File(protocols["file_protocol"].open(pid[1], "rb"), "r")["dask_arrays"]
        else:
            dataset = cls._root(protocols["s3 protocol"], mode="r")[pid[1]]
        return da.from_array(dataset, chunks=dataset.chunks)
