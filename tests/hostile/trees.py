# HDF5 files whose blocks lead in circles, are shared or are nested deep, made of sound ones. Begins with `blocks.py`.

# Version-1 B-trees of chunks.
KEYS = 64
CHUNK_NODE = 24 + (KEYS + 1) * 24 + KEYS * 8


def chunk_node(level, children):
    key = lambda size, start: struct.pack("<IIQQ", size, 0, start, 0)
    b = b"TREE" + bytes([1, level]) + struct.pack("<H", len(children)) + NOWHERE * 2
    for child in children:
        b += key(64, 0) + struct.pack("<Q", child)
    return (b + key(0, 64)).ljust(CHUNK_NODE, b"\0")


def with_chunk_root(name, level, nodes):
    """`nodes` gives, from the addresses of root and end, the children of the root and what is put behind the file."""
    b = make(name, "earliest", chunked)
    root = find(b, b"TREE\x01")
    children, behind = nodes(root, len(b))
    b[root:root + CHUNK_NODE] = chunk_node(level, children)
    write(name, b + behind)


with_chunk_root("chunks-circle", 1, lambda root, end: ([root], b""))
with_chunk_root("chunks-circle-of-two", 2, lambda root, end: ([end], chunk_node(1, [root])))
with_chunk_root("chunks-twice", 1, lambda root, end: ([end, end], chunk_node(0, [])))


def dag(leaf):
    def nodes(root, end):
        behind, below = leaf, end
        for level in range(1, 11):
            behind, below = behind + chunk_node(level, [below] * 64), end + len(behind)
        return [below] * 64, behind
    return nodes


with_chunk_root("chunks-shared", 11, dag(chunk_node(0, [2048] * 64)))
# The leaves are empty: no chunk is ever met.
with_chunk_root("chunks-shared-empty", 11, dag(chunk_node(0, [])))

# Version-1 B-trees of names, and their heap.
def names(name, change):
    b = make(name, "earliest", chunked)
    change(b, find(b, b"TREE\x00"), find(b, b"HEAP"))
    write(name, b)


def names_circle(b, tree, heap):
    b[tree + 5] = 1
    struct.pack_into("<HxxxxxxxxxxxxxxxxQQ", b, tree + 6, 1, 0, tree)


def names_circle_of_two(b, tree, heap):
    keys = bytes(b[tree + 24:tree + 32]), bytes(b[tree + 40:tree + 48])
    node = lambda level, child: b"TREE" + bytes([0, level]) + struct.pack("<H", 1) + NOWHERE * 2 + keys[0] + struct.pack("<Q", child) + keys[1]
    end = len(b)
    b += node(1, tree).ljust(24 + 33 * 8 + 32 * 8, b"\0")
    old = node(2, end)
    b[tree:tree + len(old)] = old


def names_shared(b, tree, heap):
    leaf, keys = u64(b, tree + 32), (bytes(b[tree + 24:tree + 32]), bytes(b[tree + 40:tree + 48]))
    old = b"TREE" + bytes([0, 0]) + struct.pack("<H", 2) + NOWHERE * 2 + keys[0] + struct.pack("<Q", leaf) + keys[1] + struct.pack("<Q", leaf) + keys[1]
    b[tree:tree + len(old)] = old


def free_circle(b, tree, heap):
    data = u64(b, heap + 24)
    struct.pack_into("<Q", b, heap + 16, 40)
    struct.pack_into("<QQ", b, data + 40, 40, 16)


names("names-circle", names_circle)
names("names-circle-of-two", names_circle_of_two)
names("names-shared", names_shared)
names("free-pieces-circle", free_circle)

# Headers of the first version, which have no checksums.
def message(kind, body, flags=0):
    body = body + bytes(-len(body) % 8)
    return struct.pack("<HHBxxx", kind, len(body), flags) + body


def header(messages):
    return struct.pack("<BxHIIxxxx", 1, len(messages), 1, sum(map(len, messages))) + b"".join(messages)


def continued(address, size):
    return message(0x10, struct.pack("<QQ", address, size))


DOUBLE = bytes.fromhex("11203f0008000000") + bytes.fromhex("0000400034" "0b0034ff030000")
SPACE = message(1, struct.pack("<BBBxxxxxQ", 1, 1, 0, 16))
FILL = message(5, bytes([2, 2, 2, 0]))
LAYOUT = message(8, struct.pack("<BBQQ", 3, 1, 2048, 128))


