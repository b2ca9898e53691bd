"""Compares results with those of numpy: element by element, shapes and types."""
import sys, warnings
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

folder = sys.argv[1]
# What is divided by zero or all NaN is compared too.
np.seterr(all="ignore")
warnings.simplefilter("ignore")
names = {"np": np, "sliding_window_view": sliding_window_view}
count = 0
for line in open(folder + "/list"):
    kind, text, file, dtype, shape = line.rstrip("\n").split("\t")
    shape = tuple(int(n) for n in shape.split(",") if n)
    found = np.fromfile(f"{folder}/{file}", dtype).reshape(shape)
    count += 1
    if kind == "input":
        names[text] = found
        continue
    wanted = np.asarray(eval(text, names))
    what = f"{text} of {names['x'].dtype} {names['x'].shape}"
    assert found.dtype == wanted.dtype, (what, found.dtype, wanted.dtype)
    assert found.shape == wanted.shape, (what, found.shape, wanted.shape)
    if kind == "same" or wanted.dtype.kind not in "fc":
        np.testing.assert_array_equal(found, wanted, err_msg=what)
    else:
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12, err_msg=what)
print(count)
