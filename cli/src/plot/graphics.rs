//! What a terminal can show: characters, or pictures too.

use clap::ValueEnum;
use std::io::IsTerminal;

/// How a picture is shown in the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Graphics {
    /// As pixels if the environment names a terminal that shows them, otherwise as characters.
    Auto,
    /// As characters.
    Text,
    /// As pixels, by the protocol of the terminal kitty, which Ghostty knows too.
    Kitty,
    /// As pixels, by Sixel: foot, WezTerm, mlterm, mintty, or xterm if it was built with it.
    Sixel,
}

impl Graphics {
    /// What `auto` stands for.
    pub(crate) fn resolved(self) -> Self {
        match self {
            Self::Auto if !cfg!(feature = "pictures") || !std::io::stdout().is_terminal() => Self::Text,
            Self::Auto => Self::of_terminal(|name| std::env::var(name).unwrap_or_default()),
            chosen => chosen,
        }
    }

    /// What the terminal shows that these variables are of.
    fn of_terminal(variable: impl Fn(&str) -> String) -> Self {
        let (term, program) = (variable("TERM"), variable("TERM_PROGRAM"));
        // They keep pictures from the terminal around them.
        if ["TMUX", "STY"].iter().any(|name| !variable(name).is_empty()) {
            return Self::Text;
        }
        if ["xterm-kitty", "xterm-ghostty"].contains(&term.as_str()) || !variable("KITTY_WINDOW_ID").is_empty() {
            return Self::Kitty;
        }
        let is_sixel = ["foot", "mlterm"].iter().any(|name| term.starts_with(name)) || term.contains("sixel");
        if is_sixel || ["WezTerm", "mintty"].contains(&program.as_str()) { Self::Sixel } else { Self::Text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_known_by_their_variables() {
        let of = |variables: &[(&str, &str)]| {
            Graphics::of_terminal(|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map_or(String::new(), |(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[]), Graphics::Text);
        assert_eq!(of(&[("TERM", "xterm-256color")]), Graphics::Text);
        assert_eq!(of(&[("TERM", "xterm-kitty")]), Graphics::Kitty);
        assert_eq!(of(&[("TERM", "xterm-256color"), ("KITTY_WINDOW_ID", "1")]), Graphics::Kitty);
        assert_eq!(of(&[("TERM", "foot-extra")]), Graphics::Sixel);
        assert_eq!(of(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")]), Graphics::Sixel);
        assert_eq!(of(&[("TERM", "tmux-256color"), ("KITTY_WINDOW_ID", "1"), ("TMUX", "/tmp/x")]), Graphics::Text);
    }
}
