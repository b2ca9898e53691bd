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
/// Requests that read at the same time; others wait for their turn.
const READING: usize = 4;
/// How long a request waits for its turn.
const TURN: Duration = Duration::from_secs(10);
/// How long the answer to a request may take.
const LONGEST: Duration = Duration::from_secs(30);
/// How long a request may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);
/// How long a connection is used, and how long its last answer may take.
const CONNECTION: Duration = Duration::from_secs(300);
const LAST_ANSWER: Duration = Duration::from_secs(60);
/// How long work that was cancelled may take to end.
const END: Duration = Duration::from_secs(5);
/// Bytes of the head of a request.
const HEAD: usize = 16 << 10;

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
        let wrong = |error| Fault::Other(format!("cannot listen at {}: {error}", SocketAddr::new(address, port)));
        let listener = TcpListener::bind((address, port)).map_err(wrong)?;
        listener.set_nonblocking(true).map_err(wrong)?;
        let address = listener.local_addr().map_err(wrong)?;
        let stop = Stop::default();
        let (is_loopback, reading) = (address.ip().is_loopback(), Arc::new(Semaphore::new(READING)));
        let shared = Arc::new(Shared { storage, is_loopback, reading, all: stop.all.clone() });
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
    let busy = |text: &str| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, text);
    let address = Address::parse(uri)?;
    let turn = timeout(TURN, shared.reading.clone().acquire_owned()).await;
    let Ok(Ok(permit)) = turn else { return Err(busy("too many requests are being answered")) };
    let task = Abandoned(Task::new());
    let (inner, shared) = (task.0.clone(), shared.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        shared.all.run(|| inner.run(|| work::answer(&shared.storage, &address)))
    });
    match timeout(LONGEST, reading).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be made")),
        Err(_) => Err(busy(&format!("that takes longer than {} seconds: choose a smaller part", LONGEST.as_secs()))),
    }
}

/// Work that is cancelled when its request ends, answered or not.
struct Abandoned(Task);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
