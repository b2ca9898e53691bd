//! The blocks of an HDF5 file: finds them, changes their pointers, and corrects their checksums. With wrong checksums,
//! a changed file of a newer format would be refused at once.

use crate::random::Random;

const SIGNATURES: [&[u8; 4]; 15] = [
    b"TREE", b"SNOD", b"HEAP", b"OHDR", b"OCHK", b"BTHD", b"BTIN", b"BTLF", b"FRHP", b"FHIB", b"FHDB", b"EAHD",
    b"EAIB", b"FAHD", b"FADB",
];
/// The size of the largest file that a change makes.
const LARGEST: usize = 1 << 16;

fn number(file: &[u8], at: usize, width: usize) -> Option<u64> {
    let bytes = file.get(at..at.checked_add(width)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn place(file: &[u8], at: usize) -> Option<usize> {
    number(file, at, 8).and_then(|at| usize::try_from(at).ok()).filter(|at| *at < file.len())
}

fn put(file: &mut [u8], at: usize, number: u64, width: usize) {
    if let Some(bytes) = file.get_mut(at..at + width) {
        bytes.copy_from_slice(&number.to_le_bytes()[..width]);
    }
}

/// The positions of all blocks with a signature.
fn blocks(file: &[u8]) -> Vec<usize> {
    let starts = |four: &[u8]| four[0].is_ascii_uppercase() && SIGNATURES.iter().any(|signature| four == *signature);
    file.windows(4).enumerate().filter(|(_, four)| starts(four)).map(|(at, _)| at).collect()
}

/// The positions of what looks like a pointer to a block or to a header of version 1.
fn pointers(file: &[u8], blocks: &[usize]) -> Vec<usize> {
    let leads = |at: &usize| {
        let header =
            |to: usize| at.is_multiple_of(8) && to.is_multiple_of(8) && to >= 96 && file[to..].starts_with(&[1, 0]);
        place(file, *at).is_some_and(|to| blocks.binary_search(&to).is_ok() || header(to))
    };
    (8..file.len().saturating_sub(8)).filter(leads).collect()
}

/// Makes one change: a cycle, a shared block, another depth or count, or a deeply nested type.
pub fn change(random: &mut Random, file: &mut Vec<u8>) {
    let blocks = blocks(file);
    let pointers = pointers(file, &blocks);
    if blocks.is_empty() || pointers.is_empty() {
        return;
    }
    let block = blocks[random.below(blocks.len())];
    let pointer = pointers[random.below(pointers.len())];
    match random.below(8) {
        0 | 1 => put(file, pointer, block as u64, 8),
        2 => {
            let other = number(file, pointers[random.below(pointers.len())], 8).unwrap_or(0);
            put(file, pointer, other, 8);
        }
        3 => clone(random, file, block, pointer),
        4 => {
            let number = if random.below(2) == 0 { random.below(8) as u64 } else { random.number() };
            // Levels, counts, depths and sizes are near the beginning of a block.
            let (at, width) = (block + 4 + random.below(40), 1 << random.below(4));
            put(file, at, number, width);
        }
        5 => tower(random, file, &blocks),
        6 => repeat(random, file, &blocks),
        _ => deep(random, file),
    }
}

/// Appends a copy of a block and makes a pointer lead to it.
fn clone(random: &mut Random, file: &mut Vec<u8>, block: usize, pointer: usize) {
    let len = (64 << random.below(6)).min(file.len() - block);
    if file.len() + len <= LARGEST {
        let end = file.len() as u64;
        put(file, pointer, end, 8);
        file.extend_from_within(block..block + len);
    }
}

/// Makes a tree in which each node has the node below it as a child many times.
fn tower(random: &mut Random, file: &mut Vec<u8>, blocks: &[usize]) {
    let trees: Vec<_> = blocks.iter().filter(|at| file[**at..].starts_with(b"TREE")).collect();
    let Some(root) = trees.get(random.below(trees.len())).map(|at| **at) else { return };
    let key = if file.get(root + 4) == Some(&0) { 8 } else { 16 + 8 * (1 + random.below(3)) };
    let len = 2096.min(file.len() - root);
    let (mut below, level) = (root, u64::from(file[root + 5]));
    let levels = 1 + random.below(12);
    for up in 1..=levels {
        let node = if up == levels { root } else { file.len() };
        if node != root {
            if file.len() + len > LARGEST {
                return;
            }
            file.extend_from_within(root..root + len);
        }
        put(file, node + 5, level + up as u64, 1);
        let count = 1 + random.below(32);
        put(file, node + 6, count as u64, 2);
        for child in 0..count {
            put(file, node + 24 + key + child * (key + 8), below as u64, 8);
        }
        below = node;
    }
}

/// Makes all pointers of a node lead where its first one leads. The node is of a version-1 or version-2 tree or of a
/// heap.
fn repeat(random: &mut Random, file: &mut [u8], blocks: &[usize]) {
    let nodes: Vec<_> = blocks
        .iter()
        .filter(|at| [b"TREE", b"BTIN", b"FHIB"].iter().any(|signature| file[**at..].starts_with(*signature)))
        .collect();
    let Some(node) = nodes.get(random.below(nodes.len())).map(|at| **at) else { return };
    let pointers: Vec<_> = (node + 5..(node + 2096).min(file.len().saturating_sub(8)))
        .filter(|at| place(file, *at).is_some_and(|to| blocks.binary_search(&to).is_ok()))
        .collect();
    if let Some(to) = pointers.first().and_then(|at| number(file, *at, 8)) {
        pointers.iter().for_each(|at| put(file, *at, to, 8));
    }
}

/// Overwrites a type with a deeply nested type.
fn deep(random: &mut Random, file: &mut [u8]) {
    // A list type, an array type and a record type with one member.
    const NESTED: [&[u8]; 3] = [
        &[0x19, 0, 0, 0, 16, 0, 0, 0],
        &[0x2a, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
        &[0x36, 1, 0, 0, 8, 0, 0, 0, b'a', 0, 0],
    ];
    // Positions that look like the beginning of a type.
    let types: Vec<_> = (0..file.len().saturating_sub(8))
        .filter(|at| matches!(file[*at], 0x10..=0x3b) && file[*at + 5..*at + 8] == [0; 3] && file[*at + 4] != 0)
        .collect();
    let Some(start) = types.get(random.below(types.len())) else { return };
    let nested = NESTED[random.below(NESTED.len())];
    let (mut at, times) = (*start, 1 << random.below(12));
    for _ in 0..times {
        if let Some(to) = file.get_mut(at..at + nested.len()) {
            to.copy_from_slice(nested);
        }
        at += nested.len();
    }
}

/// Corrects the checksums, and the end of the file in its superblock.
pub fn seal(file: &mut [u8]) {
    if !file.starts_with(b"\x89HDF") {
        return;
    }
    let len = file.len() as u64;
    match file.get(8) {
        Some(0) => put(file, 40, len, 8),
        Some(1) => put(file, 44, len, 8),
        Some(2 | 3) => {
            put(file, 28, len, 8);
            checksum(file, 0, 44);
        }
        _ => {}
    }
    for block in blocks(file) {
        let signature = &file[block..block + 4];
        // With addresses and lengths of 8 bytes.
        match signature {
            b"OHDR" => drop(header(file, block)),
            b"BTHD" => {
                checksum(file, block, 34);
                let _ = tree(file, block);
            }
            b"FRHP" => {
                checksum(file, block, 142);
                let _ = heap(file, block);
            }
            b"EAHD" => {
                checksum(file, block, 68);
                let _ = extensible(file, block);
            }
            b"FAHD" => {
                checksum(file, block, 24);
                let _ = fixed(file, block);
            }
            _ => {}
        }
    }
}

/// Writes the checksum of the first `len` bytes of a block after them.
fn checksum(file: &mut [u8], block: usize, len: usize) {
    if let Some(bytes) = block.checked_add(len).and_then(|end| file.get(block..end)) {
        let sum = lookup3(bytes);
        put(file, block + len, u64::from(sum), 4);
    }
}

/// Corrects the checksums of a header and its continuation blocks.
fn header(file: &mut [u8], block: usize) -> Option<()> {
    let flags = number(file, block + 5, 1)?;
    let width = 1 << (flags & 3);
    let start = block + 6 + if flags & 0x20 == 0 { 0 } else { 16 } + if flags & 0x10 == 0 { 0 } else { 4 };
    let len = usize::try_from(number(file, start, width)?).ok()?;
    let mut pieces = vec![(block, start + width, len)];
    for turn in 0..64 {
        let (block, start, len) = *pieces.get(turn)?;
        let end = start.checked_add(len)?;
        checksum(file, block, end.checked_sub(block)?);
        let mut at = start;
        while at + 4 <= end {
            let (kind, size) = (number(file, at, 1)?, number(file, at + 1, 2)? as usize);
            let body = at + 4 + if flags & 4 == 0 { 0 } else { 2 };
            if let (0x10, Some(next)) = (kind, place(file, body)) {
                let len = usize::try_from(number(file, body + 8, 8)?).ok()?.checked_sub(8)?;
                pieces.push((next, next + 4, len));
            }
            at = body + size;
        }
    }
    None
}

/// Corrects the checksums of the nodes of a version-2 tree.
fn tree(file: &mut [u8], block: usize) -> Option<()> {
    let (node, record) = (number(file, block + 6, 4)?, number(file, block + 10, 2)?);
    let depth = number(file, block + 12, 2)? as usize;
    let width = |most: u64| most.checked_ilog2().map(|bits| bits as usize / 8 + 1);
    let most = node.checked_sub(10)?.checked_div(record)?;
    let count_width = width(most)?;
    // The width of the total number of records, by level.
    let (mut below, mut widths) = (most, vec![0]);
    for level in 1..=depth.min(64) {
        let pointer = (8 + count_width + widths[level - 1]) as u64;
        let most = node.checked_sub(10 + pointer)? / (record + pointer);
        below = (most + 1).checked_mul(below)?.checked_add(most)?;
        widths.push(width(below)?);
    }
    let mut nodes = vec![(place(file, block + 16)?, number(file, block + 24, 2)?, depth)];
    for turn in 0..256 {
        let (node, count, level) = *nodes.get(turn)?;
        let records = 6 + (count * record) as usize;
        let Some(down) = level.checked_sub(1) else {
            checksum(file, node, records);
            continue;
        };
        let pointer = 8 + count_width + widths.get(down)?;
        checksum(file, node, records + (count as usize + 1) * pointer);
        for child in 0..=count as usize {
            let at = node + records + child * pointer;
            if let (Some(next), Some(count)) = (place(file, at), number(file, at + 8, count_width))
                && nodes.iter().all(|(node, ..)| *node != next)
            {
                nodes.push((next, count, down));
            }
        }
    }
    None
}

/// Corrects the checksums of the blocks of a fractal heap to which the root points directly.
fn heap(file: &mut [u8], block: usize) -> Option<()> {
    let (width, first) = (number(file, block + 110, 2)?, number(file, block + 112, 8)?);
    let offset = number(file, block + 128, 2)?.div_ceil(8) as usize;
    let (root, rows) = (place(file, block + 132)?, number(file, block + 140, 2)?);
    let direct = |file: &mut [u8], block: usize, len: u64| {
        // The checksum is at the beginning of the block, and is computed with zeros in its place.
        let at = block + 13 + offset;
        put(file, at, 0, 4);
        let bytes = file.get(block..block.checked_add(usize::try_from(len).ok()?)?)?;
        let sum = lookup3(bytes);
        put(file, at, u64::from(sum), 4);
        Some(())
    };
    if rows == 0 {
        return direct(file, root, first);
    }
    let entries = root + 13 + offset;
    for entry in 0..(rows * width).min(1024) {
        let len = first.checked_shl((entry / width).saturating_sub(1) as u32)?;
        if let Some(block) = place(file, entries + 8 * entry as usize) {
            let _ = direct(file, block, len);
        }
    }
    checksum(file, root, 13 + offset + 8 * (rows * width) as usize);
    Some(())
}

/// Corrects the checksum of the index block of an extensible array.
fn extensible(file: &mut [u8], block: usize) -> Option<()> {
    let field = |at: usize| number(file, block + at, 1);
    let (element, bits, first) = (field(6)?, field(7)?, field(8)?);
    let (smallest, pointers) = (field(9)?.checked_ilog2()?, field(10)?);
    let root = place(file, block + 60)?;
    let blocks = (1 + bits).checked_sub(u64::from(smallest) + 2 * u64::from(pointers.checked_ilog2()?))?;
    let len = 14 + first * element + 8 * (2 * (pointers - 1) + blocks);
    checksum(file, root, len as usize);
    Some(())
}

/// Corrects the checksum of the data block of a fixed array without pages.
fn fixed(file: &mut [u8], block: usize) -> Option<()> {
    let (element, count) = (number(file, block + 6, 1)?, number(file, block + 8, 8)?);
    let root = place(file, block + 16)?;
    checksum(file, root, 14 + usize::try_from(count.checked_mul(element)?).ok()?);
    Some(())
}

/// Bob Jenkins' lookup3 hash, as HDF5 uses it.
fn lookup3(bytes: &[u8]) -> u32 {
    let word = |bytes: &[u8], at: usize| {
        (0..4).fold(0, |word, i| word | u32::from(bytes.get(at + i).copied().unwrap_or(0)) << (8 * i))
    };
    let start = 0xdead_beef_u32.wrapping_add(bytes.len() as u32);
    let [mut a, mut b, mut c] = [start; 3];
    let mut rest = bytes;
    while rest.len() > 12 {
        a = a.wrapping_add(word(rest, 0));
        b = b.wrapping_add(word(rest, 4));
        c = c.wrapping_add(word(rest, 8));
        for (turn, by) in [4, 6, 8, 16, 19, 4].into_iter().enumerate() {
            let (x, y, z) = match turn % 3 {
                0 => (&mut a, &mut c, b),
                1 => (&mut b, &mut a, c),
                _ => (&mut c, &mut b, a),
            };
            *x = x.wrapping_sub(*y) ^ y.rotate_left(by);
            *y = y.wrapping_add(z);
        }
        rest = &rest[12..];
    }
    if rest.is_empty() {
        return c;
    }
    a = a.wrapping_add(word(rest, 0));
    b = b.wrapping_add(word(rest, 4));
    c = c.wrapping_add(word(rest, 8));
    for (turn, by) in [14, 11, 25, 16, 4, 14, 24].into_iter().enumerate() {
        let (x, y) = match turn % 3 {
            0 => (&mut c, b),
            1 => (&mut a, c),
            _ => (&mut b, a),
        };
        *x = (*x ^ y).wrapping_sub(y.rotate_left(by));
    }
    c
}
