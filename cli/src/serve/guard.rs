//! Which requests are answered at all.

use super::answer::{Outcome, Refusal};
use hyper::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName, ORIGIN, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use std::net::IpAddr;

/// Bytes of the address of a request.
const LONGEST: usize = 8 << 10;

/// Refuses other methods than GET and HEAD, bodies, long addresses, and requests that a page of another origin makes.
///
/// A page of another origin may let its own name stand for this server's address (DNS rebinding), and would then read
/// the answers as its own. Such a request has that name as its host, so that only addresses and `localhost` are hosts
/// here. The port is not compared: behind a tunnel, it is another one.
pub(super) fn check(request: &Parts, is_loopback: bool) -> Outcome<()> {
    if request.method != Method::GET && request.method != Method::HEAD {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered"));
    }
    if request.uri.authority().is_some() || !request.uri.path().starts_with('/') {
        return Err(Refusal::bad("the address is not a path of this server"));
    }
    if request.uri.path_and_query().is_some_and(|address| address.as_str().len() > LONGEST) {
        return Err(Refusal::new(StatusCode::URI_TOO_LONG, format!("the address has more than {LONGEST} bytes")));
    }
    let headers = &request.headers;
    if headers.contains_key(TRANSFER_ENCODING) || only(headers, &CONTENT_LENGTH)?.is_some_and(|length| length != "0") {
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "a request has no body here"));
    }
    let host = only(headers, &HOST)?.ok_or_else(|| Refusal::bad("the request has no host"))?;
    if !is_own(host, is_loopback) {
        let text = format!("{host:?} is no address of this server: use the address that it has printed");
        return Err(Refusal::new(StatusCode::FORBIDDEN, text));
    }
    let foreign = || Refusal::new(StatusCode::FORBIDDEN, "pages of other origins are not answered");
    if only(headers, &ORIGIN)?.is_some_and(|origin| origin.strip_prefix("http://") != Some(host)) {
        return Err(foreign());
    }
    match only(headers, &HeaderName::from_static("sec-fetch-site"))? {
        None | Some("none" | "same-origin") => Ok(()),
        Some(_) => Err(foreign()),
    }
}

/// The value of a header that may be there once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Outcome<Option<&'h str>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    let text = first.map(|value| value.to_str()).transpose();
    match (text, values.next()) {
        (Ok(text), None) => Ok(text),
        _ => Err(Refusal::bad(format!("the header {name} cannot be read"))),
    }
}

/// Whether a host, with or without a port, is `localhost` or an address, on a server for this machine one of it.
fn is_own(host: &str, is_loopback: bool) -> bool {
    let is_address = |text: &str| text.parse::<IpAddr>().is_ok_and(|address| !is_loopback || address.is_loopback());
    if let Some(rest) = host.strip_prefix('[') {
        return rest
            .split_once(']')
            .is_some_and(|(address, port)| address.contains(':') && is_address(address) && is_port(port));
    }
    let (name, port) = host.find(':').map_or((host, ""), |at| host.split_at(at));
    is_port(port) && (name.eq_ignore_ascii_case("localhost") || is_address(name))
}

fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_addresses() {
        for host in ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:8000", "127.1.2.3:1", "[::1]", "[::1]:8000"] {
            assert!(is_own(host, true) && is_own(host, false), "{host}");
        }
        for host in ["192.168.0.7:8000", "[2001:db8::1]:80"] {
            assert!(!is_own(host, true) && is_own(host, false), "{host}");
        }
        let foreign = [
            "",
            ":80",
            "example.org",
            "example.org:80",
            "localhost.example.org",
            "127.0.0.1.nip.io",
            "127.0.0.1:80:80",
            "127.0.0.1:x",
            "::1",
            "[::1",
            "[::1]x",
            "[127.0.0.1]",
            "localhost@example.org",
            "2130706433",
            "0x7f.1",
            "localhost.",
            " localhost",
        ];
        for host in foreign {
            assert!(!is_own(host, true) && !is_own(host, false), "{host}");
        }
    }
}
