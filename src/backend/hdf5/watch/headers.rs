//! Object headers: messages in one piece, and in further pieces that messages refer to.

use super::cursor::Cursor;
use super::messages::{CONTINUATION, Message, TYPE, each};
use super::records::{ATTRIBUTES_BY_NAME, ATTRIBUTES_BY_ORDER, CHUNKS, FILTERED_CHUNKS, LINKS_BY_NAME, LINKS_BY_ORDER};
use super::{BlockRole, View, Watch, damaged, text_fill, types};
use crate::error::Result;

const SPACE: u64 = 0x01;
const LINKS: u64 = 0x02;
const LAYOUT: u64 = 0x08;
const ATTRIBUTE: u64 = 0x0c;
const ATTRIBUTES: u64 = 0x15;

const IN_HEAP: u64 = 1;

/// Headers of a file of which a fill value is taken away. Of more, libhdf5 sees it, and is kept from reading the text.
const MOST_TEXT_FILLS: usize = 10_000;

/// Looks at all messages of a header, as libhdf5 will see them.
pub(super) fn look(watch: &mut Watch, view: &View<'_>, header: u64) -> Result<()> {
    look_at_messages(watch, view, header)?;
    if watch.text_fills.len() >= MOST_TEXT_FILLS {
        return Ok(());
    }
    let Some(fill) = text_fill::hide(view, header)? else { return Ok(()) };
    watch.text_fills.entry(header).or_insert(fill);
    look_at_messages(watch, view, header)
}

fn look_at_messages(watch: &mut Watch, view: &View<'_>, header: u64) -> Result<()> {
    each(view, header, &mut |message| match message.kind {
        kind if message.is_shared => refer(watch, view, kind, message.body),
        TYPE => types::check(message.body),
        ATTRIBUTE => attribute(watch, view, message.body),
        LAYOUT => layout(watch, view, message),
        LINKS => stored_apart(watch, view, message, 8, [LINKS_BY_NAME, LINKS_BY_ORDER]),
        ATTRIBUTES => stored_apart(watch, view, message, 2, [ATTRIBUTES_BY_NAME, ATTRIBUTES_BY_ORDER]),
        SPACE => space(message.body),
        CONTINUATION => match Cursor::new(message.body, 0).number(view.format.address) {
            Some(piece) => watch.reach(view, piece, message.address, BlockRole::Piece),
            None => Ok(()),
        },
        _ => Ok(()),
    })
}

/// A message that says in which header it is. There it must be itself.
fn refer(watch: &mut Watch, view: &View<'_>, kind: u64, body: &[u8]) -> Result<()> {
    if body.starts_with(&[2, IN_HEAP as u8]) {
        return Err(damaged("a message refers to a heap, which its version of the format does not have"));
    }
    let Some(header) = referred(view, body) else { return Ok(()) };
    if view.is_nowhere(header) {
        return Err(damaged("a message has an invalid reference"));
    }
    if watch.referred.contains(&(kind, header)) {
        return Ok(());
    }
    each(view, header, &mut |message| {
        if message.kind == kind && message.is_shared {
            return Err(damaged(format!("a message refers to the header at {header}, which refers to another")));
        }
        Ok(())
    })?;
    watch.referred.insert((kind, header));
    Ok(())
}

/// The header that a message is in; none if it is in a heap.
fn referred(view: &View<'_>, body: &[u8]) -> Option<u64> {
    let mut cursor = Cursor::new(body, 0);
    let (version, place) = (cursor.number(1)?, cursor.number(1)?);
    match version {
        1 => cursor.skip(6 + view.format.length)?,
        3 if place == IN_HEAP => return None,
        _ => {}
    }
    cursor.number(view.format.address)
}

