//! HDF5 files of unknown origin, made with h5py. They are read in a process of its own, of which the kernel knows the
//! peak of memory, and whose output shows whether libhdf5 prints anything.

use crate::support::{refused, soon};
use arraystow::{ChunkedArray, Error, ErrorKind, Limits, LocalFiles, Protocols};
use arraystow_tests::{memory, python_env};
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDER: &str = "ARRAYSTOW_TEST_HOSTILE_FILES";

const SCRIPT: &str = r#"
import bz2, sys, os, struct, zlib, numpy as np, h5py, hdf5plugin
folder = sys.argv[1]
def new(name, libver="latest"): return h5py.File(f"{folder}/{name}", "w", libver=libver)

# What leads out of the file.
with new("elsewhere") as f: f["data"] = np.arange(16, dtype="f8")
with new("external-storage") as f: f.create_dataset("dask_arrays", (16,), "f8", external=[("/etc/passwd", 0, 128)])
with new("external-storage-without-end") as f:
    f.create_dataset("dask_arrays", (2**40,), "f8", external=[("/dev/zero", 0, h5py.h5f.UNLIMITED)])
with new("external-link") as f: f["dask_arrays"] = h5py.ExternalLink("elsewhere", "data")
with new("external-link-far") as f: f["dask_arrays"] = h5py.ExternalLink("/etc/passwd", "/x")
with new("virtual") as f:
    layout = h5py.VirtualLayout((16,), "f8")
    layout[:] = h5py.VirtualSource(f"{folder}/elsewhere", "data", (16,))
    f.create_virtual_dataset("dask_arrays", layout)
with new("virtual-of-itself") as f:
    layout = h5py.VirtualLayout((16,), "f8")
    layout[:] = h5py.VirtualSource(".", "dask_arrays", (16,))
    f.create_virtual_dataset("dask_arrays", layout)

# Circles.
with new("soft-link") as f:
    f["other"] = np.arange(16, dtype="f8")
    f["dask_arrays"] = h5py.SoftLink("/other")
with new("soft-link-circle") as f:
    f["dask_arrays"] = h5py.SoftLink("/a")
    f["a"] = h5py.SoftLink("/dask_arrays")
with new("soft-link-nowhere") as f: f["dask_arrays"] = h5py.SoftLink("/nowhere")
with new("group-of-itself") as f: f["dask_arrays"] = f["/"]
with new("circle-of-groups", "earliest") as f:
    a = f.create_group("dask_arrays"); b = a.create_group("b"); b["a"] = a; a["root"] = f["/"]
with new("deep-groups") as f:
    g = f
    for _ in range(500): g = g.create_group("g")
    g["dask_arrays"] = np.arange(3)
with new("circle-beside") as f:
    f["dask_arrays"] = np.arange(16, dtype="f8")
    f["loop"] = f["/"]

# Sizes. Chunked, with and without a chunk; in one piece that was never written.
with new("shape-2-60") as f: f.create_dataset("dask_arrays", (2**60,), "u1", chunks=(2**20,))
with new("shape-2-60-early", "earliest") as f: f.create_dataset("dask_arrays", (2**30, 2**30), "u1", chunks=(2**10, 2**10))
with new("shape-2-60-resizable") as f:
    f.create_dataset("dask_arrays", (2**60,), "u1", chunks=(2**20,), maxshape=(None,))
with new("shape-2-60-one-piece") as f:
    space = h5py.h5s.create_simple((2**60,))
    h5py.h5d.create(f.id, b"dask_arrays", h5py.h5t.NATIVE_UINT8, space)
with new("shape-2-63") as f: f.create_dataset("dask_arrays", (2**31, 2**32), "f8", chunks=(2**10, 2**10))
with new("huge-chunk") as f:
    f.create_dataset("dask_arrays", (2**31,), "u1", chunks=(2**31,), compression="gzip").id.write_direct_chunk((0,), zlib.compress(bytes(1000)))

