//! Globs of unknown origin: refused before a parser recurses into them, on a small stack.

use crate::support::{refused, soon};
use arraystow::{ErrorKind, Storage};

#[test]
fn globs_that_are_too_deep_too_long_or_too_many_at_once_are_refused() {
    let many = |count: usize| format!("{{{}}}", vec!["a"; count].join(","));
    let globs = [
        ["{".repeat(250), "a".into(), "}".repeat(250)].concat(),
        ["{".repeat(40_000), "}".repeat(40_000)].concat(),
        "{".repeat(80_000),
        "}".repeat(80_000),
        "a/{".repeat(40_000),
        ["{".repeat(10), "}".repeat(10)].concat(),
        many(100_000),
        many(1000),
        format!("a{{b,{}}}", many(300)),
        "{a,b}".repeat(300),
        "*".repeat(100_000),
        "?".repeat(100_000),
        "[a-z]".repeat(20_000),
        "[".repeat(80_000),
        "\\".repeat(80_001),
        "a".repeat(100_000),
        "/".repeat(100_000),
        "{a".into(),
        "a}".into(),
        "[a".into(),
        "a\\".into(),
        String::new(),
    ];
    soon("globs", move || {
        let folder = tempfile::tempdir().unwrap();
        for storage in [Storage::open(folder.path()).unwrap(), Storage::open("memory://").unwrap()] {
            storage.save("a/b", &1).unwrap();
            for glob in &globs {
                let what = &glob[..glob.len().min(40)];
                refused(what, storage.list(glob), &[ErrorKind::InvalidName]);
                refused(what, futures::executor::block_on(storage.list_async(glob)), &[ErrorKind::InvalidName]);
                refused(what, storage.remove_matching(glob), &[ErrorKind::InvalidName]);
            }
            assert!(storage.contains("a/b").unwrap());
        }
    });
}

/// The largest that are let pass: matched or refused, never a panic, and soon.
#[test]
fn globs_at_the_limits_are_matched() {
    soon("globs at the limits", || {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        storage.save("run/a-long-name-of-a-document", &1).unwrap();
        let found = |glob: &str| storage.list(glob).map(|entries| entries.len());
        let names: Vec<_> = (0..255).map(|number| format!("x{number}")).collect();
        assert_eq!(found(&format!("run/{{{},a-long*}}", names.join(","))).unwrap(), 1);
        assert_eq!(found("{{{{{{{{run/a-long-*}}}}}}}}").unwrap(), 1);
        assert_eq!(found("run/{a,{b,a}}-{long,short}-name*").unwrap(), 1);
        assert_eq!(found("run/\\{*").unwrap(), 0);
        for unit in ["*", "?", "**/", "[a-z]", "[!\u{0}-\u{10ffff}]", "*a", "{?,*}", "[^x]", "\u{202e}", "日", "a?*"] {
            let glob = unit.repeat(4096 / unit.len());
            match found(&glob) {
                Ok(_) => {}
                Err(error) => assert_eq!(error.kind(), ErrorKind::InvalidName, "{unit}: {error}"),
            }
        }
    });
}
