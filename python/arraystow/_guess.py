"""Whether a folder is a storage, without a look at all of it."""

from __future__ import annotations

import itertools
import os

#: The most entries of a folder, and the most folders, that are looked at.
MOST_ENTRIES, MOST_FOLDERS = 100, 20
#: Entries that folders of other programs have.
_FOREIGN = ("zarr.json", ".zgroup", ".zarray", ".zmetadata")
_MAGIC = b"\x89ASTOW\r\n"
#: The opcodes before the magic of a document in pickle, and before its length.
_PICKLE, _PICKLE_HEAD = b"\x80\x04\x8e", 11


def looks_like_storage(folder: str) -> bool:
    """Whether one of the first entries is a document."""
    folders = [folder]
    for one in folders:
        try:
            with os.scandir(one) as listed:
                entries = list(itertools.islice(listed, MOST_ENTRIES))
            if any(entry.name in _FOREIGN for entry in entries):
                return False
            entries = [entry for entry in entries if not entry.name.startswith(".") and entry.name != "bigdata"]
            if any(entry.is_file() and _is_document(entry.path) for entry in entries):
                return True
            folders += [entry.path for entry in entries if entry.is_dir()][: MOST_FOLDERS - len(folders)]
        except OSError:
            continue
    return False


def _is_document(path: str) -> bool:
    with open(path, "rb") as file:
        head = file.read(_PICKLE_HEAD + len(_MAGIC))
    return head.startswith(_MAGIC) or (head.startswith(_PICKLE) and head[_PICKLE_HEAD:] == _MAGIC)