# Compression.
bomb = zlib.compress(bytes(2**28), 9)
with new("deflate-bomb-small", "earliest") as f:
    f.create_dataset("dask_arrays", (16,), "f8", chunks=(16,), compression="gzip").id.write_direct_chunk((0,), zlib.compress(bytes(2**20), 9))
with new("deflate-bomb", "earliest") as f:
    f.create_dataset("dask_arrays", (4096,), "f8", chunks=(4096,), compression="gzip").id.write_direct_chunk((0,), zlib.compress(bytes(2**24), 9))
with new("deflate-bomb-twice", "earliest") as f:
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((16,)); plist.set_deflate(9); plist.set_deflate(9)
    d = h5py.h5d.create(f.id, b"dask_arrays", h5py.h5t.IEEE_F64LE, h5py.h5s.create_simple((16,)), plist)
    d.write_direct_chunk((0,), zlib.compress(bomb, 9))
with new("deflate-too-short") as f:
    f.create_dataset("dask_arrays", (1000,), "f8", chunks=(1000,), compression="gzip").id.write_direct_chunk((0,), zlib.compress(bytes(10)) * 1)
with new("shuffle-of-nothing") as f:
    f.create_dataset("dask_arrays", (16,), "f8", chunks=(16,), shuffle=True).id.write_direct_chunk((0,), b"x")
with new("zstd-claim") as f:
    d = f.create_dataset("dask_arrays", (16,), "f8", chunks=(16,), **hdf5plugin.Zstd())
    d.id.write_direct_chunk((0,), b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 2**60) + b"\x01\x00\x00")
with new("filter-plugin") as f: f.create_dataset("dask_arrays", data=np.arange(16, dtype="f8"), chunks=(16,), **hdf5plugin.Blosc2())
def stored(name, chunk, **options):
    with new(name) as f:
        d = f.create_dataset("dask_arrays", (16,), "f8", chunks=(16,), **options)
        d.id.write_direct_chunk((0,), chunk)
stored("lz4-claim", struct.pack(">QI", 2**60, 2**31) + bytes(40), **hdf5plugin.LZ4())
stored("lz4-blocks", struct.pack(">QI", 128, 1) + bytes(60), **hdf5plugin.LZ4())
stored("lz4-block-of-nothing", struct.pack(">QI", 128, 0) + bytes(60), **hdf5plugin.LZ4())
stored("bitshuffle-claim", struct.pack(">QI", 2**60, 64) + bytes(40), **hdf5plugin.Bitshuffle())
stored("bitshuffle-block", struct.pack(">QI", 128, 2**31) + bytes(40), **hdf5plugin.Bitshuffle())
stored("bitshuffle-short", bytes(100), **hdf5plugin.Bitshuffle(cname="none"))
stored("bzip2-bomb", bz2.compress(bytes(2**26)), **hdf5plugin.BZip2())
stored("bzip2-cut", bz2.compress(bytes(128))[:-8], **hdf5plugin.BZip2())
stored("scale-offset-short", struct.pack("<IB", 64, 8) + bytes(60), scaleoffset=3)
stored("scale-offset-bits", struct.pack("<IB", 65, 8) + bytes(160), scaleoffset=3)
stored("blosc-claim", struct.pack("<BBBBIII", 2, 1, 0, 8, 2**31 - 1, 64, 60) + bytes(44), **hdf5plugin.Blosc())
with new("filter-unknown") as f:
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((16,)); plist.set_filter(31999, h5py.h5z.FLAG_OPTIONAL, (1, 2, 3))
    h5py.h5d.create(f.id, b"dask_arrays", h5py.h5t.IEEE_F64LE, h5py.h5s.create_simple((16,)), plist)

