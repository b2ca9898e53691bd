OTHERS = "bfloat16 datetime64 timedelta64 text string bytes enumeration records dated points gaps_f4 gaps_i4".split()

def others(kind):
    """The 37 elements that are not numbers, as readers.rs makes them."""
    index = np.arange(37)
    texts = np.array(["", "\u00e4\u00dfx", "a b", "01234567"], object)[index % 4]
    flat = np.array([text.encode() for text in texts], "S8")
    dates = (index * 86_399_000_000_001 - 1_000_000_000_000_000).astype("M8[ns]")
    quality = np.array([0, 1, -4], "i1")[index % 3]
    if kind == "bfloat16":
        return (np.array([0.0, -0.0, np.inf, 1.5], "f4")[index % 4] * (index + 1).astype("f4"))
    if kind == "datetime64": dates[::7] = "NaT"; return dates
    if kind == "timedelta64":
        durations = (index * 1_000_003 - 9).astype("m8[ns]")
        durations[::7] = "NaT"
        return durations
    if kind == "gaps_f4": return np.where(index % 7 == 0, np.nan, index / 4).astype("f4")
    if kind == "gaps_i4": return np.where(index % 7 == 0, np.iinfo("i4").min, index - 9).astype("i4")
    if kind == "text": return texts
    if kind == "string": return np.array([text * i for i, text in enumerate(texts)], object)
    if kind == "bytes": return np.array([bytes([i, 0, 255]) for i in index], "V3")
    if kind == "enumeration": return quality
    def record(**fields):
        made = np.empty(37, [(name, values.dtype, values.shape[1:]) for name, values in fields.items()])
        for name, values in fields.items(): made[name] = values
        return made
    if kind == "records": return record(flag=index % 3 == 0, value=index / 4, name=flat, quality=quality)
    if kind == "dated": return record(time=dates, value=index.astype("f4"))
    position = np.stack([index.astype("f4"), np.full(37, 0.5, "f4"), -index.astype("f4")], 1)
    return record(position=position, weight=index.astype("u2"))

def likeness(kind, found, wanted):
    """The word for what was found."""
    found = np.asarray(found)
    if found.shape != wanted.shape: return "no", f"the shape {found.shape}"
    if kind in ("text", "string"):
        # h5py has strings of any length as objects, which are bytes.
        if found.dtype.kind == "S" or all(isinstance(text, bytes) for text in found):
            return ("as bytes", "") if [text.decode() for text in found] == list(wanted) else ("no", found)
        return ("yes", "") if [str(text) for text in found] == list(wanted) else ("no", found)
    if kind == "gaps_i4" and found.dtype.kind == "f":
        missing = wanted == np.iinfo("i4").min
        same = (np.isnan(found) == missing).all() and (found[~missing] == wanted[~missing]).all()
        return (f"NaN, as {found.dtype}", "") if same else ("no", found)
    if kind == "gaps_i4":
        return ("the fill value", "") if found.dtype == "i4" and (found == wanted).all() else ("no", found)
    if kind == "bfloat16":
        if found.dtype.name == "bfloat16": return ("yes", "") if found.astype("f4").tobytes() == wanted.tobytes() else ("no", found)
        return (f"as {found.dtype}", "") if found.astype("f4").tobytes() == wanted.tobytes() and found.dtype.kind == "f" else ("no", found)
    if kind == "enumeration":
        names = (found.dtype.metadata or {}).get("enum")
        if names: assert names == {"Good": 0, "Doubtful": 1, "Bad": -4}, names
        if found.dtype != "i1" or found.tobytes() != wanted.tobytes(): return "no", found.dtype
        return ("yes" if names else "as int8"), ""
    if found.dtype.names:
        if found.dtype.names != wanted.dtype.names: return "no", found.dtype
        seen = set()
        for name in wanted.dtype.names:
            one, other = np.ascontiguousarray(found[name]), np.ascontiguousarray(wanted[name])
            if one.tobytes() != other.tobytes(): return "no", f"{name}: {one.dtype}"
            if one.dtype != other.dtype: seen.add(f"`{other.dtype}` as {one.dtype}")
        return ("yes" if not seen else ", ".join(sorted(seen))), ""
    if found.dtype == wanted.dtype: return ("yes", "") if found.tobytes() == wanted.tobytes() else ("no", found)
    if found.dtype.kind in "mM" and (found.astype(wanted.dtype).tobytes() == wanted.tobytes()): return "yes", ""
    if found.tobytes() == wanted.tobytes(): return f"as {found.dtype}", ""
    return "no", f"{found.dtype}: {found[:8]}"
