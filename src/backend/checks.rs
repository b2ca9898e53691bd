//! Fletcher's checksum, as HDF5's filter of that name computes it.

/// Over big-endian 16-bit words; a last odd byte counts as the upper half of one.
pub(super) fn fletcher32(bytes: &[u8]) -> u32 {
    let fold = |sum: u32| (sum & 0xffff) + (sum >> 16);
    let (mut low, mut high) = (0_u32, 0_u32);
    let (words, rest) = bytes.as_chunks::<2>();
    // After 360 words the sums are just short of an overflow.
    for block in words.chunks(360) {
        for word in block {
            low += u32::from(u16::from_be_bytes(*word));
            high += low;
        }
        (low, high) = (fold(low), fold(high));
    }
    if let [last] = rest {
        low += u32::from(*last) << 8;
        high += low;
        (low, high) = (fold(low), fold(high));
    }
    (low, high) = (fold(low), fold(high));
    high << 16 | low
}
