//! The body of a document with other ids in it. Its value is not read, so that nothing else of it changes: a walk
//! would turn some numbers and tuples into others that the format has.

use crate::error::{Error, Result};
use crate::plugin::document::body_format::Format;
use crate::plugin::document::id::PersistentId;
use std::collections::{HashMap, HashSet};

/// The length of the names that ids are made of: those of UUIDs.
const LEN: usize = 36;

/// Puts other ids into a body. All of them have names of one length, so that everything stays where it is.
pub(crate) fn replace_ids<'a>(
    body: &mut [u8],
    format: Format,
    ids: impl Iterator<Item = (&'a PersistentId, &'a PersistentId)>,
) -> Result<()> {
    let ids: HashMap<&str, (&PersistentId, &PersistentId)> = ids.map(|(old, new)| (old.file(), (old, new))).collect();
    let mut found = HashSet::new();
    for at in 0..body.len() {
        let Some((read, after)) = body.split_at_mut_checked(at + LEN) else { break };
        let Some((before, file)) = read.split_at_mut_checked(at) else { break };
        if file[8] != b'-' {
            continue;
        }
        let Some((old, new)) = str::from_utf8(file).ok().and_then(|file| ids.get(file)) else { continue };
        if new.file().len() == LEN && is_id(before, after, old, format) {
            found.insert(old.file());
            file.copy_from_slice(new.file().as_bytes());
        }
    }
    match ids.keys().find(|file| !found.contains(**file)) {
        None => Ok(()),
        Some(file) => {
            let text = "the document has the id of the array in a form that is not changed in place: load the value with its \
                        type, and save it";
            Err(Error::unsupported(text).in_array(file))
        }
    }
}

/// Whether the name between these is that of an id: the version comes before it.
fn is_id(before: &[u8], after: &[u8], id: &PersistentId, format: Format) -> bool {
    let version = match format {
        // The header of a string of 36 bytes.
        Format::Cbor => before.strip_suffix(&[0x78, LEN as u8]),
        Format::Json => before
            .strip_suffix(b"\"")
            .and_then(|before| before.trim_ascii_end().strip_suffix(b","))
            .and_then(|before| before.trim_ascii_end().strip_suffix(b"\"")),
        // The version may be a reference to an earlier string.
        Format::Pickle => return is_id_of_pickle(before, after),
    };
    version.is_some_and(|before| before.ends_with(id.version().as_bytes()))
}

/// The beginnings of a string of 36 bytes in the protocols 2 to 5.
const STRINGS: [&[u8]; 4] =
    [&[0x8c, LEN as u8], &[b'X', LEN as u8, 0, 0, 0], &[b'U', LEN as u8], &[b'T', LEN as u8, 0, 0, 0]];
const TUPLE2: u8 = 0x86;
const BINPERSID: u8 = b'Q';

/// Whether a string between these is the name in an id: the last part of a pair in a pair, which is an id.
fn is_id_of_pickle(before: &[u8], after: &[u8]) -> bool {
    let mut after = after;
    for expected in [TUPLE2, TUPLE2, BINPERSID] {
        // Python puts what it has written into its memo, and may begin a frame.
        while let [0x94, rest @ ..]
        | [b'q', _, rest @ ..]
        | [b'r', _, _, _, _, rest @ ..]
        | [0x95, _, _, _, _, _, _, _, _, rest @ ..] = after
        {
            after = rest;
        }
        match after {
            [opcode, rest @ ..] if *opcode == expected => after = rest,
            _ => return false,
        }
    }
    STRINGS.iter().any(|begin| before.ends_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "00000000-0000-4000-8000-000000000001";
    const NEW: &str = "00000000-0000-4000-8000-000000000002";

    fn replaced(body: &str, format: Format) -> Result<String> {
        let mut body = body.as_bytes().to_vec();
        let ids = [OLD, NEW].map(PersistentId::of);
        replace_ids(&mut body, format, [(&ids[0], &ids[1])].into_iter())?;
        Ok(String::from_utf8(body).unwrap())
    }

    #[test]
    fn ids_are_replaced_and_texts_are_not() {
        for comma in [",", " , ", ",\n  "] {
            let body =
                |file: &str| format!("{{\"text\":\"{OLD}\",\"a\":[\"HDFSerializer\",[\"1.0.0\"{comma}\"{file}\"]]}}");
            assert_eq!(replaced(&body(OLD), Format::Json).unwrap(), body(NEW));
        }
        // In a text, the quotes are escaped.
        let text = format!(r#"["\"1.0.0\",\"{OLD}\"", ["HDFSerializer",["1.0.0","{OLD}"]]]"#);
        assert_eq!(
            replaced(&text, Format::Json).unwrap(),
            text.replace(&format!("\"{OLD}\"]"), &format!("\"{NEW}\"]"))
        );
        let cbor = |file: &str| {
            let ids = (OLD, ("HDFSerializer", ("1.0.0", file)), ("1.0.0", u128::from(u64::MAX)));
            cbor4ii::serde::to_vec(Vec::new(), &ids).unwrap()
        };
        let (mut body, ids) = (cbor(OLD), [OLD, NEW].map(PersistentId::of));
        replace_ids(&mut body, Format::Cbor, [(&ids[0], &ids[1])].into_iter()).unwrap();
        assert_eq!(body, cbor(NEW));
    }

    #[test]
    fn ids_of_pickles_are_replaced_and_texts_are_not() {
        // Each character is a byte.
        let (short, long) = ("\u{8c}$", "X$\0\0\0");
        let forms = [
            (short, "\u{86}\u{86}Q"),
            (short, "\u{94}\u{86}\u{94}\u{86}\u{94}Q"),
            (long, "q\u{4}\u{86}q\u{5}\u{86}r\u{1}\u{1}\0\0Q"),
            (short, "\u{94}\u{95}\u{9}\0\0\0\0\0\0\0\u{86}\u{86}Q"),
        ];
        for (begin, end) in forms {
            let body = |file: &str| {
                let texts = format!("\u{8c}\u{28}see {OLD}{begin}{OLD}\u{94}\u{86}\u{94}\u{8c}${OLD}aQ");
                format!("{texts}{begin}{file}{end}").chars().map(|byte| byte as u8).collect::<Vec<_>>()
            };
            let (mut changed, ids) = (body(OLD), [OLD, NEW].map(PersistentId::of));
            replace_ids(&mut changed, Format::Pickle, [(&ids[0], &ids[1])].into_iter()).unwrap();
            assert_eq!(changed, body(NEW));
        }
        let mut text = [&b"\x8c\x24"[..], OLD.as_bytes(), b"\x94\x86Q"].concat();
        let ids = [OLD, NEW].map(PersistentId::of);
        assert!(replace_ids(&mut text, Format::Pickle, [(&ids[0], &ids[1])].into_iter()).is_err());
    }

    #[test]
    fn an_id_that_is_not_found_is_an_error() {
        for body in ["", OLD, &format!("\"{OLD}\""), &format!("[\"2.0.0\",\"{OLD}\"]")] {
            let error = replaced(body, Format::Json).unwrap_err();
            assert_eq!(error.array(), Some(OLD), "{body}: {error}");
        }
    }
}
