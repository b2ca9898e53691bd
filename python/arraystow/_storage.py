"""Storages."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, overload

import numpy as np

from . import _cluster, _dask, _shape, errors
from ._array import Array
from ._async import async_form, in_thread
from ._external import External
from ._native import RawArray, RawStorage
from ._plain import Plain, Single
from ._session import Session, Slot

T = TypeVar("T")
#: Called with the bytes that are done and all bytes, as far as they are known.
Progress = Callable[[int, int], Any]

#: What the library reports, as it is in JSON.
Reports = list[dict[str, Any]]
#: Names of values.
Names = list[str]

#: Options with these words in their names are not pickled: the same as in the library's src/protocol/url.rs.
_SECRET = ("secret", "key", "token", "password", "credential", "sas", "proxy")
#: Options with such a word that are no secrets.
_PUBLIC = ("aws_sse_kms_key_id",)


class Storage:
    """Named values in a folder, or in a folder of an object store.

    Args:
        place: a folder, or a URL such as ``s3://bucket/folder``.
        options: options of the object store, such as ``aws_endpoint``, and ``codec``, ``format``, ``array_format``
            (``"hdf5"`` or ``"zarr"``), ``durability`` (``"synced"`` or ``"not-synced"``), ``zarr_version``,
            ``shard_bytes``.

    A storage can be pickled. Options that are secrets are left out: the process that reads the pickle takes them from
    its environment.
    """

    def __init__(self, place: str | os.PathLike[str], **options: Any) -> None:
        self._place = os.fspath(place)
        if "://" not in self._place:
            self._place = os.path.abspath(self._place)
        self._options = options
        self._raw = RawStorage(self._place, options)

    @property
    def place(self) -> str:
        """The folder or URL."""
        return self._place

    def __repr__(self) -> str:
        return f"arraystow.Storage({self._place!r})"

    def __reduce__(self) -> Any:
        kept = {name: value for name, value in self._options.items() if not _is_secret(name.lower())}
        return _opened, (self._place, kept)

    @overload
    def load(self, name: str, *, progress: Progress | None = None) -> Any: ...
    @overload
    def load(self, name: str, *, as_: type[T], progress: Progress | None = None) -> T: ...
    def load(self, name: str, *, as_: Any = None, progress: Progress | None = None) -> Any:
        """The value of that name: dicts, lists, numbers, strings, bytes, and arrays as lazy :class:`Array`.

        Small arrays come as ``numpy`` arrays. A value that several places share is one object.

        Args:
            as_: a dataclass, a named tuple, a model of pydantic or attrs, or a container of these such as
                ``list[Survey]``, that the value becomes.
            progress: called with the bytes that are done and all bytes.

        Raises:
            NotFoundError: if there is no value of that name.
            TypeError: if the value has another shape than ``as_``; the text has the path.
        """
        return self.load_versioned(name, as_=as_, progress=progress)[0]

    @overload
    def load_versioned(self, name: str, *, progress: Progress | None = None) -> tuple[Any, str]: ...
    @overload
    def load_versioned(self, name: str, *, as_: type[T], progress: Progress | None = None) -> tuple[T, str]: ...
    def load_versioned(self, name: str, *, as_: Any = None, progress: Progress | None = None) -> tuple[Any, str]:
        """The value, and its version for :meth:`save`."""
        arrays: list[tuple[Array, str]] = []

        def array(raw: RawArray, path: str) -> Array:
            arrays.append((Array(raw), path))
            return arrays[-1][0]

        value, version = self._raw.load(name, array, _inline, External, progress)
        for made, path in arrays:
            made._source = InStorage(self, name, path, made._raw.file)
        return (value if as_ is None else _shape.shaped(value, as_)), version

    def save(
        self,
        name: str,
        value: Any,
        *,
        version: str | None = None,
        rechunk: bool = False,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Saves a value: plain objects, dataclasses, models of pydantic and attrs, arrays of numpy, dask and xarray.

        A value that is there already is replaced, in one step, when everything is written. Arrays of dask are computed
        chunk by chunk; on a cluster (``distributed.Client``) its workers write them.

        Args:
            version: the version that the value must still have.
            rechunk: whether dask makes the chunks of an array equal where a cluster writes it, which needs that. Such an
                array is refused otherwise.
            progress: called with the bytes that are done and all bytes.

        Returns:
            The report of the save, with its ``version``.

        Raises:
            TypeError: if something in the value cannot be saved; the text has the path.
            ConflictError: if the value has another version.
        """
        if version is None and _dask.is_distributed():
            return _cluster.save(self, name, value, rechunk, progress)
        if version in ("", "create", "replace"):
            raise ValueError(f"{version!r} is no version: load_versioned() returns it")
        plain = Plain(_dask.computed).of(value)
        return json.loads(self._raw.save(name, plain, Single, version or "replace", progress))  # type: ignore[no-any-return]

    def create(self, name: str, value: Any, *, progress: Progress | None = None) -> dict[str, Any]:
        """As :meth:`save`, but a value that is there already stays. Arrays of dask are computed here, also on a cluster.

        Raises:
            AlreadyExistsError: if there is one.
        """
        return json.loads(self._raw.save(name, Plain(_dask.computed).of(value), Single, "create", progress))  # type: ignore[no-any-return]

    def begin(self, name: str, value: Any) -> Session:
        """Begins to save a value whose :func:`~arraystow.pending` arrays other processes write.

        The old value stays until the session is committed. A process that gets a ticket writes its part with
        :meth:`slot`, and returns a receipt.

        Raises:
            ValueError: if two pending arrays have the same path, by which the tickets are found.
        """
        raw = self._raw.begin(name, Plain(_dask.computed).of(value), Single)
        paths = [path for path, _ in raw.tickets()]
        for at, path in enumerate(paths):
            if path in paths[:at]:
                raw.abandon()
                raise ValueError(f"{path}: two pending arrays have this path: rename a key, such as one with a dot")
        return Session(raw)

    def resume(self, name: str, id: str) -> Session:
        """The session of that id, which another process has begun.

        Raises:
            GoneError: if it is over.
        """
        return Session(self._raw.resume(name, id))

    def slot(self, ticket: str) -> Slot:
        """Opens the pending array of a ticket, to write parts of it."""
        return Slot(self._raw.slot(ticket))

    def update(
        self, name: str, change: Callable[[Any], Any], *, tries: int = 100, progress: Progress | None = None
    ) -> Any:
        """Loads a value, changes it and saves it as one step: again, if another writer was faster.

        Args:
            change: called with the value; what it returns is saved, or the value itself if that is ``None``.
            progress: called with the bytes that are done and all bytes, of each load and each save.

        Returns:
            What was saved.
        """
        for left in reversed(range(tries)):
            value, version = self.load_versioned(name, progress=progress)
            changed = change(value)
            changed = value if changed is None else changed
            try:
                self.save(name, changed, version=version, progress=progress)
            except errors.ConflictError:
                if left == 0:
                    raise
            else:
                return changed
        raise ValueError("tries must be at least 1")

    def array(self, name: str, path: str) -> Array:
        """The array at a path of a value, such as ``"runs[3].field"``.

        Raises:
            NotFoundError: if there is none; the text has the nearest path.
        """
        raw = self._raw.array(name, path)
        return Array(raw, InStorage(self, name, path, raw.file))

    def version(self, name: str) -> str:
        """The version of a value."""
        return self._raw.version(name)

    def __contains__(self, name: str) -> bool:
        return self._raw.contains(name)

    def exists(self) -> bool:
        """Whether the storage exists. The first save makes it."""
        return self._raw.exists()

    def list(self, glob: str = "**") -> list[str]:
        """The names of the values that match a glob: ``*`` stays within a segment, ``**`` goes across."""
        return [entry["name"] for entry in json.loads(self._raw.list(glob))]

    def query(
        self, glob: str = "**", *conditions: tuple[str, str, Any], select: Iterable[str] = ()
    ) -> dict[str, dict[str, Any]]:
        """The values whose names match a glob and whose fields satisfy all conditions, in the order of their names.

        A condition is a path, a comparison and a number, a string, a date, a bool or ``None``:
        ``storage.query("runs/**", ("params.alpha", ">", 0.3))``. The comparisons are ``==``, ``!=``, ``<``, ``<=``,
        ``>``, ``>=`` and ``contains``, which is for strings. The simple fields of the values are kept in an index beside
        the arrays, so that the next query reads only what has changed.

        Args:
            select: the paths of more fields to return.

        Returns:
            For each name a dict with the fields of the conditions and of ``select``, by their paths. Fields that are no
            numbers, strings, bools or ``None`` are left out.

        Raises:
            CorruptError: if a value is damaged.
            TypeError: if ``select`` is a string: a list of paths is wanted.
        """
        if isinstance(select, str):
            raise TypeError(f"select={select!r} is one string: write a list of paths, as [{select!r}]")
        plain = Plain(_dask.computed)
        wanted = [(path, comparison, plain.of(value, path)) for path, comparison, value in conditions]
        return self._raw.query(glob, wanted, list(select), Single)

    def info(self, name: str) -> dict[str, Any]:
        """What is known of a value without reading it: its arrays with paths, data types, shapes, files, bytes."""
        return json.loads(self._raw.info(name))  # type: ignore[no-any-return]

    def remove(self, name: str) -> None:
        """Removes a value and its arrays."""
        self._raw.remove(name)

    def remove_matching(self, glob: str) -> Names:
        """Removes the values whose names match a glob, as for :meth:`list`, and their arrays.

        Returns:
            The names of what was removed.
        """
        return self._raw.remove_matching(glob)

    def rename(self, name: str, new_name: str, *, progress: Progress | None = None) -> dict[str, Any]:
        """Gives a value another name. In a folder, within one workflow, this is one step, and the arrays stay.

        Args:
            progress: called with the bytes that are done and all bytes, where arrays are copied.
        """
        return json.loads(self._raw.rename(name, new_name, progress))  # type: ignore[no-any-return]

    def copy(self, name: str, other: Storage, *, progress: Progress | None = None) -> dict[str, Any]:
        """Copies a value to another storage, under the same name."""
        return json.loads(self._raw.copy(name, other._raw, progress))  # type: ignore[no-any-return]

    def verify(self, name: str | None = None, *, depth: str = "deep", progress: Progress | None = None) -> Reports:
        """Compares checksums: of one value, or of all. A value is sound if its ``faults`` are empty."""
        if name is None:
            return json.loads(self._raw.verify_all(depth, progress))  # type: ignore[no-any-return]
        return [json.loads(self._raw.verify(name, depth, progress))]

    def sweep(self, *, remove: bool = False) -> Reports:
        """What saves that were killed have left behind; removed with ``remove=True``."""
        return json.loads(self._raw.sweep(remove))  # type: ignore[no-any-return]

    @overload
    async def load_async(self, name: str, *, progress: Progress | None = None) -> Any: ...
    @overload
    async def load_async(self, name: str, *, as_: type[T], progress: Progress | None = None) -> T: ...
    async def load_async(self, name: str, *, as_: Any = None, progress: Progress | None = None) -> Any:
        """As :meth:`load`, in a thread: the event loop goes on. Cancelled, it stops."""
        return (await self.load_versioned_async(name, as_=as_, progress=progress))[0]

    @overload
    async def load_versioned_async(self, name: str, *, progress: Progress | None = None) -> tuple[Any, str]: ...
    @overload
    async def load_versioned_async(
        self, name: str, *, as_: type[T], progress: Progress | None = None
    ) -> tuple[T, str]: ...
    async def load_versioned_async(
        self, name: str, *, as_: Any = None, progress: Progress | None = None
    ) -> tuple[Any, str]:
        """As :meth:`load_versioned`, in a thread: the event loop goes on. Cancelled, it stops."""
        return await in_thread(lambda: self.load_versioned(name, as_=as_, progress=progress))

    save_async = async_form(save)
    create_async = async_form(create)
    update_async = async_form(update)
    begin_async = async_form(begin)
    resume_async = async_form(resume)
    slot_async = async_form(slot)
    array_async = async_form(array)
    version_async = async_form(version)
    contains_async = async_form(__contains__)
    exists_async = async_form(exists)
    list_async = async_form(list)
    query_async = async_form(query)
    info_async = async_form(info)
    remove_async = async_form(remove)
    remove_matching_async = async_form(remove_matching)
    rename_async = async_form(rename)
    copy_async = async_form(copy)
    verify_async = async_form(verify)
    sweep_async = async_form(sweep)


@dataclass(frozen=True)
class InStorage:
    """An array of a document."""

    storage: Storage
    name: str
    path: str
    file: str | None

    def open(self) -> Array:
        raw = self.storage._raw.array(self.name, self.path)
        if raw.file != self.file:
            text = f"the array at {self.path!r} of {self.name!r} was replaced after it was loaded: load it again"
            raise errors._of_kind("gone", text, self.path, self.name, self.file, None, [])
        return Array(raw, self)


def _is_secret(name: str) -> bool:
    return name not in _PUBLIC and any(word in name for word in _SECRET)


def _opened(place: str, options: dict[str, Any]) -> Storage:
    return Storage(place, **options)


def _inline(data_type: str | None, shape: list[int], elements: list[Any]) -> Any:
    """A small array that is in the document itself."""
    if data_type is None or data_type == "string" or not data_type[0].isalpha():
        made = np.empty(len(elements), object)
        made[:] = elements
        return made.reshape(shape)
    if data_type.startswith("complex"):
        elements = [complex(*pair) for pair in elements]
    return np.array(elements, data_type).reshape(shape)
