//! What the pages of `show --html` and of `serve` have in common: the frame, the style, and the description of an array.

mod pictures;
mod sections;

pub(crate) use pictures::{Pictures, has_pictures};
pub(crate) use sections::{chunks, corner, facts, heading};

use maud::{DOCTYPE, Markup, html};

/// The style of all pages.
pub(crate) const STYLE: &str = include_str!("style.css");

/// A page with its title as the heading. `head` has what the page needs beside its title.
pub(crate) fn document(title: &str, head: &Markup, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) }
                (head)
            }
            body {
                h1 { (title) }
                (body)
            }
        }
    };
    page.into_string()
}