def dataset(name, messages):
    """A dataset with these messages, which are given the address of the header."""
    b = make(name, "earliest", chunked)
    entry = u64(b, find(b, b"TREE\x00") + 32) + 8
    end = len(b)
    struct.pack_into("<Q", b, entry + 8, end)
    write(name, b + messages(end))


def to_header(address):
    return struct.pack("<BBxxxxxxxxxxxxxxQ", 1, 0, address)


sound = [SPACE, message(3, DOUBLE), FILL, LAYOUT]
dataset("header-sound", lambda at: header(sound))
def header_circle(at):
    # The piece that follows has the same length as the header's first.
    size = len(b"".join(sound)) + 24
    return header(sound + [continued(at + 16, size)])
dataset("header-circle", header_circle)
dataset("header-circle-of-two", lambda at: (
    header(sound + [continued(at + 4096, 24)]).ljust(4096, b"\0") + continued(at + 8192, 24)
).ljust(8192, b"\0") + continued(at + 4096, 24))
def header_overlaps(at):
    # Each piece is a message further back than the one before, and reaches to the end.
    count, first = 2000, at + 4096
    pieces = b"".join(continued(first + 24 * (i + 1), 24 * (count - i - 1)) for i in range(count))
    return header(sound + [continued(first, len(pieces))]).ljust(4096, b"\0") + pieces
dataset("header-overlaps", header_overlaps)

dataset("piece-of-two-headers", lambda at: (
    header([SPACE, message(3, to_header(at + 4096), 2), FILL, LAYOUT, continued(at + 8192, 16)]).ljust(4096, b"\0")
    + header([message(3, DOUBLE), continued(at + 8192, 16)])
).ljust(8192, b"\0") + message(0, bytes(8)))
dataset("shape-of-no-kind", lambda at: header([message(1, bytes([2, 0, 0, 7])), message(3, DOUBLE), FILL, LAYOUT]))
dataset("heap-too-early", lambda at: header([SPACE, message(3, bytes([2, 1]) + bytes(8), 2), FILL, LAYOUT]))

# Types that are said to be elsewhere.
dataset("type-is-elsewhere", lambda at: header([SPACE, message(3, to_header(at + 4096), 2), FILL, LAYOUT]).ljust(4096, b"\0") + header([message(3, DOUBLE)]))
dataset("type-of-itself", lambda at: header([SPACE, message(3, to_header(at), 2), FILL, LAYOUT]))
dataset("type-circle-of-two", lambda at: header([SPACE, message(3, to_header(at + 4096), 2), FILL, LAYOUT]).ljust(4096, b"\0") + header([message(3, to_header(at), 2)]))


def attribute(of_type, name=b"a", flags=0, space=struct.pack("<BBBxxxxx", 1, 0, 0), data=bytes(8)):
    name += b"\0"
    padded = lambda b: b + bytes(-len(b) % 8) if flags == 0 else b
    head = struct.pack("<BBHHH", 1 if flags == 0 else 2, flags, len(name), len(of_type), len(space))
    return message(0x0C, head + padded(name) + padded(of_type) + space + data)


dataset("attribute-type-of-itself", lambda at: header(sound + [attribute(to_header(at + 4096), flags=1)]).ljust(4096, b"\0") + header([message(3, to_header(at + 4096), 2)]))

# Types in types.
def arrays(depth):
    t = DOUBLE
    return struct.pack("<BxxxIBxxxII", 0x2A, 8, 1, 1, 0) * depth + t
def lists(depth):
    return struct.pack("<BxxxI", 0x19, 16) * depth + DOUBLE
def records(depth):
    return struct.pack("<BBxxI", 0x36, 1, 8) .__add__(b"a\0\0") * depth + b"\x31" + DOUBLE[1:]
def old_records(depth):
    t = struct.pack("<BBxxI", 0x16, 1, 8) + b"a".ljust(8, b"\0") + struct.pack("<IBxxxIII", 0, 1, 0, 0, 1) + bytes(12)
    return t * depth + DOUBLE
def enumerations(depth):
    return struct.pack("<BxxxI", 0x18, 8) * depth + DOUBLE


