//! What fails is a typed error that names the place, and leaves what was there.

use super::support::{Run, run_of};
use arraystow::{ChunkedArray, ErrorKind, Storage};
use arraystow_s3_server::{KEY, SECRET, Server};
use ndarray::Array2;
use object_store::{BackoffConfig, RetryConfig};
use std::sync::Arc;
use std::time::Duration;

/// A storage that gives up soon.
fn impatient(server: &Server) -> Storage {
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(1),
        max_backoff: Duration::from_millis(5),
        ..BackoffConfig::default()
    };
    let retries = RetryConfig { max_retries: 2, retry_timeout: Duration::from_secs(5), backoff };
    let client = server.client().with_retry(retries).build().unwrap();
    Storage::from_object_store(Arc::new(client), "folder").unwrap()
}

#[test]
fn what_goes_wrong_names_the_place_and_no_secret() {
    let server = Server::start();
    let with = |folder: &str, changes: &[(&str, &str)]| {
        let mut options = server.options();
        for (key, value) in changes {
            options.retain(|(known, _)| known != key);
            options.push(((*key).to_owned(), (*value).to_owned()));
        }
        Storage::open_with(folder, options).unwrap()
    };
    let saved = |storage: &Storage| storage.save("x", &run_of(1)).unwrap_err();
    let wrong_secret = saved(&with("s3://bucket/f", &[("aws_secret_access_key", "wrong-secret")]));
    assert_eq!(wrong_secret.kind(), ErrorKind::PermissionDenied, "{wrong_secret}");
    let nowhere = with("s3://no-such-bucket/f", &[]);
    let wrong_bucket = saved(&nowhere);
    for error in [&wrong_bucket, &nowhere.load::<Run>("x").unwrap_err()] {
        assert!(error.kind() == ErrorKind::Io && error.to_string().contains("there is no such bucket"), "{error}");
    }
    for error in [&wrong_secret, &wrong_bucket] {
        let text = format!("{error} {error:?}");
        assert!(!text.contains(SECRET) && !text.contains("wrong-secret"), "{text}");
        assert!(error.location().unwrap().starts_with("s3://"), "{text}");
        assert_eq!(error.document(), Some("x"), "{text}");
    }
    let storage = server.storage("f");
    assert!(!format!("{storage:?}").contains(SECRET));
    for (url, options, words) in [
        ("s3://bucket/f", vec![("aws_endpiont", "x")], "aws_endpoint"),
        ("s3://bucket/f", vec![("aws_endpoint", "http://127.0.0.1:1")], "aws_allow_http"),
        ("s3://key:secret@bucket/f", vec![], "credentials"),
        ("http://localhost/bucket", vec![], "aws_endpoint"),
        ("ftp://somewhere", vec![], "s3://"),
        ("a-folder", vec![("aws_endpoint", "x")], "no options"),
    ] {
        let error = Storage::open_with(url, options).unwrap_err();
        assert!(error.to_string().contains(words), "{url}: {error}");
        assert!(!error.to_string().contains("secret@"), "{error}");
    }
}

#[test]
fn what_is_not_permitted_is_reported_by_place() {
    let server = Server::start();
    let storage = server.storage("f");
    storage.save("run", &run_of(1)).unwrap();
    let before = server.keys();
    let reported = |error: arraystow::Error, location: &str, path: Option<&str>| {
        assert_eq!((error.kind(), error.document()), (ErrorKind::PermissionDenied, Some("run")), "{error}");
        assert!(error.location().unwrap().starts_with(location), "{error}");
        assert_eq!(error.path(), path, "{error}");
        error
    };
    server.forbid(&["PUT"]);
    reported(storage.save("run", &run_of(2)).unwrap_err(), "s3://bucket/f/bigdata/.saving/", None);
    reported(storage.save("run", &2).unwrap_err(), "s3://bucket/f/run", None);
    server.forbid(&["GET"]);
    reported(storage.save("run", &run_of(2)).unwrap_err(), "s3://bucket/f/run", None);
    reported(storage.load::<Run>("run").unwrap_err(), "s3://bucket/f/run", None);
    server.forbid(&["LIST"]);
    assert_eq!(storage.list("**").unwrap_err().kind(), ErrorKind::PermissionDenied);
    server.forbid(&["DELETE many"]);
    reported(storage.remove("run").unwrap_err(), "s3://bucket/f/run", None);
    server.forbid(&[]);
    // But for the lease of the removal, which could not be removed either.
    let now = server.keys().into_iter().filter(|key| !key.contains("/.saving/"));
    assert_eq!(now.collect::<Vec<_>>(), before);

    let loaded: Run = storage.load("run").unwrap();
    server.forbid(&["GET"]);
    reported(loaded.field.compute().unwrap_err(), "s3://bucket/f/bigdata/dask_arrays/", Some("field"));

    // Written, but not to be removed: named.
    server.forbid(&["DELETE many", "LIST"]);
    let mut bad = run_of(2);
    bad.field = ChunkedArray::from_fn(&[90, 80], &[8, 8], |region| match region.start() {
        [88, 72] => Err("the detector is off"),
        _ => Ok(Array2::zeros((region.shape()[0], region.shape()[1]))),
    })
    .unwrap();
    let error = storage.save("run", &bad).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::UserCode, Some("field")), "{error}");
    let left = error.left_behind();
    assert!(left.iter().any(|left| left.starts_with("s3://bucket/f/bigdata/dask_arrays/")), "{error}");
    assert!(left.iter().any(|left| left.starts_with("s3://bucket/f/bigdata/.saving/")), "{error}");
}

