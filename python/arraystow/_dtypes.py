"""The library's data types as numpy's, and back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

_NUMBERS = (
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()
)


def to_numpy(data_type: str) -> np.dtype[Any]:
    """The dtype of arrays of this data type.

    Strings of any length are objects. An enumeration is its integers, with the names in ``dtype.metadata["enum"]``.
    """
    return _of(json.loads(data_type) if data_type.startswith("{") else data_type)


def _of(data_type: Any) -> np.dtype[Any]:
    if isinstance(data_type, dict):
        ((kind, parts),) = data_type.items()
        if kind == "record":
            return np.dtype([(name, _of(part)) for name, part in parts])
        if kind == "enum":
            base, names = parts
            return np.dtype(_of(base), metadata={"enum": dict(names)})
        if kind == "subarray":
            element, shape = parts
            return np.dtype((_of(element), tuple(shape)))
        raise TypeError(f"a data type of the kind {kind!r} is not known to this version of the package")
    if data_type in _NUMBERS:
        number: np.dtype[Any] = np.dtype(data_type)
        return number
    if data_type == "bfloat16":
        try:
            import ml_dtypes
        except ImportError as error:
            raise TypeError("arrays of bfloat16 need the package ml_dtypes: pip install ml_dtypes") from error
        brain: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
        return brain
    if data_type == "string":
        return np.dtype(object)
    if data_type.startswith("text["):
        return np.dtype(f"S{data_type[5:-1]}")
    if data_type.startswith("bytes["):
        return np.dtype(f"V{data_type[6:-1]}")
    if data_type.startswith("datetime64["):
        return np.dtype(f"<M8[{data_type[11:-1]}]")
    if data_type.startswith("timedelta64["):
        return np.dtype(f"<m8[{data_type[12:-1]}]")
    raise TypeError(f"the data type {data_type} is not known to this version of the package")


def from_numpy(dtype: np.dtype[Any]) -> str:
    """The data type of arrays of this dtype.

    Raises:
        TypeError: if there is none.
    """
    data_type = _to(dtype)
    return data_type if isinstance(data_type, str) else json.dumps(data_type)


def saved_as(dtype: np.dtype[Any]) -> str:
    """As :func:`from_numpy`, where arrays of strings and objects are strings of any length."""
    return "string" if is_strings(dtype) else from_numpy(dtype)


def _to(dtype: np.dtype[Any]) -> Any:
    if dtype.subdtype is not None:
        element, shape = dtype.subdtype
        return {"subarray": [_to(element), list(shape)]}
    if dtype.names is not None:
        return {"record": [[name, _to(part)] for name, part in _parts(dtype)]}
    if dtype.metadata and "enum" in dtype.metadata:
        return {"enum": [dtype.name, [[name, int(value)] for name, value in dtype.metadata["enum"].items()]]}
    if dtype.name in _NUMBERS or dtype.name == "bfloat16":
        return dtype.name
    if dtype.kind in "mM":
        unit, count = np.datetime_data(dtype)
        if count != 1 or unit not in ("s", "ms", "us", "ns"):
            raise TypeError(f"the dtype {dtype} cannot be saved: convert it to the unit s, ms, us or ns")
        return f"{'datetime64' if dtype.kind == 'M' else 'timedelta64'}[{unit}]"
    if dtype.kind == "S":
        return f"text[{dtype.itemsize}]"
    if dtype.kind == "V" and dtype.type is np.void:
        # Other types of this kind are numbers of ml_dtypes, such as float8_e4m3fn.
        return f"bytes[{dtype.itemsize}]"
    raise TypeError(f"arrays of the dtype {dtype} cannot be saved")


def _parts(dtype: np.dtype[Any]) -> list[tuple[str, np.dtype[Any]]]:
    fields: Any = dtype.fields
    return [(name, fields[name][0]) for name in dtype.names or ()]


def packed(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of the same elements as the library has their bytes: little-endian, without gaps."""
    if dtype.subdtype is not None:
        element, shape = dtype.subdtype
        return np.dtype((packed(element), shape))
    if dtype.names is not None:
        return np.dtype([(name, packed(part)) for name, part in _parts(dtype)])
    return dtype.newbyteorder("<")


def packed_strings(values: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Strings as the library has their bytes: each its length in four bytes, and then its UTF-8.

    Raises:
        TypeError: if an element is no string.
    """
    parts = []
    for text in values.ravel():
        if not isinstance(text, str):
            raise TypeError(f"an array of objects can be saved if all are strings, and {text!r} is none")
        encoded = text.encode()
        parts += [len(encoded).to_bytes(4, "little"), encoded]
    return np.frombuffer(b"".join(parts), np.uint8)


def iso(times: Any) -> Any:
    """Times of numpy as texts in ISO format, in lists as the array has axes. NaT is ``None``."""
    texts = np.asarray(np.datetime_as_string(times), object)
    texts[np.isnat(times)] = None
    return texts.tolist()


def is_strings(dtype: np.dtype[Any]) -> bool:
    """Whether arrays of this dtype are saved as strings of any length."""
    return dtype.kind in "OUT"
