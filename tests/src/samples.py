TYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()

def expected(dtype, shape):
    """The element at a position, counted in C order, as samples/mod.rs makes it."""
    dtype = np.dtype(dtype)
    index = np.arange(int(np.prod(shape)))
    if dtype == "bool": return (index % 3 == 0).reshape(shape)
    if dtype.kind == "c":
        part, half = f"float{dtype.itemsize * 4}", (len(index) + 1) // 2
        made = np.empty(len(index), dtype)
        made.real, made.imag = expected(part, len(index)), expected(part, half)[index // 2]
        return made.reshape(shape)
    if dtype.kind == "f":
        info = np.finfo(dtype)
        special = [0.0, -0.0, np.nan, np.inf, -np.inf, info.max, info.min, info.tiny, info.smallest_subnormal]
    else:
        info = np.iinfo(dtype)
        special = [0, info.min, info.max, info.max - 1, info.min + 1, 1]
    made = (index % 120).astype(dtype)
    for at, value in enumerate(special): made[at::30] = value
    return made.reshape(shape)

def difference(found, wanted):
    """Why these are not the same elements of the same type, bit by bit; nothing if they are."""
    if not isinstance(found, (np.ndarray, np.generic)): return f"a {type(found).__name__}"
    found, wanted = np.asarray(found), np.asarray(wanted)
    if found.dtype != wanted.dtype: return f"elements of type {found.dtype}"
    if found.shape != wanted.shape: return f"the shape {found.shape}"
    found, wanted = np.ascontiguousarray(found).ravel(), np.ascontiguousarray(wanted).ravel()
    for at in range(len(wanted)):
        if found[at].tobytes() != wanted[at].tobytes(): return f"element {at} is {found[at]}, not {wanted[at]}"

def same(found, wanted, what=""):
    why = difference(found, wanted)
    assert why is None, f"{what}: {why}"
