//! Pixels between the lines of a terminal: kitty's protocol, and Sixel.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Bytes of an escape sequence of kitty's, as its protocol says.
const MOST_BYTES: usize = 4096;
/// Colours of a picture in Sixel, as a VT340 and all terminals after it have them.
const MOST_COLOURS: usize = 256;

/// The room of the terminal in pixels, but for a line of text above and below. Where the terminal does not say how large
/// it is, its characters are taken as small ones.
pub(super) fn room() -> (u32, u32) {
    let (columns, lines) = terminal_size::terminal_size().map_or((80, 24), |(width, height)| (width.0, height.0));
    let (columns, lines) = (u32::from(columns.max(1)), u32::from(lines.max(3)));
    let (width, height) = pixels().unwrap_or((columns * 8, lines * 16));
    (width.clamp(470, 2000), (height / lines * (lines - 2)).clamp(220, 2000))
}

#[cfg(unix)]
fn pixels() -> Option<(u32, u32)> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_xpixel > 0 && size.ws_ypixel > 0).then_some((size.ws_xpixel.into(), size.ws_ypixel.into()))
}

#[cfg(not(unix))]
fn pixels() -> Option<(u32, u32)> {
    None
}

/// A PNG file as escape sequences of kitty's protocol, which the terminal does not answer.
pub(super) fn kitty(png: &[u8]) -> Vec<u8> {
    let data = STANDARD.encode(png);
    let mut text = String::new();
    let mut parts = data.as_bytes().chunks(MOST_BYTES).peekable();
    let mut first = "a=T,f=100,q=2,";
    while let Some(part) = parts.next() {
        let more = u8::from(parts.peek().is_some());
        // Letters and digits alone.
        let _ = write!(text, "\x1b_G{first}m={more};{}\x1b\\", String::from_utf8_lossy(part));
        first = "";
    }
    text.push('\n');
    text.into_bytes()
}

/// Pixels as Sixel. If there are too many colours, neighbours become one.
pub(super) fn sixel(pixels: &[[u8; 3]], width: usize) -> Vec<u8> {
    let (colours, numbers) = palette(pixels);
    let height = pixels.len() / width.max(1);
    let mut text = format!("\x1bPq\"1;1;{width};{height}");
    for (number, [red, green, blue]) in colours.iter().enumerate() {
        let _ = write!(text, "#{number};2;{red};{green};{blue}");
    }
    for band in numbers.chunks(width.max(1) * 6) {
        // Six rows at a time, one colour after the other.
        let mut there: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        for (at, number) in band.iter().enumerate() {
            there.entry(*number).or_insert_with(|| vec![0; width])[at % width] |= 1 << (at / width);
        }
        for (number, columns) in there {
            let _ = write!(text, "#{number}");
            for run in columns.chunk_by(|one, other| one == other) {
                let character = char::from(63 + run[0]);
                match run.len() {
                    len @ ..4 => text.extend(std::iter::repeat_n(character, len)),
                    len => drop(write!(text, "!{len}{character}")),
                }
            }
            text.push('$');
        }
        text.push('-');
    }
    text += "\x1b\\\n";
    text.into_bytes()
}

/// The colours in percent, as Sixel has them, and the number of each pixel's colour.
fn palette(pixels: &[[u8; 3]]) -> (Vec<[u8; 3]>, Vec<usize>) {
    let percent = |value: u8| (u32::from(value) * 100 + 127) / 255;
    let mut step = 1;
    loop {
        // To the nearest multiple of the step.
        let coarse = |value: u8| (((percent(value) + step / 2) / step * step).min(100)) as u8;
        let (mut known, mut numbers) = (BTreeMap::new(), Vec::with_capacity(pixels.len()));
        for pixel in pixels {
            let next = known.len();
            numbers.push(*known.entry(pixel.map(coarse)).or_insert(next));
            if known.len() > MOST_COLOURS {
                break;
            }
        }
        if known.len() <= MOST_COLOURS {
            let mut colours: Vec<_> = known.into_iter().collect();
            colours.sort_by_key(|(_, number)| *number);
            return (colours.into_iter().map(|(colour, _)| colour).collect(), numbers);
        }
        step += 1;
    }
}