/// The type of an attribute, and what it refers to.
fn attribute(watch: &mut Watch, view: &View<'_>, body: &[u8]) -> Result<()> {
    let mut cursor = Cursor::new(body, 0);
    let parts = (|| {
        let (version, flags) = (cursor.number(1)?, cursor.number(1)?);
        let (name, of_type, of_space) = (cursor.size(2)?, cursor.size(2)?, cursor.size(2)?);
        cursor.skip(if version < 3 { 0 } else { 1 })?;
        let padded = |len: usize| if version == 1 { len.next_multiple_of(8) } else { len };
        cursor.skip(padded(name))?;
        let flags = if version == 1 { 0 } else { flags };
        let in_file = cursor.bytes(of_type)?;
        let of_space = cursor.skip(padded(of_type) - of_type).and_then(|()| cursor.bytes(of_space));
        Some((flags, in_file, of_space))
    })();
    let Some((flags, of_type, of_space)) = parts else { return Ok(()) };
    if flags & 1 == 0 {
        types::check(of_type)?;
    } else {
        refer(watch, view, TYPE, of_type)?;
    }
    match of_space {
        Some(of_space) if flags & 2 != 0 => refer(watch, view, SPACE, of_space),
        Some(of_space) => space(of_space),
        None => Ok(()),
    }
}

/// Where links or attributes are that have a heap, and the trees by which they are found: by name, which must be there
/// as well, and by order. A number of this many bytes may come before.
fn stored_apart(
    watch: &mut Watch,
    view: &View<'_>,
    message: &Message<'_>,
    number: usize,
    kinds: [u64; 2],
) -> Result<()> {
    let mut cursor = Cursor::new(message.body, 1);
    let Some(flags) = cursor.number(1) else { return Ok(()) };
    let start = cursor.skip(if flags & 1 == 0 { 0 } else { number });
    let Some(heap) = start.and_then(|()| cursor.number(view.format.address)) else { return Ok(()) };
    for (turn, kind) in kinds.into_iter().enumerate().take(1 + usize::from(flags & 2 != 0)) {
        let pointer = message.address + cursor.at() as u64;
        let Some(tree) = cursor.number(view.format.address) else { return Ok(()) };
        if turn == 0 && view.is_nowhere(heap) != view.is_nowhere(tree) {
            return Err(damaged("links or attributes have a heap without a B-tree, or a B-tree without a heap"));
        }
        watch.reach(view, tree, pointer, BlockRole::Tree { kinds: kind..=kind, axes: 0 })?;
    }
    Ok(())
}

/// Whether a shape is of a kind that there is.
fn space(body: &[u8]) -> Result<()> {
    const LAST: u8 = 2;
    match body {
        [2, _, _, kind, ..] if *kind > LAST => Err(damaged("a dataspace is of a kind that does not exist")),
        _ => Ok(()),
    }
}

/// Where the index of a dataset's chunks is.
fn layout(watch: &mut Watch, view: &View<'_>, message: &Message<'_>) -> Result<()> {
    const CHUNKED: u64 = 2;
    const VERSION_2_TREE: u64 = 5;
    let mut cursor = Cursor::new(message.body, 0);
    let index = (|| match cursor.number(1)? {
        1 | 2 => {
            let (axes, class) = (cursor.size(1)?, cursor.number(1)?);
            cursor.skip(5)?;
            (class == CHUNKED).then_some(BlockRole::Chunks(axes))
        }
        3 => {
            let class = cursor.number(1)?;
            let axes = cursor.size(1)?;
            (class == CHUNKED).then_some(BlockRole::Chunks(axes))
        }
        _ => {
            let class = cursor.number(1)?;
            cursor.skip(1)?;
            let (axes, width) = (cursor.size(1)?, cursor.size(1)?);
            cursor.skip(axes.checked_mul(width)?)?;
            let kind = cursor.number(1)?;
            cursor.skip(6)?;
            (class == CHUNKED && kind == VERSION_2_TREE)
                .then(|| BlockRole::Tree { kinds: CHUNKS..=FILTERED_CHUNKS, axes: axes.saturating_sub(1) })
        }
    })();
    let Some(node) = index else { return Ok(()) };
    let pointer = message.address + cursor.at() as u64;
    match cursor.number(view.format.address) {
        Some(index) => watch.reach(view, index, pointer, node),
        None => Ok(()),
    }
}
