//! The environment's `AWS_*`: a process of its own, since the environment is one for all threads.

use super::support::{Run, run_of};
use arraystow::Storage;
use arraystow_s3_server::{BUCKET, KEY, SECRET, Server};
use std::process::Command;

/// Where the child finds the URL of its storage.
const URL: &str = "ARRAYSTOW_TEST_URL";
const NAME: &str = "s3::environment::a_url_is_all_that_is_needed_where_the_environment_has_the_rest";

#[test]
fn a_url_is_all_that_is_needed_where_the_environment_has_the_rest() {
    if let Ok(url) = std::env::var(URL) {
        // The child.
        let storage = Storage::open(&url).unwrap();
        storage.save("sim/run", &run_of(5)).unwrap();
        let loaded: Run = storage.load("sim/run").unwrap();
        assert_eq!(loaded.field.compute().unwrap(), run_of(5).field.compute().unwrap());
        return;
    }
    let server = Server::start();
    let child = |secret: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", NAME, "--nocapture"]).env(URL, format!("s3://{BUCKET}/from/outside"));
        let environment = [
            ("AWS_ENDPOINT", server.endpoint.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", KEY),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("AWS_REGION", "us-east-1"),
        ];
        let output = command.envs(environment).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (done, reported) = child(SECRET);
    assert!(done && reported.contains("1 passed"), "{reported}");
    assert!(server.keys().contains(&"from/outside/sim/run".to_owned()), "{:?}", server.keys());
    let loaded: Run = server.storage("from/outside").load("sim/run").unwrap();
    assert_eq!(loaded.step, 5);
    // And it is these that are used: with others, nothing is allowed.
    let (done, reported) = child("another-secret");
    assert!(!done && reported.contains("PermissionDenied") && reported.contains("check them"), "{reported}");
}
