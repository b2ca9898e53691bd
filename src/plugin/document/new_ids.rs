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
        let Some((before, file)) = body.get_mut(..at + LEN).and_then(|body| body.split_at_mut_checked(at)) else {
            break;
        };
        if file[8] != b'-' {
            continue;
        }
        let Some((old, new)) = str::from_utf8(file).ok().and_then(|file| ids.get(file)) else { continue };
        if new.file().len() == LEN && is_id(before, old, format) {
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

/// Whether the name that follows is that of an id: the version comes before it. In a pickle it is any string of its own.
fn is_id(before: &[u8], id: &PersistentId, format: Format) -> bool {
    let version = match format {
        // The header of a string of 36 bytes.
        Format::Cbor => before.strip_suffix(&[0x78, LEN as u8]),
        Format::Json => before
            .strip_suffix(b"\"")
            .and_then(|before| before.trim_ascii_end().strip_suffix(b","))
            .and_then(|before| before.trim_ascii_end().strip_suffix(b"\"")),
        // The version may be a reference to an earlier string, so only the header of the string is compared.
        Format::Pickle => {
            const LENGTH: u8 = LEN as u8;
            let headers: [&[u8]; 3] = [&[0x8c, LENGTH], &[b'X', LENGTH, 0, 0, 0], &[0x8d, LENGTH, 0, 0, 0, 0, 0, 0, 0]];
            return headers.iter().any(|header| before.ends_with(header));
        }
    };
    version.is_some_and(|before| before.ends_with(id.version().as_bytes()))
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
    fn in_a_pickle_a_part_of_a_string_stays() {
        let pickle = |file: &str| {
            let log = format!("reads {OLD}");
            let short = [&[0x8c, log.len() as u8], log.as_bytes(), &[0x8c, LEN as u8], file.as_bytes()].concat();
            let long = [b"X\x24\0\0\0", file.as_bytes(), b"\x8d\x24\0\0\0\0\0\0\0", file.as_bytes()].concat();
            [short, long].concat()
        };
        let (mut body, ids) = (pickle(OLD), [OLD, NEW].map(PersistentId::of));
        replace_ids(&mut body, Format::Pickle, [(&ids[0], &ids[1])].into_iter()).unwrap();
        assert_eq!(body, pickle(NEW));
    }

    #[test]
    fn an_id_that_is_not_found_is_an_error() {
        for body in ["", OLD, &format!("\"{OLD}\""), &format!("[\"2.0.0\",\"{OLD}\"]")] {
            let error = replaced(body, Format::Json).unwrap_err();
            assert_eq!(error.array(), Some(OLD), "{body}: {error}");
        }
    }
}