kinds = {"arrays": (arrays, 20), "lists": (lists, 8), "records": (records, 11), "old-records": (old_records, 48), "enumerations": (enumerations, 8)}
for kind, (of, size) in kinds.items():
    deep = of(60000 // size)
    dataset(f"{kind}-in-dataset", lambda at: header([SPACE, message(3, deep), FILL, LAYOUT]))
    dataset(f"{kind}-in-attribute", lambda at: header(sound + [attribute(deep)]))
    dataset(f"{kind}-elsewhere", lambda at: header([SPACE, message(3, to_header(at + 4096), 2), FILL, LAYOUT]).ljust(4096, b"\0") + header([message(3, deep)]))
dataset("arrays-in-many-attributes", lambda at: header(sound + [attribute(old_records(1200), name=b"%d" % i) for i in range(100)]))
dataset("arrays-few", lambda at: header(sound + [attribute(arrays(20))]))

# Version-2 B-trees, which have checksums.
class Records:
    def __init__(self, b, kind):
        self.b = b
        self.head = find(b, b"BTHD\x00" + bytes([kind]))
        self.size, self.record, self.depth = struct.unpack_from("<IHH", b, self.head + 6)
        self.root = u64(b, self.head + 16)
        width = lambda n: (n.bit_length() - 1) // 8 + 1
        most = (self.size - 10) // self.record
        self.count = width(most)
        self.levels = [(most, most, 0)]
        for _ in range(40):
            pointer = 8 + self.count + self.levels[-1][2]
            most = (self.size - 10 - pointer) // (self.record + pointer)
            below = (most + 1) * self.levels[-1][1] + most
            if below >= 2**64:
                break
            self.levels.append((most, below, width(below)))

    def set_root(self, address, depth, count):
        struct.pack_into("<H", self.b, self.head + 12, depth)
        struct.pack_into("<QH", self.b, self.head + 16, address, count)
        seal(self.b, self.head, self.head + 38)

    def node(self, level, child, count, below_count=1):
        """A node so far above the leaves with so many records; all its pointers lead to one child, of so many records."""
        below = self.levels[level - 1]
        pointer = struct.pack("<Q", child) + below_count.to_bytes(self.count, "little") + b"\x01".ljust(below[2], b"\0")[:below[2]]
        node = bytearray(b"BTIN\0" + bytes([self.b[self.head + 5]]) + bytes(self.record * count) + pointer * (count + 1))
        end = len(node) + 4
        node += bytes(4)
        seal(node, 0, end)
        return node.ljust(self.size, b"\0")


def grid(f):
    f.create_dataset("dask_arrays", data=np.arange(400, dtype="f8").reshape(20, 20), chunks=(1, 1), maxshape=(None, None))


def attributes(f):
    d = f.create_dataset("dask_arrays", data=np.arange(16, dtype="f8"))
    for i in range(60):
        d.attrs[f"attribute {i}"] = i


def links(f):
    f["dask_arrays"] = np.arange(16, dtype="f8")
    for i in range(60):
        f[f"link {i}"] = h5py.SoftLink("/")


for name, kind, fill in [("chunk-records", 10, grid), ("attribute-records", 8, attributes), ("link-records", 5, links)]:
    tree = Records(make(f"{name}-circle", "latest", fill), kind)
    depth = min(7, len(tree.levels) - 1)
    tree.set_root(len(tree.b), depth, 1)
    write(f"{name}-circle", tree.b + tree.node(depth, len(tree.b), 1))
    tree = Records(make(f"{name}-shared", "latest", fill), kind)
    leaf = bytearray(b"BTLF\0" + bytes([kind]) + bytes(tree.record + 4))
    seal(leaf, 0, len(leaf))
    end, below, behind = len(tree.b), len(tree.b), leaf.ljust(tree.size, b"\0")
    counts = [1] + [tree.levels[level][0] // 2 for level in range(1, depth + 1)]
    for level in range(1, depth + 1):
        behind, below = behind + tree.node(level, below, counts[level], counts[level - 1]), end + len(behind)
    tree.set_root(below, depth, counts[depth])
    write(f"{name}-shared", tree.b + behind)
    tree = Records(make(f"{name}-deep", "latest", fill), kind)
    tree.set_root(tree.root, 65535, 1)
    write(f"{name}-deep", tree.b)
    tree = Records(make(f"{name}-large-nodes", "latest", fill), kind)
    struct.pack_into("<I", tree.b, tree.head + 6, 0xFFFFFF00)
    seal(tree.b, tree.head, tree.head + 38)
    write(f"{name}-large-nodes", tree.b)


# A tree of attributes where one of links should be.
def both(f):
    attributes(f)
    for i in range(60):
        f[f"link {i}"] = h5py.SoftLink("/")


b = make("tree-of-another-kind", "latest", both)
root = u64(b, 36)
assert b[root:root + 4] == b"OHDR" and b[root + 5] & 3 == 0, bytes(b[root:root + 8])
end = root + 6 + (16 if b[root + 5] & 32 else 0) + 1
end += b[end - 1] + 4
at = find(b, struct.pack("<Q", find(b, b"BTHD\x00\x05")), root)
assert at < end
struct.pack_into("<Q", b, at, find(b, b"BTHD\x00\x08"))
seal(b, root, end)
write("tree-of-another-kind", b)

# Fractal heaps.
def large_attributes(f):
    d = f.create_dataset("dask_arrays", data=np.arange(16, dtype="f8"))
    for i in range(260):
        d.attrs[f"attribute {i}"] = np.zeros(400)
    d.attrs["arraystow"] = np.bytes_(b"x" * 3200)


b = make("heap-circle", "latest", large_attributes)
head = find(b, b"FRHP")
root, rows = struct.unpack_from("<QH", b, head + 132)
assert b[root:root + 4] == b"FHIB", b[root:root + 4]
width, = struct.unpack_from("<H", b, head + 110)
bits, = struct.unpack_from("<H", b, head + 128)
entries = root + 5 + 8 + (bits + 7) // 8
end = entries + rows * width * 8 + 4
first, = struct.unpack_from("<Q", b, head + 112)
largest, = struct.unpack_from("<Q", b, head + 120)
direct = (largest.bit_length() - first.bit_length()) + 2
assert rows > direct, (rows, direct)
for entry in range(direct * width, rows * width):
    struct.pack_into("<Q", b, entries + 8 * entry, root)
seal(b, root, end)
write("heap-circle", b)

b = make("heap-compressed", "latest", attributes)
head = find(b, b"FRHP")
struct.pack_into("<H", b, head + 7, 12)
seal(b, head, head + 146)
write("heap-compressed", b)
for name, at, form, value in [("heap-wide", 110, "<H", 0), ("heap-without-end", 128, "<H", 2), ("heap-large-blocks", 120, "<Q", 2**40)]:
    b = make(name, "latest", large_attributes)
    head = find(b, b"FRHP")
    struct.pack_into(form, b, head + at, value)
    seal(b, head, head + 146)
    write(name, b)

# Indices that are arrays.
b = make("extensible-without-end", "latest", lambda f: f.create_dataset("dask_arrays", data=np.arange(64, dtype="f8"), chunks=(8,), maxshape=(None,)))
head = find(b, b"EAHD")
struct.pack_into("<Q", b, head + 12 + 32, 2**31)
seal(b, head, head + 72)
write("extensible-without-end", b)
for name, at, value in [("extensible-bits", 7, 255), ("extensible-pointers", 10, 128), ("extensible-smallest", 9, 3)]:
    b = make(name, "latest", lambda f: f.create_dataset("dask_arrays", data=np.arange(64, dtype="f8"), chunks=(8,), maxshape=(None,)))
    head = find(b, b"EAHD")
    b[head + at] = value
    seal(b, head, head + 72)
    write(name, b)
b = make("fixed-without-end", "latest", lambda f: f.create_dataset("dask_arrays", data=np.arange(64, dtype="f8"), chunks=(8,), compression="gzip"))
head = find(b, b"FAHD")
struct.pack_into("<Q", b, head + 8, 2**40)
seal(b, head, head + 28)
write("fixed-without-end", b)

# What is sound and large: many attributes and links, many chunks in each index.
with h5py.File(f"{folder}/many", "w", libver="latest") as f:
    d = f.create_dataset("dask_arrays", data=np.arange(16, dtype="f8"))
    for i in range(2000):
        d.attrs[f"attribute {i}"] = "text" * (i % 50)
        f[f"link {i}"] = h5py.SoftLink("/")
for name, libver, most in [("sound-1", "earliest", None), ("sound-2", "latest", (None, None)), ("sound-3", "latest", (None, 60)), ("sound-4", "latest", None)]:
    with h5py.File(f"{folder}/{name}", "w", libver=libver, userblock_size=512) as f:
        f.create_group("beside").create_group("below")
        d = f.create_dataset("dask_arrays", data=np.ones((60, 60)), chunks=(1, 1), maxshape=most, compression="gzip")
        f["type"] = np.dtype([("a", "f8"), ("b", [("c", "i4", (3, 2))])])
        d.attrs.create("typed", np.zeros(3, f["type"].dtype), dtype=f["type"])
        d.attrs["reference"] = f["type"].ref
print("made")
