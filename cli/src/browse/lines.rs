//! Lines that fit into their columns.

/// A line without what does not fit. Its escape sequences, which have no columns, are kept.
pub(super) fn cut(line: &str, columns: usize) -> String {
    let (mut fitting, mut left) = (String::new(), columns);
    let mut in_sequence = false;
    for character in line.chars() {
        match character {
            '\u{1b}' => in_sequence = true,
            _ if in_sequence => in_sequence = !character.is_ascii_alphabetic(),
            _ if left == 0 => continue,
            _ => left -= 1,
        }
        fitting.push(character);
    }
    fitting
}

/// A text as lines of so many characters.
pub(super) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(columns.max(1)).map(|line| line.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_their_columns_end() {
        assert_eq!(cut("abcd", 3), "abc");
        assert_eq!(cut("a\u{1b}[31mbc\u{1b}[0md\u{1b}[0m", 2), "a\u{1b}[31mb\u{1b}[0m\u{1b}[0m");
        assert_eq!(cut("é▀x", 2), "é▀");
        assert_eq!(wrapped("abcde", 2), ["ab", "cd", "e"]);
        assert_eq!(wrapped("ab", 0), ["a", "b"]);
    }
}
