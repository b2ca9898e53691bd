def expected(dtype, shape):
    """The element at a position, counted in C order, as samples/mod.rs makes it."""
    flat = np.arange(int(np.prod(shape)) if shape else 1).reshape(shape)
    if dtype == "bool": return flat % 3 == 0
    if dtype.startswith("complex"): return (flat + 1j * (flat % 5)).astype(dtype)
    return (flat % 120).astype(dtype)
