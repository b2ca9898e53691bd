//! The backend conformance suite, with an object for each chunk and with shards.

use super::support::Place;
use arraystow::conformance::run;
use arraystow_s3_server::Server;

#[test]
fn a_server_conforms() {
    run(|| Place { server: Server::start(), shard_bytes: 0 });
}

#[test]
fn shards_of_a_few_chunks_conform() {
    run(|| Place { server: Server::start(), shard_bytes: 600 });
}
