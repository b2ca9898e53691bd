//! Servers whose listings do not come to an end.

use arraystow::{ErrorKind, Storage};
use arraystow_s3_server::{BUCKET, KEY, SECRET};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

type Page = fn(usize) -> String;

/// A server on which there is nothing but listings: `page` makes each of them, of the number of those before it.
fn server(page: Page) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let count = count.clone();
            std::thread::spawn(move || while answer(stream.as_ref().unwrap(), page, &count).is_some() {});
        }
    });
    endpoint
}

fn answer(mut stream: &TcpStream, page: Page, count: &AtomicUsize) -> Option<()> {
    let mut request = vec![0; 1 << 14];
    let len = stream.read(&mut request).ok().filter(|len| *len > 0)?;
    let request = String::from_utf8_lossy(&request[..len]).into_owned();
    let (status, body) = if request.starts_with("GET") && request.contains("list-type=2") {
        let pages = page(count.fetch_add(1, Ordering::SeqCst));
        ("200 OK", format!("<ListBucketResult><Name>{BUCKET}</Name>{pages}</ListBucketResult>"))
    } else {
        ("404 Not Found", "<Error><Code>NoSuchKey</Code></Error>".to_owned())
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all((head + &body).as_bytes()).ok()
}

fn more(token: &str) -> String {
    format!("<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>")
}

fn object(key: &str) -> String {
    format!("<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>1</Size></Contents>")
}

const PAGES: [(&str, Page); 5] = [
    ("the same page", |_| more("again") + &object("folder/a")),
    ("a circle of pages", |number| more(&format!("token-{}", number % 3)) + &object(&format!("folder/{number}"))),
    ("empty pages", |number| more(&format!("token-{number}"))),
    ("the same object", |number| more(&format!("token-{number}")) + &object("folder/a")),
    ("one object after the other", |number| more(&format!("token-{number}")) + &object(&format!("folder/{number}"))),
];

/// A storage on a server whose listings are these pages.
fn storage(page: Page) -> Storage {
    let options = [
        ("aws_endpoint", server(page)),
        ("aws_allow_http", "true".to_owned()),
        ("aws_access_key_id", KEY.to_owned()),
        ("aws_secret_access_key", SECRET.to_owned()),
    ];
    Storage::open_with(&format!("s3://{BUCKET}/folder"), options).unwrap()
}

#[test]
fn a_listing_without_end_is_given_up() {
    for (what, page) in PAGES {
        let storage = storage(page);
        let start = Instant::now();
        let mut errors = vec![storage.list("**").map(drop).unwrap_err()];
        if what == "the same page" {
            errors.extend([
                storage.remove_workflow("a").map(drop).unwrap_err(),
                storage.verify_all(arraystow::VerifyDepth::Quick).map(drop).unwrap_err(),
                storage.sweep().map(drop).unwrap_err(),
            ]);
        }
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Io, "{what}: {error}");
            assert!(error.to_string().contains("does not end"), "{what}: {error}");
            assert!(error.location().unwrap().starts_with("s3://bucket/folder"), "{what}: {error}");
        }
        // A look whether there is anything below a name.
        let error = storage.save("x", &1).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Io | ErrorKind::InvalidName), "{what}: {error}");
        assert!(start.elapsed() < Duration::from_secs(60), "{what}: {:?}", start.elapsed());
    }
}

/// An error about a missing name says what there is instead, if a listing shows it.
#[test]
fn a_missing_name_is_an_error_on_a_server_whose_listings_do_not_end() {
    for (what, page) in PAGES {
        let storage = storage(page);
        let start = Instant::now();
        for error in [
            storage.load::<i32>("folder").unwrap_err(),
            storage.info("x").map(drop).unwrap_err(),
            storage.remove("x").unwrap_err(),
            storage.verify("x", arraystow::VerifyDepth::Quick).map(drop).unwrap_err(),
            storage.copy("x", &Storage::open("memory://").unwrap()).map(drop).unwrap_err(),
        ] {
            assert!(error.is_not_found(), "{what}: {error}");
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{what}: {:?}", start.elapsed());
    }
}

/// Each listing ends, and each folder has another folder, or itself.
#[test]
fn folders_without_end_are_given_up() {
    let pages: [Page; 3] = [
        |number| format!("<CommonPrefixes><Prefix>folder/{}</Prefix></CommonPrefixes>", "a/".repeat(number + 1)),
        |_| "<CommonPrefixes><Prefix>folder/</Prefix></CommonPrefixes>".to_owned(),
        |_| "<CommonPrefixes><Prefix>/</Prefix></CommonPrefixes>".to_owned(),
    ];
    for page in pages {
        let storage = storage(page);
        assert!(storage.list("**").unwrap().is_empty());
    }
    let storage = storage(pages[0]);
    assert_eq!(storage.sweep().unwrap().leftovers().count(), 0);
}
