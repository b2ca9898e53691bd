//! The server: connections, and the limits of each.

use super::address::Address;
use super::answer::{Answer, Outcome, Refusal};
use super::{guard, work};
use crate::fault::{self, Fault};
use arraystow::{Storage, Task};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Connections at the same time; others wait until one ends.
const CONNECTIONS: usize = 64;
/// How long a request may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);
/// How long a connection is used, and how long its last answer may take.
const CONNECTION: Duration = Duration::from_secs(300);
const LAST_ANSWER: Duration = Duration::from_secs(60);
/// How long work that was cancelled may take to end.
const END: Duration = Duration::from_secs(5);
/// Bytes of the head of a request.
const HEAD: usize = 16 << 10;

/// What requests may take of the server.
struct Limits {
    /// Requests that read at the same time; others wait for their turn.
    reading: usize,
    /// How long a request waits for its turn.
    turn: Duration,
    /// How long the answer to a request may take.
    longest: Duration,
}

const LIMITS: Limits = Limits { reading: 4, turn: Duration::from_secs(10), longest: Duration::from_secs(30) };

/// A server that listens, and does not answer yet.
pub(crate) struct Server {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Stop,
}

struct Shared {
    storage: Storage,
    is_loopback: bool,
    reading: Arc<Semaphore>,
    limits: Limits,
    all: Task,
}

/// Stops the server.
#[derive(Clone, Default)]
pub(crate) struct Stop {
    notify: Arc<Notify>,
    all: Task,
}

impl Stop {
    /// Ends the server, and cancels what it does. Returns whether it was stopped before.
    pub(crate) fn stop(&self) -> bool {
        let stopped = self.all.is_cancelled();
        self.all.cancel();
        self.notify.notify_one();
        stopped
    }
}

impl Server {
    /// Listens at an address; at port 0, the system chooses a port.
    pub(crate) fn bind(storage: Storage, address: IpAddr, port: u16) -> fault::Outcome<Self> {
        Self::bind_within(storage, address, port, LIMITS)
    }

    fn bind_within(storage: Storage, address: IpAddr, port: u16, limits: Limits) -> fault::Outcome<Self> {
        let wrong = |error| Fault::Other(format!("cannot listen at {}: {error}", SocketAddr::new(address, port)));
        let listener = TcpListener::bind((address, port)).map_err(wrong)?;
        listener.set_nonblocking(true).map_err(wrong)?;
        let address = listener.local_addr().map_err(wrong)?;
        let stop = Stop::default();
        let (is_loopback, reading) = (address.ip().is_loopback(), Arc::new(Semaphore::new(limits.reading)));
        let shared = Arc::new(Shared { storage, is_loopback, reading, limits, all: stop.all.clone() });
        Ok(Self { listener, address, shared, stop })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Answers until it is stopped.
    pub(crate) fn run(self) -> fault::Outcome<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let result = runtime.block_on(accept(self.listener, self.shared, &self.stop.notify));
        runtime.shutdown_timeout(END);
        result
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, stop: &Notify) -> fault::Outcome<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let next = async {
            let permit = connections.clone().acquire_owned().await;
            (listener.accept().await, permit)
        };
        let (accepted, permit) = tokio::select! {
            () = stop.notified() => return Ok(()),
            next = next => next,
        };
        match accepted {
            Ok((stream, _)) => drop(tokio::spawn(connection(stream, shared.clone(), permit.ok()))),
            // Such as too many open files: the connections that are there go on.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>, _permit: Option<OwnedSemaphorePermit>) {
    let service = service_fn(move |request| respond(shared.clone(), request));
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(ARRIVAL).max_buf_size(HEAD);
    let mut connection = pin!(server.serve_connection(TokioIo::new(stream), service));
    if timeout(CONNECTION, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        // Nothing is left to do for a connection that failed.
        let _ = timeout(LAST_ANSWER, connection).await;
    }
}

async fn respond(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, _) = request.into_parts();
    let answer = match guard::check(&head, shared.is_loopback) {
        Ok(()) => match read(&shared, &head.uri).await {
            Ok(answer) => answer,
            Err(refusal) if Address::is_page(&head.uri) => Answer::refused_page(&refusal),
            Err(refusal) => Answer::refusal(&refusal),
        },
        Err(refusal) => Answer::refusal(&refusal),
    };
    Ok(answer.response())
}

