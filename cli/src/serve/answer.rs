//! Answers, and the headers that all of them have.

use crate::fault::Fault;
use crate::page;
use arraystow::ErrorKind;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use hyper::{Response, StatusCode};
use maud::{Markup, html};

/// Scripts, styles and pictures of the server itself, and nothing else. Tiles are `blob:` in the page.
const PAGES: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
                     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// What a picture that is opened by itself may use.
const PICTURES: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

/// What an answer consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Page,
    Style,
    Script,
    Json,
    Text,
    Png,
    Svg,
}

impl Kind {
    fn content_type(self) -> &'static str {
        match self {
            Self::Page => "text/html; charset=utf-8",
            Self::Style => "text/css; charset=utf-8",
            Self::Script => "text/javascript; charset=utf-8",
            Self::Json => "application/json",
            Self::Text => "text/plain; charset=utf-8",
            Self::Png => "image/png",
            Self::Svg => "image/svg+xml",
        }
    }
}

/// An answer to a request.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    kind: Kind,
    body: Vec<u8>,
    /// Whether the same address always has the same answer, because a version is in it.
    lasts: bool,
}

impl Answer {
    pub(super) fn new(kind: Kind, body: impl Into<Vec<u8>>) -> Self {
        Self { status: StatusCode::OK, kind, body: body.into(), lasts: false }
    }

    /// The part of a version, which never changes.
    pub(super) fn lasting(kind: Kind, body: impl Into<Vec<u8>>) -> Self {
        Self { lasts: true, ..Self::new(kind, body) }
    }

    pub(super) fn page(title: &str, body: &Markup) -> Self {
        let head = html! {
            link rel="stylesheet" href="/style.css";
            link rel="icon" href="/icon.svg";
        };
        Self::new(Kind::Page, page::document(title, &head, body))
    }

    pub(super) fn refusal(refusal: &Refusal) -> Self {
        Self { status: refusal.status, ..Self::new(Kind::Text, format!("{}\n", refusal.text)) }
    }

    /// A refusal that is shown in place of a page.
    pub(super) fn refused_page(refusal: &Refusal) -> Self {
        let body = html! {
            p { (refusal.text) }
            p { a href="/" { "All values" } }
        };
        let title = refusal.status.canonical_reason().unwrap_or("Error");
        Self { status: refusal.status, ..Self::page(title, &body) }
    }

    pub(super) fn response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(Bytes::from(self.body)));
        *response.status_mut() = self.status;
        let policy = if matches!(self.kind, Kind::Png | Kind::Svg) { PICTURES } else { PAGES };
        let cache = if self.lasts { "private, max-age=86400, immutable" } else { "no-store" };
        let fixed = [
            (CONTENT_TYPE, self.kind.content_type()),
            (CACHE_CONTROL, cache),
            (CONTENT_SECURITY_POLICY, policy),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (X_FRAME_OPTIONS, "DENY"),
            (REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        ];
        let headers = response.headers_mut();
        headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
        match self.status {
            StatusCode::METHOD_NOT_ALLOWED => drop(headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"))),
            StatusCode::SERVICE_UNAVAILABLE => drop(headers.insert(RETRY_AFTER, HeaderValue::from_static("1"))),
            _ => {}
        }
        response
    }
}

/// Why a request has no other answer.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) text: String,
}

pub(super) type Outcome<T> = Result<T, Refusal>;

impl Refusal {
    pub(super) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }

    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    pub(super) fn not_found(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, text)
    }

    /// The value has another version now than the one that was asked for.
    pub(super) fn gone(name: &str) -> Self {
        Self::new(StatusCode::GONE, format!("{name:?} was saved again: load the page again to see the new version"))
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        let status = match &fault {
            Fault::Usage(_) => StatusCode::BAD_REQUEST,
            Fault::Library(error) => match error.kind() {
                ErrorKind::InvalidName | ErrorKind::InvalidInput => StatusCode::BAD_REQUEST,
                ErrorKind::NotFound => StatusCode::NOT_FOUND,
                ErrorKind::Gone => StatusCode::GONE,
                ErrorKind::Cancelled => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            },
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, fault.to_string())
    }
}

impl From<arraystow::Error> for Refusal {
    fn from(error: arraystow::Error) -> Self {
        Fault::from(error).into()
    }
}
