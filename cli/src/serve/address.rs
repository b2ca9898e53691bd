//! The addresses of the server: `/value/NAME`, `/array/NAME?path=PATH`, and what these pages load.

use super::answer::{Outcome, Refusal};
use super::view::{Levels, Window};
use crate::plot::Map;
use clap::ValueEnum;
use hyper::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::borrow::Cow;
use std::str::FromStr;

/// What a request asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Address {
    Style,
    Icon,
    Script,
    Bar { map: Map },
    List { glob: String },
    Value { name: String },
    Array { name: String, path: String },
    Picture(Place),
    Histogram(Place),
    Tile { place: Place, levels: Levels, row: usize, column: usize, low: f64, high: f64, map: Map },
    Numbers { place: Place, window: Window },
}

/// An array of a version of a value, and the indices on all of its axes but the last two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) version: String,
    pub(super) at: Vec<usize>,
}

impl Address {
    pub(super) fn parse(uri: &Uri) -> Outcome<Self> {
        let query = Query(uri.query().unwrap_or_default());
        let unknown = || Refusal::not_found("there is no such page");
        match uri.path() {
            "/" => {
                return Ok(Self::List {
                    glob: query.text("glob").filter(|glob| !glob.is_empty()).unwrap_or("**".into()).into(),
                });
            }
            "/style.css" => return Ok(Self::Style),
            "/icon.svg" | "/favicon.ico" => return Ok(Self::Icon),
            "/viewer.js" => return Ok(Self::Script),
            "/bar.png" => return Ok(Self::Bar { map: query.map()? }),
            _ => {}
        }
        let (kind, name) = uri.path()[1..].split_once('/').ok_or_else(unknown)?;
        let name = decoded(name)?;
        let place = |name| -> Outcome<Place> {
            Ok(Place { name, path: query.needed("path")?, version: query.needed("version")?, at: query.indices("at")? })
        };
        Ok(match kind {
            "value" => Self::Value { name },
            "array" => Self::Array { name, path: query.needed("path")? },
            "picture" => Self::Picture(place(name)?),
            "histogram" => Self::Histogram(place(name)?),
            "tile" => Self::Tile {
                place: place(name)?,
                levels: Levels { rows: query.number("rows")?, columns: query.number("columns")? },
                row: query.number("row")?,
                column: query.number("column")?,
                low: query.finite("low")?,
                high: query.finite("high")?,
                map: query.map()?,
            },
            "numbers" => Self::Numbers {
                place: place(name)?,
                window: Window {
                    top: query.number("top")?,
                    bottom: query.number("bottom")?,
                    left: query.number("left")?,
                    right: query.number("right")?,
                },
            },
            _ => return Err(unknown()),
        })
    }

    /// Whether it is a page, which says in words what is wrong.
    pub(super) fn is_page(uri: &Uri) -> bool {
        let path = uri.path();
        !["/picture/", "/histogram/", "/tile/", "/numbers/"].iter().any(|kind| path.starts_with(kind))
    }
}

/// The name of a value in a path. A slash that is written as `%2F` is refused, so that each name has one address.
fn decoded(path: &str) -> Outcome<String> {
    let bad = || Refusal::bad("the name in the address cannot be read");
    let segments = path.split('/').map(|segment| match percent_decode_str(segment).decode_utf8() {
        Ok(text) if !text.contains(['/', '\\', '\0']) => Ok(text),
        _ => Err(bad()),
    });
    Ok(segments.collect::<Outcome<Vec<Cow<'_, str>>>>()?.join("/"))
}

/// What may be in a segment as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A name as it is written in a path.
pub(super) fn encoded(name: &str) -> String {
    name.split('/').map(|segment| utf8_percent_encode(segment, KEPT).to_string()).collect::<Vec<_>>().join("/")
}

/// A text as it is written in a query.
pub(super) fn parameter(text: &str) -> String {
    utf8_percent_encode(text, KEPT).to_string()
}

struct Query<'q>(&'q str);

impl<'q> Query<'q> {
    fn text(&self, key: &str) -> Option<Cow<'q, str>> {
        form_urlencoded::parse(self.0.as_bytes()).find(|(known, _)| known == key).map(|(_, text)| text)
    }

    fn needed(&self, key: &str) -> Outcome<String> {
        self.text(key).map(Cow::into_owned).ok_or_else(|| Refusal::bad(format!("the address has no {key:?}")))
    }

    fn number<T: FromStr>(&self, key: &str) -> Outcome<T> {
        self.needed(key)?.parse().map_err(|_| Refusal::bad(format!("{key:?} is not a number of that kind")))
    }

    fn finite(&self, key: &str) -> Outcome<f64> {
        let number: f64 = self.number(key)?;
        if number.is_finite() { Ok(number) } else { Err(Refusal::bad(format!("{key:?} is not finite"))) }
    }

    /// Indices with commas between them; none if the key is missing.
    fn indices(&self, key: &str) -> Outcome<Vec<usize>> {
        let text = self.text(key).unwrap_or_default();
        let indices = text.split(',').filter(|_| !text.is_empty()).map(str::parse);
        indices.collect::<Result<_, _>>().map_err(|_| Refusal::bad(format!("{key:?} are not indices")))
    }

    fn map(&self) -> Outcome<Map> {
        Map::from_str(&self.needed("map")?, false).map_err(|_| Refusal::bad("there is no such map of colours"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_address() {
        for name in ["a", "runs/b", "Höhe über NN/ramp 1.5 ~#%&*?[x]", "a+b;c=d/'\"<>"] {
            let uri: Uri = format!("/value/{}", encoded(name)).parse().unwrap();
            assert_eq!(Address::parse(&uri).unwrap(), Address::Value { name: name.to_owned() });
        }
        for path in ["/value/a%2Fb", "/value/a%00", "/value/%ff", "/value/a%5Cb", "/value/..%2f..%2fetc"] {
            let refused = Address::parse(&path.parse().unwrap()).unwrap_err();
            assert_eq!(refused.status, hyper::StatusCode::BAD_REQUEST, "{path}");
        }
    }

    #[test]
    fn paths_are_whole() {
        let path = "runs[0].a&b=c d+e%é";
        let uri: Uri = format!("/array/x?path={}", parameter(path)).parse().unwrap();
        assert_eq!(Address::parse(&uri).unwrap(), Address::Array { name: "x".into(), path: path.into() });
    }
}
