"""The serializer for arrays of dask that FunctionFuse's storages take, with checksums, in parallel, in bounded memory.

Users of FunctionFuse change one import::

    from arraystow.functionfuse import DaskArraySerializer

    storage = storage_factory({"kind": "file", "options": {"path": "results"}})
    storage.register_persistent_serializers(DaskArraySerializer)

What FunctionFuse's own serializer has written is read, and what this one writes, the other one reads.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, ClassVar

import dask.array

from ._array import Array
from ._dask import computed
from ._native import RawPlace

#: FunctionFuse's names of its protocols.
FILE_PROTOCOL = "file_protocol"
S3_PROTOCOL = "s3 protocol"


class DaskArraySerializer:
    """Keeps arrays of dask out of pickles: in HDF5 files, or as Zarr arrays on S3.

    Its functions are those that FunctionFuse's storages call. ``protocols`` maps :data:`FILE_PROTOCOL` to an object with
    the ``path`` of a folder, or :data:`S3_PROTOCOL` to a ``client`` of s3fs and a ``folder``.
    """

    name: ClassVar[str] = "HDFSerializer"
    datapath: ClassVar[str] = "dask_arrays"
    serializer_class: ClassVar[type] = dask.array.Array

    @classmethod
    def pickle(cls, obj: dask.array.Array, protocols: dict[str, Any]) -> tuple[str, tuple[str, str]]:
        """Writes an array, chunk by chunk. Returns its persistent id.

        Raises:
            ArraystowError: if the array cannot be written. What was written is removed.
        """
        version, file = _place(protocols).open().write(computed(obj))
        return cls.name, (version, file)

    @classmethod
    def unpickle(cls, pid: tuple[str, str], protocols: dict[str, Any]) -> dask.array.Array:
        """The array of an id, as a lazy one of dask with the stored chunks."""
        version, file = pid
        return _Stored(_place(protocols), version, file).open().to_dask()

    @classmethod
    def remove(cls, pid: tuple[str, str], protocols: dict[str, Any]) -> None:
        """Removes the array of an id."""
        _place(protocols).open().remove(*pid)


@dataclass(frozen=True)
class _Folder:
    path: str

    def open(self) -> RawPlace:
        return RawPlace.folder(self.path)


@dataclass(frozen=True)
class _Bucket:
    bucket: str
    folder: str
    options: dict[str, str]
    #: Not pickled: the process that reads the pickle takes them from its environment.
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def open(self) -> RawPlace:
        return RawPlace.bucket(self.bucket, self.folder, self.options | self.secrets)

    def __reduce__(self) -> Any:
        return _Bucket, (self.bucket, self.folder, self.options)


@dataclass(frozen=True)
class _Stored:
    place: _Folder | _Bucket
    version: str
    file: str

    @property
    def path(self) -> None:
        return None

    def open(self) -> Array:
        return Array(self.place.open().read(self.version, self.file), self)


def _place(protocols: dict[str, Any]) -> _Folder | _Bucket:
    if FILE_PROTOCOL in protocols:
        return _Folder(os.path.abspath(protocols[FILE_PROTOCOL].path))
    if S3_PROTOCOL not in protocols:
        raise ValueError(
            f"arrays are stored by {FILE_PROTOCOL!r} or {S3_PROTOCOL!r}, and the storage of FunctionFuse has only "
            f"{', '.join(map(repr, protocols)) or 'none'}"
        )
    s3 = protocols[S3_PROTOCOL]
    bucket, _, folder = s3["folder"].removeprefix("s3://").partition("/")
    return _Bucket(bucket, folder, *_options(s3["client"]))


def _options(client: Any) -> tuple[dict[str, str], dict[str, str]]:
    """What a client of s3fs knows of its server, and its credentials."""
    more = dict(getattr(client, "client_kwargs", None) or {})
    endpoint = getattr(client, "endpoint_url", None) or more.get("endpoint_url")
    # Without a region, that of the environment is taken, and us-east-1 if there is none.
    options = {"region": more["region_name"]} if more.get("region_name") else {}
    if endpoint:
        options |= {"endpoint": endpoint, "allow_http": str(endpoint.startswith("http://")).lower()}
    if getattr(client, "anon", False):
        options["skip_signature"] = "true"
    secrets = {
        "access_key_id": getattr(client, "key", None) or more.get("aws_access_key_id"),
        "secret_access_key": getattr(client, "secret", None) or more.get("aws_secret_access_key"),
        "session_token": getattr(client, "token", None) or more.get("aws_session_token"),
    }
    return options, {name: value for name, value in secrets.items() if value}
