"""Reads storages by docs/layout.md alone, and checks every hash and checksum that the page defines.

Usage: layout.py FOLDER; prints how many documents, arrays in HDF5, arrays in Zarr and external files were checked.
"""

import io
import json
import pathlib
import struct
import sys

import cbor2
import google_crc32c
import h5py
from blake3 import blake3

MAGIC = bytes.fromhex("894153544f570d0a")
counts = {"documents": 0, "hdf5": 0, "zarr": 0, "files": 0, "shared": 0}


def crc(data):
    return google_crc32c.value(data)


def derived(context, *parts):
    hasher = blake3(derive_key_context=context)
    for part in parts:
        hasher.update(part)
    return hasher.hexdigest()


def u64(number):
    return struct.pack("<Q", number)


def parse(name, data):
    """One value of the format, and what follows it."""
    if name == "cbor":
        stream = io.BytesIO(data)
        value = cbor2.CBORDecoder(stream).decode()
        return value, data[stream.tell():]
    text = data.decode()
    start = len(text) - len(text.lstrip())
    value, end = json.JSONDecoder().raw_decode(text, start)
    return value, text[end:].encode()


def document(path):
    data = path.read_bytes()
    version, name_len = struct.unpack_from("<HB", data, 8)
    assert data[:8] == MAGIC and version == 1, path
    at = 11 + name_len
    name = data[11:at].decode()
    (manifest_len,) = struct.unpack_from("<Q", data, at)
    end = at + 8 + manifest_len
    manifest = cbor2.loads(data[at + 8:end])
    head = blake3(data[:end]).digest()
    assert data[end:end + 32] == head, path
    (body_len,) = struct.unpack_from("<Q", data, end + 32)
    body = data[end + 40:end + 40 + body_len]
    tail = blake3(head + u64(body_len) + body).digest()
    assert data[end + 40 + body_len:] == tail, path
    return name, manifest, body


def values(name, manifest, body):
    """All values of a body: the root and the pieces."""
    shared = manifest.get("shared")
    if shared is None:
        value, rest = parse(name, body)
        assert rest == b""
        return [value]
    value, rest = parse(name, body[:shared["root"]])
    assert rest == b""
    found = [value]
    at = shared["root"] + shared["table"]
    lengths, rest = parse(name, body[shared["root"]:at])
    assert rest == b""
    for number, length in enumerate(lengths, 1):
        if length == 0:
            continue
        (piece, _), rest = parse(name, body[at:at + length])
        assert 0 <= piece < number + len(lengths)
        value, rest = parse(name, rest)
        assert rest == b""
        found.append(value)
        at += length
        counts["shared"] += 1
    assert at == len(body)
    return found


