//! bzip2, for reading only.

use bzip2::{Decompress, Status};

/// Undoes bzip2; gives how many bytes came out. None if the input is damaged or there is no room.
pub(super) fn decompress(input: &[u8], out: &mut [u8]) -> Option<usize> {
    let mut stream = Decompress::new(false);
    loop {
        let (read, written) = (usize::try_from(stream.total_in()).ok()?, usize::try_from(stream.total_out()).ok()?);
        match stream.decompress(input.get(read..)?, out.get_mut(written..)?).ok()? {
            Status::StreamEnd => return usize::try_from(stream.total_out()).ok(),
            _ if stream.total_in() == read as u64 && stream.total_out() == written as u64 => return None,
            _ => {}
        }
    }
}