#[test]
fn missing_credentials_are_reported() {
    let server = Server::start();
    let metadata = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}/169.254.169.254", metadata.local_addr().unwrap());
    drop(metadata);
    let options = [
        ("aws_endpoint", server.endpoint.as_str()),
        ("aws_allow_http", "true"),
        ("aws_metadata_endpoint", silent.as_str()),
    ];
    if std::env::var_os("AWS_ACCESS_KEY_ID").is_some() {
        panic!("this test needs an environment without AWS_ACCESS_KEY_ID");
    }
    let error = Storage::open_with("s3://bucket/f", options).unwrap().load::<i32>("x").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(error.to_string().contains("aws_access_key_id"), "{error}");
}

#[test]
fn a_server_that_is_down_is_an_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let options = [
        ("aws_endpoint", endpoint.as_str()),
        ("aws_allow_http", "true"),
        ("aws_access_key_id", KEY),
        ("aws_secret_access_key", SECRET),
    ];
    let storage = Storage::open_with("s3://bucket/f", options).unwrap();
    let error = storage.load::<i32>("x").unwrap_err();
    assert_eq!((error.kind(), error.document()), (ErrorKind::Io, Some("x")), "{error}");
    assert!(error.location().unwrap().contains("s3://bucket/f/x"), "{error}");
}

#[test]
fn refused_requests_are_tried_again() {
    let server = Server::start();
    let storage = server.storage("");
    server.refuse_every(5);
    storage.save("run", &run_of(6)).unwrap();
    let loaded: Run = storage.load("run").unwrap();
    assert_eq!(loaded.field.compute().unwrap(), run_of(6).field.compute().unwrap());
}

#[test]
fn a_storm_of_refusals_ends_in_an_error_and_leaves_the_old_object() {
    let server = Server::start();
    let storage = impatient(&server);
    storage.save("run", &run_of(1)).unwrap();
    let before = server.keys();
    server.refuse_every(1);
    for error in [
        storage.save("run", &run_of(2)).unwrap_err(),
        storage.save("new", &run_of(2)).unwrap_err(),
        storage.load::<Run>("run").unwrap_err(),
        storage.list("**").unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        assert!(error.location().unwrap().contains("folder"), "{error}");
    }
    server.refuse_every(0);
    assert_eq!(server.keys(), before);
    assert_eq!(storage.load::<Run>("run").unwrap().step, 1);
}

/// The server goes down for good after any number of requests: whatever is left is named.
#[test]
fn what_a_failed_save_cannot_take_back_is_named() {
    let (mut named, mut unknown) = (0, 0);
    for requests in 0.. {
        let server = Server::start();
        let storage = impatient(&server);
        storage.save("a/run", &run_of(1)).unwrap();
        let before = server.keys();
        server.go_down_after(requests);
        let saved = storage.save("a/run", &run_of(2));
        server.go_down_after(u64::MAX);
        let Err(error) = saved else {
            assert_eq!(storage.load::<Run>("a/run").unwrap().step, 2);
            break;
        };
        let location = |key: &String| format!("{}/{}", storage.location(), key.strip_prefix("folder/").unwrap());
        let left: Vec<String> = server.keys().iter().filter(|key| !before.contains(key)).map(location).collect();
        for key in &left {
            let mut locations = error.left_behind().iter();
            assert!(locations.any(|location| key.starts_with(location)), "{key} after {requests} requests: {error}");
        }
        if let Some(first) = error.left_behind().first() {
            named += 1;
            assert!(error.to_string().contains("left behind") && error.to_string().contains(first), "{error}");
        }
        unknown += usize::from(error.is_unknown_outcome());
        assert_eq!(storage.load::<Run>("a/run").unwrap().step, 1);
        assert_eq!(storage.load::<Run>("a/run").unwrap().field.sum().unwrap(), run_of(1).field.sum().unwrap());
    }
    assert!(named > 10 && unknown > 0, "{named} {unknown}");
}

#[test]
fn a_failed_save_leaves_the_old_object_and_nothing_else() {
    let server = Server::start();
    let storage = server.storage("");
    storage.save("run", &run_of(1)).unwrap();
    let before = server.keys();
    let mut bad = run_of(2);
    bad.field = ChunkedArray::from_fn(&[90, 80], &[8, 8], |region| match region.start() {
        [64, 64] => Err("the detector is off"),
        _ => Ok(Array2::zeros((region.shape()[0], region.shape()[1]))),
    })
    .unwrap();
    let error = storage.save("run", &bad).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::UserCode, Some("field")), "{error}");
    assert_eq!(server.keys(), before);
    assert_eq!(storage.load::<Run>("run").unwrap().step, 1);
}
