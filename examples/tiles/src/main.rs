//! An image pyramid behind a tile server: `cargo run -p arraystow-example-tiles`.
//!
//! The program builds a pyramid of a picture of 4096 x 4096 pixels, serves its tiles as PNG images, and fetches some of
//! them. With `serve` as its argument, it goes on serving.
#![allow(clippy::print_stdout, reason = "an example")]

use arraystow::{ChunkedArray, Storage};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::{Router, routing::get};
use ndarray::{ArrayD, s};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const SIDE: usize = 4096;
const TILE: usize = 256;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Serialize, Deserialize)]
struct Pyramid {
    title: String,
    /// From the whole picture in one tile to the finest level.
    levels: Vec<ChunkedArray<u8>>,
}

/// A picture of rings, made tile by tile.
fn rings(region: &arraystow::Region) -> ArrayD<u8> {
    let (rows, columns) = (region.start()[0], region.start()[1]);
    ArrayD::from_shape_fn(region.shape(), |at| {
        let (y, x) = ((rows + at[0]) as f64 / 512.0 - 4.0, (columns + at[1]) as f64 / 512.0 - 4.0);
        (127.5 + 127.5 * (x * x + y * y).sin()) as u8
    })
}

/// Each level is computed from the stored one below it, by the means of blocks.
fn build(storage: &Storage) -> Outcome<()> {
    storage.save("levels/0", &ChunkedArray::from_fn(&[SIDE, SIDE], &[TILE, TILE], rings)?)?;
    let mut levels: Vec<ChunkedArray<u8>> = vec![storage.load("levels/0")?];
    while levels[0].shape()[0] > TILE {
        let name = format!("levels/{}", levels.len());
        let means = levels[0].coarsen(&[2, 2])?.mean().map(|mean| mean.round() as u8).rechunk(&[TILE, TILE])?;
        storage.save(&name, &means)?;
        levels.insert(0, storage.load(&name)?);
    }
    storage.save("pyramid", &Pyramid { title: "rings".into(), levels })?; // links the levels
    storage.remove_workflow("levels")?;
    Ok(())
}

fn png(tile: &ArrayD<u8>) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, tile.shape()[1] as u32, tile.shape()[0] as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header()?.write_image_data(tile.as_slice().ok_or("the tile is not in order")?)?;
    Ok(bytes)
}

/// The tile in row `y` and column `x` of level `z`. Only its chunk is read.
async fn tile(
    State(pyramid): State<Arc<Pyramid>>,
    Path((z, y, x)): Path<(usize, usize, usize)>,
) -> Result<impl IntoResponse, StatusCode> {
    let level = pyramid.levels.get(z).ok_or(StatusCode::NOT_FOUND)?;
    let part =
        |n: usize| n.checked_mul(TILE).map(|start| start..start.saturating_add(TILE)).ok_or(StatusCode::NOT_FOUND);
    let tile = level.slice(s![part(y)?, part(x)?]).map_err(|_| StatusCode::NOT_FOUND)?;
    let tile = tile.compute_async().await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let bytes = png(&tile).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(([(header::CONTENT_TYPE, "image/png")], bytes))
}

/// What a client gets for a path: the status line, and the body.
async fn fetch(listening: std::net::SocketAddr, path: &str) -> Outcome<(String, Vec<u8>)> {
    let mut stream = TcpStream::connect(listening).await?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: tiles\r\nConnection: close\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").ok_or("no answer")?;
    let status = String::from_utf8_lossy(&answer[..end]).lines().next().unwrap_or_default().to_owned();
    Ok((status, answer.split_off(end + 4)))
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let storage = Storage::open(folder.path())?;
    build(&storage)?;
    let pyramid: Pyramid = storage.load("pyramid")?;
    let shapes: Vec<_> = pyramid.levels.iter().map(|level| level.shape().to_vec()).collect();
    println!("{}: levels of {shapes:?}", pyramid.title);

    let app = Router::new().route("/{z}/{y}/{x}", get(tile)).with_state(Arc::new(pyramid));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let listening = listener.local_addr()?;
    let serving = tokio::spawn(async move { axum::serve(listener, app).await });
    println!("serving http://{listening}/0/0/0");
    for path in ["/0/0/0", "/4/15/15", "/4/16/0", "/9/0/0"] {
        let (status, body) = fetch(listening, path).await?;
        println!("{path}: {status}, {} bytes", body.len());
    }
    if std::env::args().nth(1).as_deref() == Some("serve") {
        serving.await??;
    }
    Ok(())
}
