//! Places, servers and credentials that are spelled wrong or missing: an error soon, with the right spelling.

use arraystow::{Error, ErrorKind, LocalFiles, Storage};
use arraystow_s3_server::{KEY, SECRET, Server};
use std::time::{Duration, Instant};

fn with(options: &[(&str, &str)]) -> Result<Storage, Error> {
    let credentials = [("aws_access_key_id", KEY), ("aws_secret_access_key", SECRET), ("aws_region", "here")];
    Storage::open_with("s3://bucket/folder", credentials.iter().chain(options).copied())
}

#[test]
fn an_endpoint_that_is_none_is_refused_with_the_right_spelling() {
    for (value, words) in [
        ("127.0.0.1:5599", "http://127.0.0.1:5599"),
        ("localhost:9000", "http://localhost:9000"),
        ("//localhost:9000", "https://localhost:9000"),
        ("s3.example.org", "https://s3.example.org"),
        ("ftp://s3.example.org", "https://s3.example.org"),
        ("s3://bucket", "https://"),
        ("", "is empty"),
        ("  ", "is empty"),
        ("https://s3.example.org ", "white space"),
        ("https://", "https://s3.example.org"),
        ("http:///x", "names no server"),
        ("https://s3.example.org:port", "https://s3.example.org:9000"),
        ("https://key:secret-secret@s3.example.org", "credentials"),
        ("https://s3.example.org?x=1", "\"?\""),
        ("https://s3.example.org/bucket", "write https://s3.example.org"),
        ("https://s3.example.org:9000/bucket/", "write https://s3.example.org:9000"),
        ("https://bucket.s3.eu-central-1.amazonaws.com", "write https://s3.eu-central-1.amazonaws.com"),
    ] {
        for option in ["aws_endpoint", "aws_endpoint_url", "aws_endpoint_url_s3"] {
            let error = with(&[(option, value), ("aws_allow_http", "true")]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{value}: {error}");
            let text = error.to_string();
            let named = if option == "aws_endpoint_url" { "aws_endpoint" } else { option };
            assert!(text.contains(named) && text.contains(words), "{option} {value:?}: {text}");
            assert!(!text.contains("secret-secret"), "{text}");
        }
    }
    // A secret that stands at the wrong option.
    let error = with(&[("aws_endpoint", SECRET)]).unwrap_err();
    assert!(!error.to_string().contains(SECRET), "{error}");
    for value in ["https://s3.example.org", "https://s3.example.org/", "HTTPS://s3.example.org:9000/behind/a/proxy"] {
        with(&[("aws_endpoint", value)]).unwrap();
    }
    let own = [("aws_endpoint", "https://bucket.s3.example.org"), ("aws_virtual_hosted_style_request", "true")];
    with(&own).unwrap();
}

#[test]
fn other_options_that_are_none_are_refused_before_anything_is_asked() {
    for (option, value) in [
        ("aws_region", "eu central 1"),
        ("aws_region", "eu-central-1\n"),
        ("aws_region", ""),
        ("aws_region", "https://eu-central-1"),
        ("aws_metadata_endpoint", "169.254.169.254"),
        ("aws_endpoint_url_sts", "sts.amazonaws.com"),
        ("aws_allow_http", "perhaps"),
        ("aws_unsigned_payload", "perhaps"),
        ("proxy_url", "not a proxy"),
        ("timeout", "soon"),
        ("connect_timeout", "-1"),
        ("user_agent", "a\nb"),
        ("aws_conditional_put", "perhaps"),
        ("aws_checksum_algorithm", "perhaps"),
    ] {
        let error = with(&[(option, value)]).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{option} {value:?}: {error}");
    }
}

#[test]
fn a_place_that_is_spelled_wrong_is_refused_with_the_right_spelling() {
    let home = std::env::var("HOME").unwrap();
    for (place, words) in [
        ("s3:/bucket", "\"s3://bucket\""),
        ("s3:/bucket/folder", "\"s3://bucket/folder\""),
        ("s3:bucket/folder", "\"s3://bucket/folder\""),
        ("S3:/bucket", "\"s3://bucket\""),
        ("s3:///bucket/folder", "\"s3://bucket/folder\""),
        ("s3//bucket", "\"s3://bucket\""),
        ("s3://", "\"s3://bucket/folder\""),
        ("s3:", "\"s3://bucket/folder\""),
        ("s3a:/bucket", "\"s3a://bucket\""),
        ("gs:/bucket", "\"gs://bucket\""),
        ("az:/container", "\"az://container\""),
        ("memory:", "\"memory://\""),
        ("file:/data/x", "\"/data/x\""),
        ("file:///data/x", "\"/data/x\""),
        ("file://host/data", "lies on this machine"),
        ("s3://bucket/folder ", "white space"),
        (" s3://bucket/folder", "white space"),
        ("s3://bucket/folder\n", "white space"),
        ("a-folder\n", "white space"),
        ("", "\".\" is the current one"),
        ("  ", "white space"),
        ("~/data", &format!("{home}/data")),
        ("~", &home),
        ("~someone/data", "\"~someone\""),
        ("$HOME/data", &format!("{home}/data")),
        ("${SCRATCH}/data", "${SCRATCH}"),
    ] {
        let error = Storage::open(place).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{place:?}: {error}");
        assert!(error.to_string().contains(words), "{place:?}: {error}");
        if !place.starts_with("s3://b") && !place.is_empty() {
            assert_eq!(LocalFiles::new(place).unwrap_err().kind(), ErrorKind::InvalidInput, "{place:?}");
        }
    }
    let error = Storage::open("s3:/key:secret-secret@bucket").unwrap_err();
    assert!(!error.to_string().contains("secret-secret"), "{error}");
    for place in ["http://localhost/x", "ftp://somewhere", "gcs://bucket"] {
        assert_eq!(Storage::open(place).unwrap_err().kind(), ErrorKind::Unsupported, "{place}");
    }
    assert_eq!(LocalFiles::new("s3://bucket/x").unwrap_err().kind(), ErrorKind::InvalidInput);
    // As they are, these are folders; and a scheme may be written large.
    let folder = tempfile::tempdir().unwrap();
    for place in ["~", "~/data", "s3:", "$HOME", "data~", "a:b"] {
        Storage::open(folder.path().join(place)).unwrap();
    }
    Storage::open("./~/data").unwrap();
    assert_eq!(Storage::open("memory://").unwrap().location(), "memory:///");
    Storage::open_with("S3://bucket/folder", [("aws_access_key_id", KEY), ("aws_secret_access_key", SECRET)]).unwrap();
}

#[test]
fn missing_credentials_are_reported_soon() {
    assert!(std::env::var_os("AWS_ACCESS_KEY_ID").is_none(), "this test needs an environment without it");
    let server = Server::start();
    // A machine that refuses at once, one that never answers, and one that has no role.
    let refuses = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = |listener: &std::net::TcpListener| format!("http://{}", listener.local_addr().unwrap());
    let closed = address(&refuses);
    drop(refuses);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for metadata in [closed, address(&silent), server.endpoint.clone()] {
        let options = [
            ("aws_endpoint", server.endpoint.as_str()),
            ("aws_allow_http", "true"),
            ("aws_metadata_endpoint", metadata.as_str()),
        ];
        let storage = Storage::open_with("s3://bucket/f", options).unwrap();
        let start = Instant::now();
        for error in [
            storage.load::<i32>("x").unwrap_err(),
            storage.save("x", &1).unwrap_err(),
            storage.list("**").map(drop).unwrap_err(),
            storage.remove("x").unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
            let text = error.to_string();
            for words in
                ["there are no credentials", "AWS_ACCESS_KEY_ID", "aws_secret_access_key", "aws_skip_signature"]
            {
                assert!(text.contains(words), "{text}");
            }
        }
        assert!(start.elapsed() < Duration::from_secs(40), "{:?}", start.elapsed());
    }
    // One of two.
    let error = Storage::open_with("s3://bucket/f", [("aws_access_key_id", KEY)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert!(error.to_string().contains("SecretAccessKey"), "{error}");
}

/// A machine in a cloud has credentials, and is asked for them.
#[test]
fn the_credentials_of_a_machine_are_used() {
    let server = Server::start();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let metadata = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = vec![0; 4096];
            let len = stream.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..len]).into_owned();
            let body = if request.starts_with("PUT /latest/api/token") {
                "a-token".to_owned()
            } else if request.contains("/security-credentials/the-role") {
                format!(
                    "{{\"AccessKeyId\":\"{KEY}\",\"SecretAccessKey\":\"{SECRET}\",\"Token\":\"t\",\
                     \"Expiration\":\"2099-01-01T00:00:00Z\"}}"
                )
            } else {
                "the-role".to_owned()
            };
            let len = body.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n");
            stream.write_all((head + &body).as_bytes()).unwrap();
        }
    });
    let options = [
        ("aws_endpoint", server.endpoint.as_str()),
        ("aws_allow_http", "true"),
        ("aws_metadata_endpoint", metadata.as_str()),
        ("aws_region", "us-east-1"),
    ];
    let storage = Storage::open_with("s3://bucket/f", options).unwrap();
    storage.save("x", &42).unwrap();
    assert_eq!(storage.load::<i32>("x").unwrap(), 42);
}