# Of another kind than said, or not at all.
with new("a-group") as f: f.create_group("dask_arrays")
with new("a-type") as f: f["dask_arrays"] = np.dtype("f8")
with new("text") as f: f["dask_arrays"] = ["a", "b"]
with new("references") as f: f.create_dataset("dask_arrays", (3,), h5py.ref_dtype)
with new("no-shape") as f: f["dask_arrays"] = h5py.Empty("f8")
with new("attribute-no-utf8") as f:
    f["dask_arrays"] = np.arange(16, dtype="f8")
    f["dask_arrays"].attrs["arraystow"] = np.bytes_(b'{"version":1,\xff\xfe')
with new("attribute-deep") as f:
    f["dask_arrays"] = np.arange(16, dtype="f8")
    f["dask_arrays"].attrs["arraystow"] = np.bytes_(b"[" * 60000)
with new("attribute-lies") as f:
    f["dask_arrays"] = np.arange(16, dtype="f8")
    f["dask_arrays"].attrs["arraystow"] = np.bytes_(b'{"version":1,"data_type":"float64","chunks":[[[1,16]]],"stored_chunk":[1152921504606846976],"codec":"none"}')
with new("attribute-longer-than-all") as f:
    f["dask_arrays"] = np.arange(16, dtype="f8")
    f["dask_arrays"].attrs.create("arraystow", np.bytes_(b"x" * 2**20))
with new("name-no-utf8") as f:
    f.id.links.create_soft(b"dask_\xff\xfe", b"/")
# A fill value that is shorter than an element, behind which libhdf5 would read on.
with new("fill-too-short", "earliest") as f: f.create_dataset("dask_arrays", (16,), "f8", chunks=(4,), fillvalue=1.5)
whole = bytearray(open(f"{folder}/fill-too-short", "rb").read())
at = whole.index(struct.pack("<Id", 8, 1.5))
whole[at] = 4
open(f"{folder}/fill-too-short", "wb").write(whole)
# A complex number that is mostly gaps.
with new("complex-with-gaps") as f:
    kind = h5py.h5t.create(h5py.h5t.COMPOUND, 2**20)
    kind.insert(b"r", 0, h5py.h5t.IEEE_F64LE); kind.insert(b"i", 2**20 - 8, h5py.h5t.IEEE_F64LE)
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((1000,)); plist.set_deflate(9)
    h5py.h5d.create(f.id, b"dask_arrays", kind, h5py.h5s.create_simple((16000,), (h5py.h5s.UNLIMITED,)), plist)
