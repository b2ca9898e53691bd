//! Checks options that are addresses, so that an invalid address is an error at once, with the correct spelling, and
//! not in the middle of a request.

use crate::error::{Error, Result};
use url::Url;

/// Parses the address of a server.
pub(super) fn check(option: &str, value: &str) -> Result<Url> {
    let refuse = |why: String| Err(Error::invalid(format!("the option {option} {why}")));
    let variable = option.to_ascii_uppercase();
    if value.trim().is_empty() {
        return refuse(format!(
            "is empty: give an address such as https://s3.example.org, or remove it (and {variable})"
        ));
    }
    if value.trim() != value {
        return refuse("begins or ends with white space: remove it".to_owned());
    }
    let lower = value.to_ascii_lowercase();
    let has_scheme = ["http://", "https://"].iter().any(|scheme| lower.starts_with(scheme));
    if !has_scheme {
        let rest = value.split_once("//").map_or(value, |(_, rest)| rest).trim_start_matches('/');
        let (given, right) = match shown(rest) {
            Some(host) => (format!("{:?}", shown(value).unwrap_or(host)), host),
            None => ("as it is given".to_owned(), "s3.example.org"),
        };
        return refuse(format!(
            "({given}) does not begin with https:// or http://: write https://{right}, or http://{right} together with the \
             option aws_allow_http set to true"
        ));
    }
    let Ok(parsed) = Url::parse(value) else {
        return refuse(
            "is not an address: write it as https://s3.example.org or https://s3.example.org:9000".to_owned(),
        );
    };
    let after = value.split_once("//").map_or("", |(_, after)| after);
    if parsed.host_str().is_none_or(str::is_empty) || after.starts_with('/') {
        return refuse("names no server: write it as https://s3.example.org".to_owned());
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return refuse("contains credentials: give them as separate options, or in the environment".to_owned());
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return refuse("contains a \"?\" or a \"#\": remove it and what follows".to_owned());
    }
    Ok(parsed)
}

/// Fails if the address contains the bucket. It must be the address of the server.
#[cfg(feature = "s3")]
pub(super) fn check_no_bucket(option: &str, endpoint: &Url, bucket: &str) -> Result<()> {
    let host = endpoint.host_str().unwrap_or_default();
    let last = endpoint.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let in_host =
        host.strip_prefix(bucket).and_then(|rest| rest.strip_prefix('.')).filter(|rest| rest.starts_with("s3"));
    if last != bucket && in_host.is_none() {
        return Ok(());
    }
    let port = endpoint.port().map(|port| format!(":{port}")).unwrap_or_default();
    let right = format!("{}://{}{port}", endpoint.scheme(), in_host.unwrap_or(host));
    Err(Error::invalid(format!(
        "the option {option} contains the bucket, which belongs in the URL, as in s3://{bucket}/folder: write {right} (or set \
         the option aws_virtual_hosted_style_request to true, if the server expects the bucket in its name)"
    )))
}

/// Fails if the text cannot be a region.
#[cfg(feature = "s3")]
pub(super) fn check_region(region: &str) -> Result<()> {
    let is_region = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !region.is_empty() && region.len() <= 64 && region.chars().all(is_region) {
        return Ok(());
    }
    Err(Error::invalid(
        "the option aws_region is not a region, which has only letters, digits and \"-\": write it as eu-central-1",
    ))
}

/// Returns a value for a message if it looks like a server's name. Any other text may be a secret in the wrong option.
fn shown(value: &str) -> Option<&str> {
    let is_name = value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '[' | ']'));
    let is_shown = is_name && value.len() <= 100 && (value.contains(['.', ':']) || value.starts_with("localhost"));
    is_shown.then_some(value)
}
