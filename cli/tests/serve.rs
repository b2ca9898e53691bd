//! `serve`: the real server, asked by a client of a few lines, so that what no browser sends is sent too.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use arraystow::{ChunkedArray, Storage};
use ndarray::{Array1, Array2, ArrayD, IxDyn, array};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The real server on a folder. It is killed with this.
struct Server {
    child: Child,
    address: SocketAddr,
    place: String,
    storage: Storage,
    _folder: TempDir,
}

impl Server {
    fn start(fill: impl FnOnce(&Storage)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("storage").display().to_string();
        let storage = Storage::open(&place).unwrap();
        fill(&storage);
        let mut child = Command::new(env!("CARGO_BIN_EXE_arraystow"))
            .args(["serve", &place, "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let text: String = lines.by_ref().map(Result::unwrap).take_while(|line| line != "}").collect();
        let json: Json = serde_json::from_str(&format!("{text}}}")).unwrap();
        let url = json["url"].as_str().unwrap().to_owned();
        let address = url.strip_prefix("http://").unwrap().strip_suffix('/').unwrap().parse().unwrap();
        Self { child, address, place, storage, _folder: folder }
    }

    /// Sends bytes, and reads until the server closes the connection.
    fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        // The server may refuse before it has read all.
        let _ = stream.write_all(request);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        Answer::parse(&bytes)
    }

    fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        let mut text = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            text += &format!("Host: {}\r\n", self.address);
        }
        headers.iter().for_each(|(name, value)| text += &format!("{name}: {value}\r\n"));
        self.raw(format!("{text}\r\n").as_bytes())
    }

    fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, &[])
    }

    fn version(&self, name: &str) -> String {
        self.storage.version(name).unwrap().to_string()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer has a head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let pairs = lines.map(|line| line.split_once(": ").unwrap());
        let headers = pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Self { status, headers, body: bytes[end + 4..].to_vec() }
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    fn kind(&self) -> &str {
        &self.headers["content-type"]
    }

    /// Columns, rows and pixels of a PNG file.
    fn pixels(&self) -> (u32, u32, Vec<[u8; 3]>) {
        assert_eq!((self.status, self.kind()), (200, "image/png"), "{}", String::from_utf8_lossy(&self.body));
        let mut reader = png::Decoder::new(std::io::Cursor::new(&self.body)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(info.color_type, png::ColorType::Rgb);
        (info.width, info.height, pixels.as_chunks::<3>().0.to_vec())
    }
}

/// A cube, a table, a line, texts and an array without elements.
fn fill(storage: &Storage) {
    let cube = ArrayD::from_shape_fn(IxDyn(&[3, 700, 300]), |at| (1000 * at[0] + at[1]) as f32);
    let cube = ChunkedArray::from_ndarray(cube, &[1, 128, 128]).unwrap().with_dims(["time", "y", "x"]).unwrap();
    let value = json!({ "title": "a cube", "steps": [1, 2, 3] });
    let arrays = (
        cube.with_attr("units", "K").unwrap(),
        ChunkedArray::from(array![[0.0, 1.0], [f64::NAN, 2.0]]),
        ChunkedArray::from(Array1::linspace(0.0, 1.0, 50)),
        ChunkedArray::from(array!["a".to_owned()]),
        ChunkedArray::from(Array2::<f32>::zeros((0, 4))),
    );
    storage.save("runs/first run", &(value, arrays)).unwrap();
}

const NAME: &str = "runs/first%20run";
const VIRIDIS: [[u8; 3]; 2] = [[68, 1, 84], [253, 231, 37]];

#[test]
fn pages_show_the_values() {
    let server = Server::start(fill);
    let list = server.get("/");
    assert_eq!((list.status, list.kind()), (200, "text/html; charset=utf-8"));
    assert!(list.text().contains(r#"<a href="/value/runs/first%20run">runs/first run</a>"#), "{}", list.text());
    assert!(server.get("/?glob=other*").text().contains("No value has such a name"));
    let wrong = server.get("/?glob=%5B");
    assert!(wrong.status == 400 && wrong.kind().starts_with("text/html"), "{wrong:?}");

    let value = server.get(&format!("/value/{NAME}")).text();
    let expected = [
        "title: &quot;a cube&quot;",
        "float32[3, 700, 300] in chunks of [1, 128, 128]",
        r#"href="/array/runs/first%20run?path=%5B1%5D%5B0%5D">[1][0]</a>"#,
        "54, [3, 6, 3] along the axes, of [1, 128, 128]",
        "time, y, x",
    ];
    expected.iter().for_each(|text| assert!(value.contains(text), "{text}: {value}"));
    // Numbers with elements have pictures.
    assert_eq!((value.matches("src=\"/picture/").count(), value.matches("src=\"/histogram/").count()), (3, 3));

    for (index, text) in
        ["id=\"viewer\"", "id=\"viewer\"", "picture of", "[&quot;a&quot;]", "no elements"].iter().enumerate()
    {
        let array = server.get(&format!("/array/{NAME}?path=%5B1%5D%5B{index}%5D"));
        let page = array.text().replace("[a]", "[&quot;a&quot;]");
        assert!(array.status == 200 && page.contains(text), "{index}: {page}");
        assert_eq!(page.contains("/viewer.js"), index < 2, "{index}");
    }
    let place = format!("{NAME}?path=%5B1%5D%5B2%5D&version={}", server.version("runs/first run"));
    for kind in ["picture", "histogram"] {
        let picture = server.get(&format!("/{kind}/{place}"));
        assert_eq!((picture.status, picture.kind()), (200, "image/svg+xml"));
        assert!(picture.text().starts_with("<svg"), "{picture:?}");
    }
    assert_eq!(server.get(&format!("/picture/{}", place.replace("%5B2", "%5B3"))).status, 404);
}

#[test]
fn tiles_have_the_colours_of_their_elements() {
    let server = Server::start(fill);
    let version = server.version("runs/first run");
    let tile = |index: usize, more: &str| {
        server.get(&format!("/tile/{NAME}?path=%5B1%5D%5B{index}%5D&version={version}&{more}"))
    };
    let table = tile(1, "rows=0&columns=0&row=0&column=0&low=0&high=2&map=viridis");
    let (width, height, pixels) = table.pixels();
    assert_eq!((width, height, &pixels[..]), (2, 2, &[VIRIDIS[0], [32, 144, 140], [150; 3], VIRIDIS[1]][..]));
    assert_eq!(table.headers["cache-control"], "private, max-age=86400, immutable");

    let cube = |at: usize, levels: &str, tile_at: &str, low: usize, high: usize| {
        tile(0, &format!("at={at}&{levels}&{tile_at}&low={low}&high={high}&map=grey")).pixels()
    };
    // The last rows of the second slice, and all of the third one in one tile of means.
    let (width, height, pixels) = cube(1, "rows=0&columns=0", "row=2&column=1", 1512, 1699);
    assert_eq!((width, height, pixels[0], pixels[187 * 44]), (44, 188, [0; 3], [255; 3]));
    let (width, height, pixels) = cube(2, "rows=2&columns=1", "row=0&column=0", 2000, 2003);
    assert_eq!((width, height), (150, 175));
    // 2001.5 is in the middle of 2000 to 2003.
    let middle = tile(0, "at=2&rows=2&columns=1&row=0&column=0&low=2001&high=2002&map=grey").pixels().2[0];
    assert_eq!((pixels[0], pixels[150]), (middle, [255; 3]));

    let numbers = |more: &str| -> Json {
        let answer = server.get(&format!("/numbers/{NAME}?path=%5B1%5D%5B0%5D&version={version}&{more}"));
        assert_eq!((answer.status, answer.kind()), (200, "application/json"), "{answer:?}");
        serde_json::from_slice(&answer.body).unwrap()
    };
    assert_eq!(numbers("at=1&top=0&bottom=256&left=0&right=4"), json!({ "low": 1000.0, "high": 1255.0 }));
    assert_eq!(numbers("at=2&top=7&bottom=8&left=0&right=1")["element"], "2007");
}

#[test]
fn wrong_addresses_are_refused() {
    let server = Server::start(fill);
    std::fs::write(server.place.clone() + "/../secret", "secret").unwrap();
    let tricks = [
        ("/../secret", 404),
        ("/value/../../secret", 400),
        ("/value/../secret", 400),
        ("/value/..%2Fsecret", 400),
        ("/value/..%2f..%2fsecret", 400),
        ("/value/%2e%2e/secret", 400),
        ("/value/%252e%252e/secret", 404),
        ("/value/..%5csecret", 400),
        ("/value//etc/passwd", 400),
        ("/value/%2fetc%2fpasswd", 400),
        ("/value/runs%2Ffirst%20run", 400),
        ("/value/runs/first%20run%00", 400),
        ("/value/runs/first%20run/", 400),
        ("/value/runs/", 400),
        ("/value/", 400),
        ("/value", 404),
        ("/value/.", 400),
        ("/value/.lock", 400),
        ("/value/runs/bigdata/x", 400),
        ("/value/%ff", 400),
        ("/value/c:", 400),
        ("/value/a%0ab", 400),
        ("//", 404),
        ("/value/nothing", 404),
        ("/value/runs", 404),
        ("/style.css/", 404),
        ("/src/viewer.js", 404),
        ("/array/runs/first%20run", 400),
        ("/array/runs/first%20run?path=nothing", 404),
        ("/array/runs/first%20run?path=..%2f..%2fsecret", 404),
        ("/bar.png?map=nothing", 400),
    ];
    for (target, status) in tricks {
        let answer = server.get(target);
        assert_eq!(answer.status, status, "{target}: {answer:?}");
        assert!(!answer.text().contains("root:") && answer.text() != "secret", "{target}");
    }
    let version = server.version("runs/first run");
    let tile = "&at=0&rows=0&columns=0&row=0&column=0&low=0&high=1&map=viridis";
    let wrong = [
        ("at=0", "at=3", 400),
        ("at=0", "at=0,0", 400),
        ("at=0", "at=-1", 400),
        ("&at=0", "", 400),
        ("at=0", "at=x", 400),
        ("rows=0", "rows=3", 400),
        ("rows=0", "rows=63", 400),
        ("rows=0", "rows=4294967295", 400),
        ("&low=0", "", 400),
        ("row=0", "row=3", 404),
        ("row=0", "row=18446744073709551615", 404),
        ("row=0", "row=99999999999999999999", 400),
        ("low=0", "low=nan", 400),
        ("high=1", "high=inf", 400),
        ("map=viridis", "map=x", 400),
        ("%5B0%5D&v", "%5B3%5D&v", 400),
        ("%5B0%5D&v", "%5B2%5D&v", 400),
        ("%5B0%5D&v", "%5B4%5D&v", 400),
        (&version, "x", 410),
        (&version, "", 410),
        ("first%20run", "none", 410),
        ("first%20run", "..", 400),
    ];
    let good = format!("/tile/{NAME}?path=%5B1%5D%5B0%5D&version={version}{tile}");
    assert_eq!(server.get(&good).status, 200);
    for (part, by, status) in wrong {
        let answer = server.get(&good.replacen(part, by, 1));
        assert_eq!((answer.status, answer.kind()), (status, "text/plain; charset=utf-8"), "{part} -> {by}: {answer:?}");
    }
    for window in ["top=0&bottom=0&left=0&right=1", "top=5&bottom=4&left=0&right=1", "top=0&bottom=701&left=0&right=1"]
    {
        let target = format!("/numbers/{NAME}?path=%5B1%5D%5B0%5D&version={version}&at=0&{window}");
        assert_eq!(server.get(&target).status, 400, "{window}");
    }
}

#[test]
fn foreign_origins_are_refused() {
    let server = Server::start(fill);
    let own = server.address.to_string();
    let port = server.address.port();
    let (localhost, origin) = (format!("localhost:{port}"), format!("http://{own}"));
    let answered: [&[(&str, &str)]; 6] = [
        &[],
        &[("Host", &localhost), ("Origin", &format!("http://{localhost}"))],
        // As behind a tunnel, whose end has another port.
        &[("Host", "localhost:9")],
        &[("Origin", &origin), ("Sec-Fetch-Site", "same-origin")],
        &[("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate")],
        &[("Content-Length", "0")],
    ];
    for headers in answered {
        assert_eq!(server.ask("GET", "/", headers).status, 200, "{headers:?}");
    }
    let refused: [(&[(&str, &str)], u16); 13] = [
        (&[("Host", "example.org")], 403),
        (&[("Host", &format!("example.org:{port}"))], 403),
        (&[("Host", "192.168.0.7")], 403),
        (&[("Host", "")], 403),
        (&[("Host", &own), ("Host", "example.org")], 400),
        (&[("Host", "example.org"), ("Origin", "http://example.org"), ("Sec-Fetch-Site", "same-origin")], 403),
        (&[("Origin", "http://example.org")], 403),
        (&[("Origin", "null")], 403),
        (&[("Origin", &format!("https://{own}"))], 403),
        (&[("Origin", "http://localhost:9")], 403),
        (&[("Sec-Fetch-Site", "cross-site")], 403),
        // Another server of this machine.
        (&[("Sec-Fetch-Site", "same-site")], 403),
        (&[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")], 403),
    ];
    for (headers, status) in refused {
        for target in ["/", "/viewer.js", "/nothing"] {
            let answer = server.ask("GET", target, headers);
            assert_eq!(answer.status, status, "{headers:?}: {answer:?}");
        }
    }
    assert_eq!(server.raw(b"GET / HTTP/1.0\r\n\r\n").status, 400);
    let absolute = server.ask("GET", "http://example.org/", &[]);
    assert_eq!(absolute.status, 400);
}

#[test]
fn all_answers_have_the_headers() {
    let server = Server::start(fill);
    let bar = server.get("/bar.png?map=grey");
    assert_eq!(bar.pixels().2[0], [0; 3]);
    let answers =
        [server.get("/"), server.get("/nothing"), server.get("/viewer.js"), bar, server.ask("POST", "/", &[])];
    for answer in answers {
        let header = |name: &str| answer.headers.get(name).map(String::as_str);
        assert_eq!(header("x-content-type-options"), Some("nosniff"));
        assert_eq!(header("referrer-policy"), Some("no-referrer"));
        assert_eq!(header("x-frame-options"), Some("DENY"));
        assert_eq!(header("cross-origin-resource-policy"), Some("same-origin"));
        let policy = header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe-eval"), "{policy}");
        assert!(!policy.contains("script-src 'unsafe"), "{policy}");
        assert!(answer.headers.keys().all(|name| !name.starts_with("access-control")), "{answer:?}");
        assert_eq!(header("cache-control") == Some("no-store"), answer.kind() != "image/png");
    }
}

#[test]
fn only_small_get_and_head_are_answered() {
    let server = Server::start(fill);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PROPFIND"] {
        let answer = server.ask(method, "/", &[]);
        let allowed = answer.headers.get("allow").map(String::as_str);
        assert!(answer.status == 405 && allowed == Some("GET, HEAD") || answer.status == 400, "{method}: {answer:?}");
    }
    let (head, get) = (server.ask("HEAD", "/", &[]), server.get("/"));
    assert_eq!((head.status, head.body.len(), get.body.is_empty()), (200, 0, false));
    assert_eq!(head.headers["content-length"], get.headers["content-length"]);

    assert_eq!(server.ask("GET", "/", &[("Content-Length", "3")]).status, 413);
    assert_eq!(server.ask("GET", "/", &[("Transfer-Encoding", "chunked")]).status, 413);
    assert_eq!(server.get(&format!("/?glob={}", "a".repeat(9000))).status, 414);
    assert_eq!(server.ask("GET", "/", &[("X", &"a".repeat(20_000))]).status, 431);
    let many: Vec<(&str, &str)> = vec![("X", "y"); 200];
    assert_eq!(server.ask("GET", "/", &many).status, 431);
    assert_eq!(server.raw(b"nonsense\r\n\r\n").status, 400);
}

#[test]
fn hostile_texts_stay_texts() {
    const EVIL: &str = "\"><img src=x onerror=alert(1)>'&amp;<script>alert(1)";
    let name = EVIL;
    let server = Server::start(|storage| {
        let array = ChunkedArray::from(array![[1.0, 2.0]]).with_dims([EVIL, "x"]).unwrap();
        let array = array.with_attr("units", EVIL).unwrap().with_attr("onload=alert(1)", EVIL).unwrap();
        storage.save(name, &BTreeMap::from([(EVIL, array)])).unwrap();
    });
    let list = server.get("/").text();
    let address = list.split("href=\"/value/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let value = server.get(&format!("/value/{address}"));
    let array = value.text().split("href=\"/array/").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let array = server.get(&format!("/array/{array}"));
    assert_eq!((value.status, array.status), (200, 200), "{array:?}");
    let wrong = server.get("/value/%3Cscript%3E");
    assert_eq!(wrong.status, 404);
    for page in [list, value.text(), array.text(), wrong.text()] {
        let own = page.matches("<script src=\"/viewer.js\" defer></script>").count();
        assert_eq!(page.matches("<script").count(), own, "{page}");
        assert!(!page.contains("<img src=x"), "{page}");
    }
    let source = value.text().split("src=\"/picture/").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let picture = server.get(&format!("/picture/{source}"));
    assert_eq!(picture.status, 200, "{picture:?}");
    assert!(!picture.text().contains("<script") && !picture.text().contains("<img"), "{}", picture.text());
    assert!(picture.headers["content-security-policy"].ends_with("sandbox"));
}

#[test]
fn a_value_that_is_saved_again_is_shown_again() {
    let server = Server::start(|storage| drop(storage.save("x", &Array2::<f64>::zeros((60, 60))).unwrap()));
    let tile = |version: &str| {
        let more = "rows=0&columns=0&row=0&column=0&low=0&high=1&map=viridis";
        server.get(&format!("/tile/x?path=&version={version}&{more}"))
    };
    let first = server.version("x");
    assert!(server.get("/value/x").text().contains("float64[60, 60]"));
    assert_eq!(tile(&first).pixels().2[0], VIRIDIS[0]);

    server.storage.save("x", &Array2::<f64>::ones((70, 60))).unwrap();
    let old = tile(&first);
    assert!(old.status == 410 && old.text().contains("was saved again"), "{old:?}");
    assert_eq!(server.get(&format!("/picture/x?path=&version={first}")).status, 410);
    let page = server.get("/value/x").text();
    let second = server.version("x");
    assert!(page.contains("float64[70, 60]") && page.contains(&second), "{page}");
    assert_eq!(tile(&second).pixels(), (60, 70, vec![VIRIDIS[1]; 4200]));

    server.storage.remove("x").unwrap();
    assert_eq!((tile(&second).status, server.get("/value/x").status), (410, 404));
}

#[test]
fn many_requests_are_answered_while_a_value_changes() {
    let server = Server::start(fill);
    // Connections that send nothing.
    let silent: Vec<TcpStream> = (0..30).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    thread::scope(|scope| {
        let writer = scope.spawn(|| (0..20).for_each(|_| fill(&server.storage)));
        let readers: Vec<_> = (0..16)
            .map(|reader| {
                let server = &server;
                scope.spawn(move || {
                    let mut statuses = BTreeMap::new();
                    for turn in 0..8 {
                        let version = server.version("runs/first run");
                        let place = format!("{NAME}?path=%5B1%5D%5B0%5D&version={version}&at=0");
                        let tile = format!("rows=0&columns=0&row={}&column=0&low=0&high=9&map=magma", turn % 3);
                        let targets = [format!("/tile/{place}&{tile}"), format!("/histogram/{place}"), "/".to_owned()];
                        let answer = server.get(&targets[(reader + turn) % 3]);
                        *statuses.entry(answer.status).or_insert(0) += 1;
                        assert!([200, 410].contains(&answer.status), "{answer:?}");
                    }
                    statuses
                })
            })
            .collect();
        writer.join().unwrap();
        let answered: usize =
            readers.into_iter().map(|reader| reader.join().unwrap().get(&200).copied().unwrap_or(0)).sum();
        assert!(answered > 40, "{answered}");
    });
    drop(silent);
    assert_eq!(server.get(&format!("/value/{NAME}")).status, 200);
}

#[test]
fn a_request_that_does_not_arrive_is_ended() {
    let server = Server::start(fill);
    let begun = Instant::now();
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ").unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!((5..25).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}

/// The next connection waits until one of them ends.
#[test]
fn sixty_four_connections_are_answered_at_the_same_time() {
    let server = Server::start(fill);
    let mut idle: Vec<TcpStream> = (0..64).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    let mut next = TcpStream::connect(server.address).unwrap();
    write!(next, "GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.address).unwrap();
    next.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let waits = next.read(&mut [0]).unwrap_err();
    assert!(matches!(waits.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut), "{waits}");
    idle.pop();
    next.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut answer = Vec::new();
    next.read_to_end(&mut answer).unwrap();
    assert_eq!(Answer::parse(&answer).status, 200);
}

#[test]
fn ctrl_c_stops_the_server() {
    let mut server = Server::start(fill);
    let _open = TcpStream::connect(server.address).unwrap();
    assert_eq!(server.get("/").status, 200);
    let begun = Instant::now();
    let killed = Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let status = server.child.wait().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert!(TcpStream::connect(server.address).is_err());
}

#[test]
fn what_cannot_be_served_is_an_error() {
    let server = Server::start(fill);
    let serve = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_arraystow")).arg("serve").args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, error) = serve(&["/nothing/there"]);
    assert!(code == Some(1) && error.contains("there is no storage"), "{error}");
    let port = server.address.port().to_string();
    let (code, error) = serve(&[&server.place, "--port", &port]);
    assert!(code == Some(1) && error.contains(&format!("cannot listen at 127.0.0.1:{port}")), "{error}");
    assert_eq!(serve(&[&server.place, "--address", "example.org"]).0, Some(2));
}
