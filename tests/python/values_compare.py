"""Compares what arraystow read of the files of `values_make.py` with what h5py reads: every bit and the type.

Next to each file lies what was read of it: `NAME.values`, the bytes of its elements, little-endian, or `NAME.error`."""
import os, sys
import numpy as np, h5py

folder, count = sys.argv[1], 0
for line in sys.stdin:
    name, wanted = line.rstrip("\n").split(" ", 1)
    if wanted.startswith("refused"):
        continue
    path = f"{folder}/{name}"
    error = open(f"{path}.error").read() if os.path.exists(f"{path}.error") else None
    with h5py.File(path, "r") as file:
        dataset = file["dask_arrays"]
        if os.path.exists(f"{path}.npy"):
            expected = np.load(f"{path}.npy")
        else:
            try:
                expected = dataset[...]
            except OSError as refusal:
                assert "no data can be read" in str(refusal), (name, refusal)
                assert error and "was never written and has no fill value" in error, (name, error)
                count += 1
                continue
        assert error is None, (name, error)
        assert expected.dtype.newbyteorder("=") == wanted, (name, expected.dtype, wanted)
        values = np.fromfile(f"{path}.values", np.dtype(wanted).newbyteorder("<"))
        assert values.size == expected.size, (name, values.size, expected.shape)
        values = values.reshape(expected.shape)
        little = expected.astype(expected.dtype.newbyteorder("<"))
        assert values.tobytes() == little.tobytes(), f"{name}:\n{values}\nshould be\n{expected}"
        count += 1
print(count)