def ids(value):
    """All persistent ids of arrays in a value."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from ids(key)
            yield from ids(child)
    elif isinstance(value, (list, tuple)):
        if len(value) == 2 and value[0] == "HDFSerializer":
            yield value[1][1]
        else:
            for child in value:
                yield from ids(child)


def said(description, entry):
    """The labels of an array. The manifest and the array have the same."""
    labels = description.get("labels", {})
    assert labels == entry.get("labels", {}), (labels, entry)
    return labels


def hdf5(path, entry):
    data = path.read_bytes()
    with h5py.File(path, "r") as file:
        dataset = file["dask_arrays"]
        described = dataset.attrs["arraystow"]
        described = described if isinstance(described, bytes) else described.encode()
        description = json.loads(described)
        shape = tuple(sum(length * count for length, count in axis) for axis in entry["chunks"])
        assert dataset.shape == shape and description["chunks"] == entry["chunks"], path
        assert description["data_type"] == entry["data_type"], path
        labels = said(description, entry)
        for axis, dim in enumerate(labels.get("dims", [])):
            assert [scale.name for scale in dataset.dims[axis].values()] == ["/" + dim], path
        for name, value in labels.get("attrs", {}).items():
            found = dataset.attrs[name]
            found = found.decode() if isinstance(found, bytes) else found.tolist()
            found = [text.decode() for text in found] if isinstance(value, list) and isinstance(value[0], str) else found
            assert found == value, (path, name, found)
        is_text = entry["data_type"] == "string"
        if "fill" in labels and not is_text:
            assert dataset.attrs["_FillValue"].tobytes() == bytes(labels["fill"]), path
        assert list(dataset.chunks or ()) == description["stored_chunk"], path
        if dataset.chunks is None:
            # A scalar, or an array of one piece.
            chunks = [(dataset.id.get_offset(), dataset.id.get_storage_size())] if dataset.size else []
        else:
            infos = [dataset.id.get_chunk_info(index) for index in range(dataset.id.get_num_chunks())]
            infos.sort(key=lambda info: info.chunk_offset)
            chunks = [(info.byte_offset, info.size) for info in infos]
        place = "arraystow_crc32c" if description["version"] == 1 else "arraystow/crc32c"
        sums = file[place][:].tolist() if chunks else []
        if is_text: assert [crc(texts) for texts in packed(dataset, description["stored_chunk"])] == sums, path
    if not is_text: assert [crc(data[at:at + size]) for at, size in chunks] == sums, path
    table = b"".join(struct.pack("<I", value) for value in sums)
    context = "arraystow 2026 HDF5 array: description and checksums"
    assert derived(context, u64(len(described)), described, table) == entry["digest"], path
    assert len(data) == entry["bytes"], path
    if "rest" in entry:
        rest, at = bytearray(), 0
        for start, size in sorted(chunks) + [(len(data), 0)]:
            rest += data[at:start]
            at = max(at, start + size)
        context = "arraystow 2026 HDF5 file: all but the chunks"
        assert derived(context, u64(len(data)), bytes(rest)) == entry["rest"], path
    counts["hdf5"] += 1


def grid(shape, chunk):
    """Coordinates of all chunks in C order."""
    found = [()]
    for length, part in zip(shape, chunk):
        found = [at + (index,) for at in found for index in range(-(-length // part))]
    return found


def packed(dataset, chunk):
    """The texts of each chunk, each behind its length. Those beyond the edges are empty."""
    texts = dataset.asstr()
    for start in grid(dataset.shape, chunk):
        made = bytearray()
        for at in grid(chunk, [1] * len(chunk)):
            place = tuple(first * length + offset for first, length, offset in zip(start, chunk, at))
            is_inside = all(index < length for index, length in zip(place, dataset.shape))
            text = texts[place].encode() if is_inside else b""
            made += struct.pack("<I", len(text)) + text
        yield bytes(made)


def zarr(folder, entry):
    table = (folder / "arraystow_checksums").read_bytes()
    if (folder / "zarr.json").exists():
        metadata = (folder / "zarr.json").read_bytes()
        array = json.loads(metadata)
        chunk = array["chunk_grid"]["configuration"]["chunk_shape"]
        attributes = array["attributes"]
        description, names = attributes["arraystow"], array["dimension_names"]
        codecs = array["codecs"]
        key = lambda at: "/".join(["c", *map(str, at)])
    else:
        parts = [(folder / name).read_bytes() for name in (".zarray", ".zattrs")]
        metadata = b"".join(parts)
        array, attributes = map(json.loads, parts)
        chunk, codecs = array["chunks"], []
        description, names = attributes["arraystow"], attributes["_ARRAY_DIMENSIONS"]
        key = lambda at: ".".join(map(str, at)) if at else "0"
    assert description["chunks"] == entry["chunks"], folder
    label = "".join(c for c in folder.name if c.isalnum())[-12:]
    end = "" if description["version"] == 1 else "_" + label
    labels = said(description, entry)
    assert names == labels.get("dims", [f"dim_{axis}{end}" for axis in range(len(names))]), folder
    for name, value in labels.get("attrs", {}).items():
        assert attributes[name] == value, (folder, name)
    sharded = bool(codecs) and codecs[0]["name"] == "sharding_indexed"
    keys = [folder / key(at) for at in grid(array["shape"], chunk)]
    if sharded:
        parts = 1
        for whole, part in zip(chunk, codecs[0]["configuration"]["chunk_shape"]):
            parts *= whole // part
        entries = list(struct.iter_unpack("<QQI", table))
        assert len(entries) == parts * len(keys), folder
        for number, (at, size, value) in enumerate(entries):
            if size > 0:
                assert crc(keys[number // parts].read_bytes()[at:at + size]) == value, folder
    else:
        entries = list(struct.iter_unpack("<QI", table))
        assert entries == [(len(path.read_bytes()), crc(path.read_bytes())) for path in keys], folder
    context = "arraystow 2026 Zarr array: metadata and checksums"
    assert derived(context, u64(len(metadata)), metadata, table) == entry["digest"], folder
    counts["zarr"] += 1


def external(folder, entry):
    for file in entry["files"]:
        data = (folder / file["name"]).read_bytes()
        sums = "".join(f"{crc(data[at:at + (1 << 20)]):08x}" for at in range(0, len(data), 1 << 20))
        assert (len(data), sums) == (file["bytes"], file["checksums"]), file["name"]
        counts["files"] += 1


for path in sorted(pathlib.Path(sys.argv[1]).rglob("*")):
    if not path.is_file() or "bigdata" in path.parts or path.read_bytes()[:8] != MAGIC:
        continue
    name, manifest, body = document(path)
    counts["documents"] += 1
    files = {entry["id"][1][1] for entry in manifest["arrays"]}
    met = {file for value in values(name, manifest, body) for file in ids(value)}
    assert files == met, path
    bigdata = path.parent / "bigdata"
    for entry in manifest["arrays"]:
        serializer, (version, file) = entry["id"]
        assert serializer == "HDFSerializer" and version == "1.0.0", path
        if (bigdata / file).is_file():
            hdf5(bigdata / file, entry)
        else:
            zarr(bigdata / "dask_arrays" / file, entry)
    for entry in manifest.get("objects", []):
        external(bigdata, entry)

print(json.dumps(counts))
