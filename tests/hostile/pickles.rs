//! Pickles of unknown origin: each is an error that says what is wrong, in bounded time and memory, and none runs code.

use crate::support::{refused, soon};
use arraystow::{Error, ErrorKind, Result, Storage, Value, VerifyDepth};
use sha1::{Digest, Sha1};

/// A document as FunctionFuse writes it.
fn document(pickle: &[u8]) -> Vec<u8> {
    [pickle, &Sha1::digest(pickle)].concat()
}

/// What is said of a pickle by a load, within bounds.
fn load(pickle: Vec<u8>) -> Result<String> {
    soon("a pickle", move || {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("value"), document(&pickle)).unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        storage.value("value").map(|value: Value| value.to_string())
    })
}

fn fails(what: &str, pickle: &[u8], text: &str) {
    let error: Error = refused(what, load(pickle.to_vec()), &[ErrorKind::Corrupt, ErrorKind::Serde, ErrorKind::Limit]);
    assert!(error.to_string().contains(text), "{what}: {error}");
    assert_eq!(error.document(), Some("value"), "{what}");
}

#[test]
fn code_is_named_and_not_run() {
    let mark = std::env::temp_dir().join(format!("arraystow-was-here-{}", std::process::id()));
    let command = format!("touch {}", mark.display());
    let text = |text: &str| [b"X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat();
    let global = b"\x80\x02cos\nsystem\n".to_vec();
    let stack_global = [b"\x80\x04".to_vec(), text("os"), text("system"), b"\x93".to_vec()].concat();
    for global in [global, stack_global] {
        let call = [global.clone(), text(&command), b"\x85R.".to_vec()].concat();
        fails("a call", &call, "Python's os.system, which is not read");
        fails("an object", &[global.as_slice(), b")\x81."].concat(), "Python's os.system, which is not read");
        fails("a state", &[global.as_slice(), b")\x81}b."].concat(), "Python's os.system, which is not read");
        fails("with names", &[global.as_slice(), b")}\x92."].concat(), "Python's os.system, which is not read");
        fails("a class itself", &[global.as_slice(), b"."].concat(), "Python's os.system, which is not read");
        let place = [b"}X\x01\x00\x00\x00a]", &global[2..], b")Ras."].concat();
        fails("in a field", &[b"\x80\x04", place.as_slice()].concat(), "Python's os.system at \"a[0]\"");
    }
    fails("INST", &[b"\x80\x02(", text(&command).as_slice(), b"ios\nsystem\n."].concat(), "Python's os.system");
    fails("OBJ", &[b"\x80\x02(cos\nsystem\n", text(&command).as_slice(), b"o."].concat(), "Python's os.system");
    fails("an extension", b"\x80\x02\x82\x01.", "an extension of copyreg");
    assert!(!mark.exists());
}

#[test]
fn damaged_pickles_are_refused_at_their_byte() {
    for (pickle, text) in [
        (&b"\x80\x04"[..], "byte 2: it is cut off"),
        (b"\x80\x09N.", "this is not a document"),
        (b"\x80\x04N", "it is cut off"),
        (b"\x80\x04.", "its stack is empty"),
        (b"\x80\x04(.", "its stack is empty"),
        (b"\x80\x04N(.", "its stack is empty"),
        (b"\x80\x04N.N.", "bytes follow its end"),
        (b"\x80\x04e.", "no mark"),
        (b"\x80\x04N(Ne.", "not a list"),
        (b"\x80\x04}(Nu.", "a key has no value"),
        (b"\x80\x04(Nd.", "a key has no value"),
        (b"\x80\x04h\x05.", "entry 5 of its memo is empty"),
        (b"\x80\x04Nb.", "its stack is empty"),
        (b"\x80\x04NNb.", "not an object"),
        (b"\x80\x04\x8c\x02\xff\xfe.", "no Rust string"),
        (b"\x80\x04X\xff\xff\xff\xffx.", "4294967295 bytes should follow"),
        (b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xffx.", "document"),
        (b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xffx.", "it is cut off"),
        (b"\x80\x04\x8b\xff\xff\xff\x7f\x01.", "it is cut off"),
        (b"\x80\x04I12\n.", "protocol 0 or 1"),
        (b"\x80\x02Pid\n.", "protocol 0 or 1"),
        (b"\x80\x05\x97.", "out-of-band"),
        (b"\x80\x04\xff.", "the opcode 0xff does not exist"),
        (b"\x80\x04NQ.", "persistent id"),
        (
            b"\x80\x04X\x01\x00\x00\x00aX\x01\x00\x00\x00bX\x04\x00\x00\x00../x\x86\x86Q.",
            "cannot be the name of a stored",
        ),
        (b"\x80\x04cnumpy\ndtype\nX\x02\x00\x00\x00i4\x85R.", "numpy.dtype"),
        (
            b"\x80\x04cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x02\x00\x00\x00i4\x85RC\x01x\x86R.",
            "not of its own dtype",
        ),
        (
            b"\x80\x02c_codecs\nencode\nX\x03\x00\x00\x00\xe4\xb8\xadX\x06\x00\x00\x00latin1\x86R.",
            "a character above 255",
        ),
    ] {
        fails(&format!("{pickle:?}"), pickle, text);
    }
    let valid = b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94K\x01s.";
    assert_eq!(load(valid.to_vec()).unwrap(), "{a: 1}");
    for len in 2..valid.len() {
        let error = refused("cut", load(valid[..len].to_vec()), &[ErrorKind::Corrupt]);
        assert!(error.to_string().contains("cut off") || error.to_string().contains("stack"), "{len}: {error}");
    }
}

#[test]
fn what_grows_without_end_is_refused() {
    // Each list has the one before it ten times.
    let mut bomb = b"\x80\x04](e\x94".to_vec();
    for level in 0..40_u8 {
        bomb.extend_from_slice(b"](");
        bomb.extend([b'h', level].repeat(10));
        bomb.extend_from_slice(b"e\x94");
    }
    fails("a memo bomb", &[bomb, b".".to_vec()].concat(), "too large");
    let long = [b"\x80\x04X\x00\x00\x10\x00", vec![b'x'; 1 << 20].as_slice(), b"\x94]("].concat();
    fails("a long text", &[long, b"h\x00".repeat(1 << 20), b"e.".to_vec()].concat(), "too large");
    fails("a circle", b"\x80\x04]\x94h\x00a.", "contains itself");
    fails("deep", &[b"\x80\x04".to_vec(), vec![b']'; 100_000], vec![b'a'; 99_999], b".".to_vec()].concat(), "deeper");
    fails("deep tuples", &[b"\x80\x04N".to_vec(), vec![0x85; 100_000], b".".to_vec()].concat(), "deeper");
    let mut encode = b"\x80\x02X\x00\x00\x10\x00".to_vec();
    encode.extend_from_slice(&[b'x'; 1 << 20]);
    encode.extend_from_slice(b"q\x000X\x06\x00\x00\x00latin1q\x01](");
    let call = b"c_codecs\nencode\nh\x00h\x01\x86R".repeat(10_000);
    fails("copies", &[encode, call, b"e.".to_vec()].concat(), "too many copies");
    let digits = [b"\x80\x04\x8b\x00\x00\x10\x00".to_vec(), vec![1; 1 << 20], b".".to_vec()].concat();
    fails("a long integer", &digits, "more than 4300 digits");
    // Marks and values that come to nothing.
    let marks = [b"\x80\x04".to_vec(), vec![b'('; 1 << 20], b"N.".to_vec()].concat();
    assert_eq!(load(marks).unwrap(), "null");
    let stack = [b"\x80\x04(".to_vec(), vec![b'N'; 1 << 20], b"1".to_vec(), b"(t0".repeat(1 << 20), b"N.".to_vec()];
    assert_eq!(load(stack.concat()).unwrap(), "null");
}

#[test]
fn a_pickle_that_is_no_document_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("w/x", &1).unwrap();
    let mut altered = document(b"\x80\x04K\x01.");
    altered[3] = 2;
    std::fs::write(folder.path().join("w/altered"), &altered).unwrap();
    std::fs::write(folder.path().join("w/bare"), b"\x80\x04K\x01.").unwrap();
    let refused = |error: Error| assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    for name in ["w/altered", "w/bare"] {
        refused(storage.load::<u8>(name).unwrap_err());
        refused(storage.remove(name).unwrap_err());
        assert_eq!(storage.save(name, &2).unwrap_err().kind(), ErrorKind::AlreadyExists);
    }
    assert!(!storage.contains("w/bare").unwrap());
    // It ends as a document of FunctionFuse's, so its damage is seen.
    assert!(storage.contains("w/altered").unwrap());
    assert!(!storage.verify("w/altered", VerifyDepth::Quick).unwrap().is_sound());
    let verified = storage.verify_all(VerifyDepth::Quick).unwrap();
    assert_eq!(verified.iter().filter(|value| !value.is_sound()).count(), 1);
    assert!(folder.path().join("w/altered").exists());
}

/// A list of lists of one value: `count` of `element`, `count` times.
fn lists(element: &[u8], count: usize) -> Vec<u8> {
    let begin = [b"\x80\x04", element, b"\x940]("].concat();
    [begin, b"h\x00".repeat(count), b"e\x940](".to_vec(), b"h\x01".repeat(count), b"e.".to_vec()].concat()
}

#[derive(Debug, serde::Deserialize)]
enum Color {
    Red,
}

#[test]
fn each_place_of_a_value_is_counted_whatever_it_is() {
    fn typed<T: serde::de::DeserializeOwned>(what: &'static str, pickle: Vec<u8>) {
        let error = soon(what, move || {
            let loaded = arraystow::from_slice::<Vec<Vec<T>>>(&document(&pickle), &arraystow::Protocols::new());
            loaded.map(|lists| lists.len()).unwrap_err()
        });
        assert!(error.to_string().contains("too large"), "{what}: {error}");
    }
    typed::<Option<f64>>("missing elements", lists(b"N", 2300));
    typed::<Color>("variants", lists(b"X\x03\0\0\0Red", 2300));
    typed::<serde::de::IgnoredAny>("ignored values", lists(b"N", 2300));
    let Color::Red = arraystow::from_slice(&document(b"\x80\x04X\x03\0\0\0Red."), &Default::default()).unwrap();
    // Each takes a few milliseconds.
    let long = [b"\x80\x04\x8b\xfa\x06\0\0", vec![1; 1786].as_slice(), b"\x940]("].concat();
    fails("long integers", &[long, b"h\x00".repeat(20_000), b"e.".to_vec()].concat(), "too large");
}

#[test]
fn the_paths_of_ids_are_bounded() {
    let id = b"\x8c\x06Others\x8c\x011\x8c\x04file\x86\x86Q\x94";
    let key = [b"X\0\0\x10\0", vec![b'k'; 1 << 20].as_slice(), b"\x94"].concat();
    let places = [id, b"0}".as_slice(), &key, b"](", &b"h\x00".repeat(200_000), b"es."].concat();
    let keys = [id, b"0}(".as_slice(), &key, b"h\x00", &b"h\x01N".repeat(200_000), b"u."].concat();
    for (what, body, most) in [("places", places, 1000), ("keys", keys, 1)] {
        let paths = soon(what, move || {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("value"), document(&[b"\x80\x04", body.as_slice()].concat())).unwrap();
            let info = Storage::open(folder.path()).unwrap().info("value").unwrap();
            info.external_objects[0].paths.len()
        });
        assert!((1..=most).contains(&paths), "{what}: {paths}");
    }
}

#[test]
fn a_numpy_array_has_no_more_axes_than_numpy_can_have() {
    let array = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01(";
    for axes in [65, 1_000_000] {
        // The first axis has all elements, and the others have one each.
        let shape = [b"J\x40\x42\x0f\0K\x01".to_vec(), vec![b'2'; axes - 2], b"t".to_vec()].concat();
        let begin = b"cnumpy\ndtype\nX\x02\0\0\0i1\x85R\x88B\x40\x42\x0f\0";
        let rest = [begin, vec![0; 1_000_000].as_slice(), b"tb."].concat();
        fails("axes", &[array, shape.as_slice(), &rest].concat(), &format!("{axes} axes"));
    }
}

/// The seeds of the fuzz target, with a few bytes changed: each is a value or an error.
#[test]
fn changed_pickles_are_values_or_errors() {
    const CHANGES: usize = 2000;
    const OPCODES: &[u8] = b"()]}.0123NRQbcehjqrstuaCKMXT\x80\x81\x85\x86\x88\x8a\x8c\x8f\x90\x91\x92\x93\x94\x95";
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/document");
    let seeds: Vec<Vec<u8>> = (2..=5)
        .map(|protocol| std::fs::read(folder.join(format!("pickle{protocol}"))).unwrap()[1..].to_vec())
        .collect();
    soon("changed pickles", move || {
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut below = |most: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random as usize % most
        };
        let protocols = arraystow::Protocols::new();
        let mut taken = 0;
        for change in 0..CHANGES * seeds.len() {
            let mut pickle = seeds[change % seeds.len()].clone();
            for _ in 0..1 + below(4) {
                let at = 2 + below(pickle.len() - 2);
                match below(4) {
                    0 => pickle[at] = OPCODES[below(OPCODES.len())],
                    1 => pickle.insert(at, OPCODES[below(OPCODES.len())]),
                    2 => pickle[at] ^= 1 << below(8),
                    _ => drop(pickle.remove(at)),
                }
            }
            let value = arraystow::from_slice::<serde_json::Value>(&document(&pickle), &protocols);
            taken += usize::from(value.is_ok());
        }
        assert!(taken > 0);
    });
}
