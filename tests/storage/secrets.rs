//! No credential in an error, in what causes it, in a Debug output or in a document, whatever fails.

use arraystow::{ChunkedArray, Error, Protocols, S3Protocol, Storage};
use arraystow_s3_server::{BUCKET, Server};
use ndarray::Array1;
use object_store::aws::AmazonS3Builder;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

const KEY: &str = "AKIAEXAMPLEKEY123456";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "FwoGZXIvYXdzEXAMPLETOKEN//////////wEaDExample";

/// Neither the text nor any of its causes contains a secret.
fn clean(error: &Error) {
    let mut reported = format!("{error} {error:?} {error:#?}");
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        reported += &format!(" {error} {error:?} {error:#?}");
        next = match error.downcast_ref::<Error>() {
            Some(error) => error.get_ref().map(|cause| cause as _),
            None => error.source(),
        };
    }
    without(&reported);
}

fn without(reported: &str) {
    for secret in [KEY, SECRET, TOKEN] {
        for form in [secret.to_owned(), secret.to_lowercase(), secret.replace('/', "%2F").replace('+', "%2B")] {
            assert!(!reported.contains(&form), "{form} is reported: {reported}");
        }
    }
}

fn options(endpoint: &str) -> Vec<(String, String)> {
    [
        ("aws_endpoint", endpoint),
        ("aws_allow_http", "true"),
        ("aws_region", "here"),
        ("aws_access_key_id", KEY),
        ("aws_secret_access_key", SECRET),
        ("aws_session_token", TOKEN),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .to_vec()
}

/// A server that answers every request with what it was asked, as S3 does where a signature is wrong.
fn repeating_server(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut request = vec![0; 1 << 16];
                let len = stream.read(&mut request).unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..len]).into_owned();
                let body = format!(
                    "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>{KEY}</AWSAccessKeyId>\
                     <StringToSign>{request}</StringToSign><Token>{TOKEN}</Token><Secret>{SECRET}</Secret></Error>"
                );
                let len = body.len();
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n{body}");
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    endpoint
}

/// Everything that asks the store something.
fn try_everything(storage: &Storage) -> Vec<Error> {
    let array = ChunkedArray::from_ndarray(Array1::from_iter(0..1000), &[100]).unwrap();
    let other = tempfile::tempdir().unwrap();
    let errors = [
        storage.save("x", &array).err(),
        storage.create("x", &array).err(),
        storage.load::<ChunkedArray<i32>>("x").err(),
        storage.list("**").err(),
        storage.contains("x").err(),
        storage.info("x").err(),
        storage.remove("x").err(),
        storage.remove_matching("*").err(),
        storage.copy("x", &Storage::open(other.path()).unwrap()).err(),
    ];
    errors.into_iter().flatten().collect()
}

#[test]
fn answers_that_repeat_the_credentials_are_not_shown() {
    for status in ["403 Forbidden", "400 Bad Request", "401 Unauthorized", "404 Not Found", "409 Conflict"] {
        let storage = Storage::open_with("s3://bucket/folder", options(&repeating_server(status))).unwrap();
        without(&format!("{storage:?} {storage:#?} {}", storage.location()));
        let errors = try_everything(&storage);
        assert!(errors.len() >= 5, "{status}: {errors:?}");
        errors.iter().for_each(clean);
    }
}

#[test]
fn of_a_client_of_ones_own_answers_tell_no_key_and_no_signature_either() {
    let client = AmazonS3Builder::new()
        .with_endpoint(repeating_server("403 Forbidden").replace("127.0.0.1", "localhost"))
        .with_allow_http(true)
        .with_bucket_name("bucket")
        .with_access_key_id(KEY)
        .with_secret_access_key(SECRET)
        .build()
        .unwrap();
    let protocol = S3Protocol::new(Arc::new(client), "folder").unwrap();
    let protocols = Protocols::new().with_s3(protocol.clone());
    without(&format!("{protocol:?} {protocols:?} {protocols:#?}"));
    let error = arraystow::to_vec(&ChunkedArray::from_ndarray(Array1::from_iter(0..10), &[5]).unwrap(), &protocols);
    let reported = format!("{:?}", error.unwrap_err());
    assert!(reported.contains("<AWSAccessKeyId>***</AWSAccessKeyId><StringToSign>***</StringToSign>"), "{reported}");
}

#[test]
fn what_goes_wrong_before_and_without_an_answer_reveals_nothing() {
    let server = Server::start();
    for (url, options) in [
        // Credentials that the server does not know; a bucket that is not there.
        (format!("s3://{BUCKET}/f"), options(&server.endpoint)),
        ("s3://no-such-bucket/f".to_owned(), options(&server.endpoint)),
    ] {
        let storage = Storage::open_with(&url, options).unwrap();
        let errors = try_everything(&storage);
        assert!(!errors.is_empty());
        errors.iter().for_each(clean);
    }
}

#[test]
fn options_that_are_wrong_are_reported_without_their_values() {
    let with = |key: &str, value: &str| {
        let mut all = options("https://s3.example.org");
        all.push((key.to_owned(), value.to_owned()));
        all
    };
    for secret in [KEY, SECRET, TOKEN] {
        for (url, options) in [
            ("s3://bucket/f".to_owned(), with("aws_secret_acces_key", secret)),
            ("s3://bucket/f".to_owned(), with("aws_allow_http", secret)),
            ("s3://bucket/f".to_owned(), with("aws_conditional_put", secret)),
            ("s3://bucket/f".to_owned(), with("timeout", secret)),
            // Key and value exchanged.
            ("s3://bucket/f".to_owned(), with(secret, "aws_access_key_id")),
            ("memory://".to_owned(), with(secret, "x")),
            ("a-folder".to_owned(), with(secret, "x")),
            ("http://bucket/f".to_owned(), with("aws_endpoint", secret)),
            (format!("s3://{}@bucket/f", secret.replace('/', "%2F")), options("https://s3.example.org")),
            (format!("s3://me:{}@bucket/f", secret.replace('/', "%2F")), options("https://s3.example.org")),
            (format!("s3://bucket/f?token={secret}"), options("https://s3.example.org")),
            (format!("s3://bucket/f#{secret}"), options("https://s3.example.org")),
        ] {
            let builder = options.iter().fold(Storage::builder(&url), |b, (key, value)| b.option(key, value));
            without(&format!("{builder:?} {builder:#?}"));
            match builder.open() {
                Ok(storage) => without(&format!("{storage:?}")),
                Err(error) => clean(&error),
            }
        }
    }
}

#[test]
fn a_document_and_its_arrays_tell_nothing() {
    let server = Server::start();
    let storage = server.storage("f");
    storage.save("x", &ChunkedArray::from_ndarray(Array1::from_iter(0..1000), &[100]).unwrap()).unwrap();
    for key in server.keys() {
        let contents = server.read(&key);
        let reported = String::from_utf8_lossy(&contents);
        assert!(
            !reported.contains(arraystow_s3_server::SECRET) && !reported.contains(arraystow_s3_server::KEY),
            "{key}"
        );
    }
}
