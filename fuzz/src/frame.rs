//! The frame of a document around any manifest and body, with the right checksums: otherwise no mutated byte would get
//! past the first checksum.

/// A document of frame version 1.
pub fn frame(format: &str, manifest: &[u8], body: &[u8]) -> Vec<u8> {
    let mut document = b"\x89ASTOW\r\n\x01\x00".to_vec();
    document.push(format.len() as u8);
    document.extend_from_slice(format.as_bytes());
    document.extend_from_slice(&(manifest.len() as u64).to_le_bytes());
    document.extend_from_slice(manifest);
    let head = blake3::hash(&document);
    document.extend_from_slice(head.as_bytes());
    document.extend_from_slice(&(body.len() as u64).to_le_bytes());
    document.extend_from_slice(body);
    let mut hasher = blake3::Hasher::new();
    hasher.update(head.as_bytes()).update(&(body.len() as u64).to_le_bytes()).update(body);
    document.extend_from_slice(hasher.finalize().as_bytes());
    document
}

/// Manifest and body of a document.
pub fn parts(document: &[u8]) -> Option<(&[u8], &[u8])> {
    let name = usize::from(*document.get(10)?);
    let (manifest, rest) = sized(document.get(11 + name..)?)?;
    let (body, _) = sized(rest.get(32..)?)?;
    Some((manifest, body))
}

fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<8>()?;
    rest.split_at_checked(usize::try_from(u64::from_le_bytes(*len)).ok()?)
}