# A shape that is elsewhere, but nowhere: libhdf5 takes that for impossible. (What was the largest length is the address.)
with new("shape-nowhere", "earliest") as f: f.create_dataset("dask_arrays", (16,), "f8", chunks=(4,), maxshape=(None,))
whole = bytearray(open(f"{folder}/shape-nowhere", "rb").read())
whole[whole.index(b"\x01\0\x18\0\0\0\0\0\x01\x01\x01\0") + 4] = 2
open(f"{folder}/shape-nowhere", "wb").write(whole)
open(f"{folder}/empty", "w").close()
open(f"{folder}/no-hdf5", "w").write("hello")
open(f"{folder}/signature-only", "wb").write(b"\x89HDF\r\n\x1a\n")
whole = open(f"{folder}/elsewhere", "rb").read()
open(f"{folder}/half", "wb").write(whole[:len(whole) // 2])

# What is strange but sound.
with new("good-attributes") as f:
    d = f.create_dataset("dask_arrays", data=np.arange(16, dtype="f8"), chunks=(4,))
    for i in range(50): d.attrs[f"text {i}"] = "variable length" * i
    d.dims[0].label = "x"
    f["scale"] = np.arange(16); f["scale"].make_scale("x"); d.dims[0].attach_scale(f["scale"])
# As many filters as HDF5 allows, all of which leave a chunk of 8 MiB as large as it is.
with new("thirty-two-filters") as f:
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((2**20,)); plist.set_shuffle()
    for _ in range(31): plist.set_deflate(1)
    d = h5py.h5d.create(f.id, b"dask_arrays", h5py.h5t.IEEE_F64LE, h5py.h5s.create_simple((2**20,)), plist)
    elements = np.zeros(2**20); elements[:16] = np.arange(16)
    chunk = np.ascontiguousarray(elements.view("u1").reshape(-1, 8).T).tobytes()
    for _ in range(31): chunk = zlib.compress(chunk, 0)
    d.write_direct_chunk((0,), chunk)
    assert (f["dask_arrays"][...] == elements).all()
print("made")
"#;

/// Each file, and the kinds of error that it may get.
const REFUSED: &[(&str, &[ErrorKind])] = &[
    ("external-storage", &[ErrorKind::Unsupported]),
    ("external-storage-without-end", &[ErrorKind::Unsupported]),
    ("external-link", &[ErrorKind::Unsupported]),
    ("external-link-far", &[ErrorKind::Unsupported]),
    ("virtual", &[ErrorKind::Unsupported]),
    ("virtual-of-itself", &[ErrorKind::Unsupported]),
    ("virtual-billions", &[ErrorKind::Unsupported]),
    ("soft-link", &[ErrorKind::Unsupported]),
    ("soft-link-circle", &[ErrorKind::Unsupported]),
    ("soft-link-nowhere", &[ErrorKind::Unsupported]),
    ("group-of-itself", &[ErrorKind::Corrupt]),
    ("circle-of-groups", &[ErrorKind::Corrupt]),
    ("deep-groups", &[ErrorKind::Corrupt]),
    ("shape-2-60", &[ErrorKind::Limit]),
    ("shape-2-60-early", &[ErrorKind::Limit]),
    ("shape-2-60-resizable", &[ErrorKind::Limit]),
    ("shape-2-60-one-piece", &[ErrorKind::Limit]),
    ("shape-2-63", &[ErrorKind::Limit, ErrorKind::Corrupt]),
    ("huge-chunk", &[ErrorKind::Limit]),
    ("deflate-bomb", &[ErrorKind::Corrupt]),
    ("deflate-bomb-small", &[ErrorKind::Corrupt]),
    ("deflate-bomb-twice", &[ErrorKind::Corrupt]),
    ("deflate-too-short", &[ErrorKind::Corrupt]),
    ("shuffle-of-nothing", &[ErrorKind::Corrupt]),
    ("zstd-claim", &[ErrorKind::Corrupt]),
    ("lz4-claim", &[ErrorKind::Corrupt]),
    ("lz4-blocks", &[ErrorKind::Corrupt]),
    ("lz4-block-of-nothing", &[ErrorKind::Corrupt]),
    ("bitshuffle-claim", &[ErrorKind::Corrupt]),
    ("bitshuffle-block", &[ErrorKind::Corrupt]),
    ("bitshuffle-short", &[ErrorKind::Corrupt]),
    ("bzip2-bomb", &[ErrorKind::Corrupt]),
    ("bzip2-cut", &[ErrorKind::Corrupt]),
    ("scale-offset-short", &[ErrorKind::Corrupt]),
    ("scale-offset-bits", &[ErrorKind::Corrupt]),
    ("blosc-claim", &[ErrorKind::Corrupt]),
    ("filter-plugin", &[ErrorKind::Unsupported]),
    ("filter-unknown", &[ErrorKind::Unsupported]),
    ("a-group", &[ErrorKind::Corrupt]),
    ("a-type", &[ErrorKind::Corrupt]),
    ("references", &[ErrorKind::Unsupported]),
    ("no-shape", &[ErrorKind::Unsupported]),
    ("attribute-no-utf8", &[ErrorKind::Corrupt]),
    ("attribute-deep", &[ErrorKind::Corrupt]),
    ("attribute-lies", &[ErrorKind::Corrupt]),
    ("attribute-longer-than-all", &[ErrorKind::Corrupt]),
    ("name-no-utf8", &[ErrorKind::Corrupt]),
    ("fill-too-short", &[ErrorKind::Corrupt]),
    ("complex-with-gaps", &[ErrorKind::Unsupported]),
    ("shape-nowhere", &[ErrorKind::Corrupt]),
    ("empty", &[ErrorKind::Corrupt]),
    ("no-hdf5", &[ErrorKind::Corrupt]),
    ("signature-only", &[ErrorKind::Corrupt]),
    ("half", &[ErrorKind::Corrupt]),
];

const TAKEN: [&str; 3] = ["circle-beside", "good-attributes", "thirty-two-filters"];

/// Opens a file as whatever type it is of and sums it up, chunk by chunk.
fn sum(folder: &Path, file: &str, limits: Limits) -> Result<f64, Error> {
    let protocols = Protocols::new().with_file(LocalFiles::new(folder).unwrap()).with_limits(limits);
    let id = || serde_json::json!(["HDFSerializer", ["0.0.0", file]]);
    match arraystow::deserialize::<ChunkedArray<f64>, _>(id(), &protocols) {
        Err(error) if error.kind() == ErrorKind::TypeMismatch => {
            arraystow::deserialize::<ChunkedArray<u8>, _>(id(), &protocols)?.sum().map(|sum| sum as f64)
        }
        array => array?.sum(),
    }
}

/// In the process of its own.
fn read_all(folder: PathBuf) {
    for (file, kinds) in REFUSED {
        let own = folder.clone();
        let result = soon(file, move || sum(&own, file, Limits::default()));
        let error = refused(file, result, kinds);
        assert_eq!(error.array(), Some(*file), "{error}");
        assert_eq!(error.location(), folder.join(file).to_str(), "{error}");
    }
    for file in TAKEN {
        assert_eq!(sum(&folder, file, Limits::default()).unwrap(), 120.0, "{file}");
    }
    // Texts of any length are read as such only.
    let own = folder.clone();
    let error = soon("text", move || sum(&own, "text", Limits::default())).unwrap_err();
    assert_eq!((error.kind(), error.array()), (ErrorKind::TypeMismatch, Some("text")), "{error}");
    let protocols = Protocols::new().with_file(LocalFiles::new(&folder).unwrap());
    let id = serde_json::json!(["HDFSerializer", ["0.0.0", "text"]]);
    let texts = arraystow::deserialize::<ChunkedArray<String>, _>(id, &protocols).unwrap();
    assert_eq!(texts.compute().unwrap().into_raw_vec_and_offset().0, ["a", "b"]);
}

/// libhdf5 gives its complaints to those that ask; none belongs on a terminal.
#[test]
fn files_of_strangers_are_refused_in_silence_and_in_little_memory() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        read_all(folder.into());
        std::fs::write(std::env::var_os("ARRAYSTOW_TEST_PEAK").unwrap(), memory::peak().to_string()).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let made = python_env::run(python_env::HDF5, SCRIPT, &[folder.path().to_str().unwrap()]);
    assert_eq!(made, "made\n");
    // Found by fuzzing: a virtual dataset that claims to have billions of parts.
    let billions = Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile/virtual-billions.h5");
    std::fs::copy(billions, folder.path().join("virtual-billions")).unwrap();
    let name = "files::files_of_strangers_are_refused_in_silence_and_in_little_memory";
    let peak = folder.path().join("peak");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "--test-threads=1", name])
        .env(FOLDER, folder.path())
        .env("ARRAYSTOW_TEST_PEAK", &peak)
        // Filters that a file names are not looked for either.
        .env("HDF5_PLUGIN_PATH", folder.path())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    assert_eq!(err, "", "something was printed");
    let lines: Vec<&str> = out.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 3, "something was printed: {out}");
    assert!(lines[0] == "running 1 test" && lines[2].starts_with("test result: ok"), "{out}");
    let peak: usize = std::fs::read_to_string(peak).unwrap().parse().unwrap();
    assert!(peak < 100 << 20, "the peak was {} MiB", peak >> 20);
}
