//! The bar, the messages beside it, Ctrl-C, and several values at the same time, on a server that takes its time.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(all(feature = "s3", unix))]

use arraystow::{ArrayFormat, ChunkedArray, Storage};
use arraystow_s3_server::{BUCKET, Server};
use ndarray::Array1;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What a terminal shows of a program: all of it, and what is left at the end. Then its exit code.
const SCRIPT: &str = r"
import fcntl, os, pty, struct, subprocess, sys, termios, pyte
master, slave = pty.openpty()
fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 100, 0, 0))
begin = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)
environment = dict(os.environ, TERM='xterm-256color')
child = subprocess.Popen(sys.argv[1:], stdin=slave, stdout=slave, stderr=slave, env=environment,
                         start_new_session=True, preexec_fn=begin)
os.close(slave)
screen = pyte.Screen(100, 40)
stream = pyte.ByteStream(screen)
raw = b''
try:
    while data := os.read(master, 65536):
        raw += data
        stream.feed(data)
except OSError:
    pass
print(child.wait(20))
print('\n'.join(line.rstrip() for line in screen.display).rstrip())
print('RAW')
print(raw.decode())
";

struct Places {
    server: Server,
    folder: TempDir,
}

impl Places {
    /// Six values in a folder, and a server.
    fn new() -> Self {
        let places = Self { server: Server::start(), folder: tempfile::tempdir().unwrap() };
        let here = Storage::builder(places.local()).array_format(ArrayFormat::Zarr).open().unwrap();
        for number in 0..6_u8 {
            let field = ChunkedArray::from_ndarray(Array1::from_elem(1 << 18, number), &[1 << 16]).unwrap();
            here.save(&format!("runs/{number}"), &field).unwrap();
        }
        places
    }

    fn local(&self) -> String {
        self.folder.path().join("storage").display().to_string()
    }

    fn remote(&self) -> String {
        format!("s3://{BUCKET}/root")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_arraystow"));
        command.args(arguments).envs(self.options());
        command
    }

    fn options(&self) -> Vec<(String, String)> {
        self.server.options().into_iter().map(|(key, value)| (key.to_uppercase(), value)).collect()
    }

    fn start(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The exit code of a command in a terminal, the lines that are left there, and all that it has got.
    fn shown(&self, arguments: &[&str]) -> (String, Vec<String>, String) {
        let options = self.options().into_iter().map(|(key, value)| format!("{key}={value}"));
        let words = ["env".to_owned()].into_iter().chain(options);
        let words = words.chain([env!("CARGO_BIN_EXE_arraystow").to_owned()]);
        let words: Vec<String> = words.chain(arguments.iter().map(|word| (*word).to_owned())).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let printed = arraystow_tests::python_env::run(&["pyte==0.8.2"], SCRIPT, &words);
        let (screen, raw) = printed.split_once("RAW\n").unwrap();
        let mut lines = screen.lines().map(str::to_owned);
        (lines.next().unwrap(), lines.collect(), raw.to_owned())
    }
}

#[test]
fn a_terminal_shows_a_bar_and_whole_messages() {
    let places = Places::new();
    places.server.set_latency(Duration::from_millis(60));
    let (local, remote) = (places.local(), places.remote());
    let (code, lines, raw) = places.shown(&["cp", &local, &remote]);
    assert_eq!(code, "0", "{raw}");
    // The bar knows all bytes before the first ones are copied. In the end, it is gone.
    assert!(raw.contains(" of 1.50 MiB, ") && raw.contains("of 6 values"), "{raw}");
    assert_eq!(lines.len(), 7, "{lines:?}");
    for (number, line) in lines[..6].iter().enumerate() {
        assert!(line.starts_with(&format!("runs/{number}: ")), "{lines:?}");
    }
    assert!(lines[6].starts_with("copied 6 values, "), "{lines:?}");

    // Commands that count values.
    places.server.set_latency(Duration::from_millis(400));
    for command in [&["ls", "-l"][..], &["tree"], &["du"]] {
        let (code, _, raw) = places.shown(&[command, &[&remote]].concat());
        assert!(code == "0" && raw.contains(" of 6 values, "), "{command:?}: {raw}");
    }
    places.server.set_latency(Duration::from_millis(20));
    let (_, lines, raw) = places.shown(&["cp", &local, &format!("{remote}/quiet"), "-q"]);
    assert!(lines.concat().is_empty() && !raw.contains("MiB"), "{raw}");
    let output = places.start(&["cp", &local, &format!("{remote}/piped")]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.lines().count() == 7, "{said}");
    assert!(!said.contains(['\u{1b}', '\r']), "{said:?}");
}

#[test]
fn several_values_of_a_server_are_worked_on_at_the_same_time() {
    let places = Places::new();
    let (local, remote) = (places.local(), places.remote());
    places.server.set_latency(Duration::from_millis(50));
    places.server.most_under_way();
    assert!(places.start(&["cp", &local, &remote]).status.success());
    // Each value has four chunks.
    let most = places.server.most_under_way();
    assert!(most > 6, "cp: {most} requests at the same time");
    for command in [&["ls", "-l"][..], &["tree"], &["du"], &["verify"]] {
        places.server.most_under_way();
        let output = places.start(&[command, &[&remote, "runs/*"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // The chunks of one value are checked at the same time, too.
        let (most, of_one) = (places.server.most_under_way(), if command == ["verify"] { 4 } else { 2 });
        assert!(most > of_one, "{command:?}: {most} requests at the same time");
    }
    let listed = places.start(&["ls", "-l", &remote]);
    let names: Vec<String> =
        String::from_utf8(listed.stdout).unwrap().lines().map(|line| line[line.len() - 6..].to_owned()).collect();
    assert_eq!(names, ["runs/0", "runs/1", "runs/2", "runs/3", "runs/4", "runs/5"]);
}

/// Waits for the exit code.
fn ended(child: &mut Child, within: Duration) -> Option<i32> {
    let end = Instant::now() + within;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    None
}

#[test]
fn a_second_interrupt_ends_the_command_at_once() {
    let places = Places::new();
    let place = places.folder.path().join("large").display().to_string();
    // One chunk, which takes long to be compressed and is not left halfway.
    let noise =
        |at: usize| (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23).wrapping_mul(0xd134_2543_de82_ef95);
    let field = Array1::from_shape_fn(24 << 20, noise);
    let len = field.len();
    Storage::open(&place).unwrap().save("it", &ChunkedArray::from_ndarray(field, &[len]).unwrap()).unwrap();
    let interrupt = |child: &Child| Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    // The chunk is first read, which is left halfway, and then compressed.
    for seconds in [0.5, 1.0, 2.0, 4.0] {
        let mut command = places.command(&["repack", &place, "it", "--codec", "gzip:9"]);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        // The new array has a file before.
        let arrays = || std::fs::read_dir(format!("{place}/bigdata")).unwrap().count();
        while arrays() < 2 {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it was interrupted");
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_secs_f64(seconds));
        assert!(interrupt(&child).success());
        if let Some(code) = ended(&mut child, Duration::from_millis(500)) {
            assert_eq!(code, 130);
            continue;
        }
        interrupt(&child);
        assert_eq!(ended(&mut child, Duration::from_millis(500)), Some(130));
        let output = child.wait_with_output().unwrap();
        assert!(String::from_utf8_lossy(&output.stderr).contains("press Ctrl-C again"), "{output:?}");
        return;
    }
    panic!("the first interrupt never waited for a chunk");
}
