//! LZF, h5py's own compression: only to read what h5py wrote with `compression="lzf"`.

/// Decodes LZF, and returns the number of decoded bytes. None if the input is damaged or there is no room.
pub(super) fn decompress(input: &[u8], out: &mut [u8]) -> Option<usize> {
    let mut input = input.iter().copied();
    let mut len = 0;
    while let Some(control) = input.next() {
        let control = usize::from(control);
        if control < 32 {
            // That many bytes, and one more, as they are.
            for _ in 0..=control {
                *out.get_mut(len)? = input.next()?;
                len += 1;
            }
        } else {
            // Some bytes again that came before. They may overlap with what they become.
            let mut count = control >> 5;
            if count == 7 {
                count += usize::from(input.next()?);
            }
            let back = (control & 31) << 8 | usize::from(input.next()?);
            let start = len.checked_sub(back + 1)?;
            for from in start..start + count + 2 {
                *out.get_mut(len)? = *out.get(from)?;
                len += 1;
            }
        }
    }
    Some(len)
}
