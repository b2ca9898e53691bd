//! HDF5's shuffle filter: the first bytes of all elements, then the second bytes, and so on, which compresses better.

/// Elements at a time, so that a block stays in the processor's first cache.
const BLOCK: usize = 512;

/// Zarr's arrays are shuffled by their encoder.
#[cfg(feature = "hdf5")]
pub(super) fn shuffle(element_size: usize, from: &[u8], to: &mut [u8]) {
    match element_size {
        2 => shuffle_sized::<2>(from, to),
        4 => shuffle_sized::<4>(from, to),
        8 => shuffle_sized::<8>(from, to),
        16 => shuffle_sized::<16>(from, to),
        0 | 1 => to.copy_from_slice(from),
        size => {
            let count = from.len() / size;
            for (index, byte) in from[..count * size].iter().enumerate() {
                to[index % size * count + index / size] = *byte;
            }
            to[count * size..].copy_from_slice(&from[count * size..]);
        }
    }
}

pub(super) fn unshuffle(element_size: usize, from: &[u8], to: &mut [u8]) {
    match element_size {
        2 => unshuffle_sized::<2>(from, to),
        4 => unshuffle_sized::<4>(from, to),
        8 => unshuffle_sized::<8>(from, to),
        16 => unshuffle_sized::<16>(from, to),
        0 | 1 => to.copy_from_slice(from),
        size => {
            let count = from.len() / size;
            for (index, byte) in to[..count * size].iter_mut().enumerate() {
                *byte = from[index % size * count + index / size];
            }
            to[count * size..].copy_from_slice(&from[count * size..]);
        }
    }
}

#[cfg(feature = "hdf5")]
fn shuffle_sized<const N: usize>(from: &[u8], to: &mut [u8]) {
    let (elements, rest) = from.as_chunks::<N>();
    let count = elements.len();
    for (index, block) in elements.chunks(BLOCK).enumerate() {
        for byte in 0..N {
            let start = byte * count + index * BLOCK;
            for (to, element) in to[start..start + block.len()].iter_mut().zip(block) {
                *to = element[byte];
            }
        }
    }
    to[count * N..].copy_from_slice(rest);
}

fn unshuffle_sized<const N: usize>(from: &[u8], to: &mut [u8]) {
    let (elements, rest) = to.as_chunks_mut::<N>();
    let count = elements.len();
    for (index, block) in elements.chunks_mut(BLOCK).enumerate() {
        for byte in 0..N {
            let start = byte * count + index * BLOCK;
            for (element, from) in block.iter_mut().zip(&from[start..]) {
                element[byte] = *from;
            }
        }
    }
    rest.copy_from_slice(&from[count * N..]);
}