/// Reads on a thread for it. The reading ends when the browser goes away, or after a while.
async fn read(shared: &Arc<Shared>, uri: &hyper::Uri) -> Outcome<Answer> {
    let Limits { turn, longest, .. } = shared.limits;
    let busy = |text: &str| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, text);
    let address = Address::parse(uri)?;
    // The style and the script of a page do not wait for its pictures.
    if let Some(answer) = work::fixed(&address) {
        return Ok(answer);
    }
    let turn = timeout(turn, shared.reading.clone().acquire_owned()).await;
    let Ok(Ok(permit)) = turn else { return Err(busy("too many requests are being answered")) };
    let task = Abandoned(Task::new());
    let (inner, shared) = (task.0.clone(), shared.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        shared.all.run(|| inner.run(|| work::answer(&shared.storage, &address)))
    });
    match timeout(longest, reading).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be made")),
        Err(_) => {
            Err(busy(&format!("that takes longer than {} seconds: choose a smaller part", longest.as_secs_f64())))
        }
    }
}

/// Work that is cancelled when its request ends, answered or not.
struct Abandoned(Task);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use arraystow::ChunkedArray;
    use std::io::{Read, Write};

    /// A server on an array that takes seconds to be drawn, and the address of its picture.
    fn server(limits: Limits) -> (tempfile::TempDir, Stop, SocketAddr, String) {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        let large = ChunkedArray::from_fn(&[2800, 2800], &[700, 700], |region| {
            ndarray::ArrayD::from_elem(region.shape(), region.start()[0] as f64)
        });
        storage.save("large", &large.unwrap()).unwrap();
        let version = storage.version("large").unwrap();
        let server = Server::bind_within(storage, IpAddr::from([127, 0, 0, 1]), 0, limits).unwrap();
        let (stop, address) = (server.stop(), server.address);
        std::thread::spawn(move || server.run());
        (folder, stop, address, format!("/picture/large?path=&version={version}"))
    }

    fn get(address: SocketAddr, target: &str) -> String {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[test]
    fn an_answer_that_takes_too_long_is_given_up() {
        let (_folder, stop, address, picture) = server(Limits { longest: Duration::from_millis(50), ..LIMITS });
        // More than can be read at once: what is given up makes room.
        for _ in 0..LIMITS.reading + 2 {
            let answer = get(address, &picture);
            assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
            assert!(answer.contains("that takes longer than 0.05 seconds: choose a smaller part"), "{answer}");
        }
        stop.stop();
    }

    #[test]
    fn styles_and_scripts_wait_for_nothing() {
        let (_folder, stop, address, _) = server(Limits { reading: 0, turn: Duration::from_millis(50), ..LIMITS });
        for file in ["/style.css", "/viewer.js", "/icon.svg"] {
            assert!(get(address, file).starts_with("HTTP/1.1 200 "), "{file}");
        }
        assert!(get(address, "/").starts_with("HTTP/1.1 503 "));
        stop.stop();
    }

    #[test]
    fn requests_wait_for_their_turn_for_a_while() {
        let limits = Limits { reading: 1, turn: Duration::from_millis(50), ..LIMITS };
        let (_folder, stop, address, picture) = server(limits);
        std::thread::scope(|scope| {
            let answers: Vec<_> = (0..3).map(|_| scope.spawn(|| get(address, &picture))).collect();
            let answers: Vec<String> = answers.into_iter().map(|answer| answer.join().unwrap()).collect();
            let refused = answers.iter().filter(|answer| answer.contains("too many requests are being answered"));
            assert_eq!(refused.count(), 2, "{answers:?}");
            assert_eq!(answers.iter().filter(|answer| answer.starts_with("HTTP/1.1 200 ")).count(), 1, "{answers:?}");
        });
        stop.stop();
    }
}
