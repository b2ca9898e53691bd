//! `browse` in a pseudo terminal, which a terminal of Python's package pyte shows.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use arraystow::{ChunkedArray, Storage};
use ndarray::{ArrayD, IxDyn, array};
use serde_json::json;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const PYTE: &[&str] = &["pyte==0.8.2"];

/// A program in a terminal of 100 columns and 30 lines.
const TERMINAL: &str = r"
import fcntl, os, pty, re, select, signal, struct, subprocess, sys, termios, time
import pyte

class Terminal:
    def __init__(self, *arguments):
        self.master, self.slave = pty.openpty()
        self.resize(30, 100)
        self.before = termios.tcgetattr(self.slave)
        self.raw = b''
        environment = dict(os.environ, TERM='xterm-256color', COLORTERM='truecolor')
        environment.pop('NO_COLOR', None)
        begin = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        self.child = subprocess.Popen(arguments, stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                      env=environment, start_new_session=True, preexec_fn=begin)

    def resize(self, lines, columns):
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack('HHHH', lines, columns, 0, 0))

    def press(self, keys):
        os.write(self.master, keys.encode())

    def read(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            data = os.read(self.master, 65536)
            self.raw += data
            self.stream.feed(data)

    def text(self):
        return '\n'.join(self.screen.display)

    def wait(self, *texts):
        end = time.monotonic() + 30
        while not all(re.search(text, self.text()) for text in texts):
            assert time.monotonic() < end, (texts, self.text())
            self.read(0.1)

    def colours(self, first, last):
        '''Waits until the first cells of each row have one colour, the last ones another.'''
        end = time.monotonic() + 30
        while True:
            rows = [[cell.fg for cell in row.values() if cell.data == '▀'] for row in self.screen.buffer.values()]
            found = [(row[0], row[-1]) for row in rows if row]
            if len(found) > 5 and all(ends == (first, last) for ends in found):
                return
            assert time.monotonic() < end, (found, self.text())
            self.read(0.1)

    def ended(self):
        '''Waits for the end, after which the terminal is as it was before.'''
        end = time.monotonic() + 30
        while self.child.poll() is None:
            assert time.monotonic() < end, self.text()
            self.read(0.1)
        while select.select([self.master], [], [], 0.2)[0]:
            self.read(0.1)
        assert termios.tcgetattr(self.slave) == self.before
        assert self.raw.rindex(b'\x1b[?1049l') > self.raw.rindex(b'\x1b[?1049h')
        assert self.raw.rindex(b'\x1b[?25h') > self.raw.rindex(b'\x1b[?25l')
        assert self.raw.rindex(b'\x1b[?7h') > self.raw.rindex(b'\x1b[?7l')
        return self.child.returncode

program, place = sys.argv[1:3]
RIGHT, LEFT, UP, DOWN = '\x1b[C', '\x1b[D', '\x1b[A', '\x1b[B'
";

fn storage() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("storage").display().to_string();
    let storage = Storage::open(&place).unwrap();
    let cube = ArrayD::from_shape_fn(IxDyn(&[12, 3, 8, 16]), |at| (1000 * at[0] + 100 * at[1] + at[3]) as f32);
    let cube = ChunkedArray::from_ndarray(cube, &[1, 1, 8, 16]).unwrap();
    let cube = cube.with_dims(["time", "level", "y", "x"]).unwrap().with_attr("units", "K\u{1b}[31m").unwrap();
    let names = ChunkedArray::from(array!["first".to_owned(), "last\u{1b}[31m".to_owned()]);
    storage.save("runs/a", &(json!({ "title": "a\u{1b}[31m run" }), cube, names)).unwrap();
    storage.save("runs/b", &ChunkedArray::from(array![1.0, 2.0, 4.0])).unwrap();
    storage.save("zero", &json!({ "steps": 7 })).unwrap();
    (folder, place)
}

fn in_terminal(script: &str) {
    let (_folder, place) = storage();
    arraystow_tests::python_env::run(PYTE, &format!("{TERMINAL}{script}"), &[env!("CARGO_BIN_EXE_arraystow"), &place]);
}

#[test]
fn keys_choose_values_arrays_and_indices() {
    in_terminal(
        r"
terminal = Terminal(program, 'browse', place)
terminal.wait('▸ runs/a', '▸ zero', 'q quit', 'title: .a.u.1b.*run', r'float32\[12, 3, 8, 16\]')
terminal.press(RIGHT)
terminal.wait('▾ runs/a', r'\[1\]', r'\[2\]', r'runs/a.\[1\]\[0, 0, :, :\]', r'\[time 0 of 12\]  level 0 of 3', ' x +\n')
terminal.colours('440154', 'fde725')
terminal.press('+')
terminal.wait(r'\[1, 0, :, :\]', r'\[time 1 of 12\]', r'\n +│ +1000 ')
terminal.press('\x1b[5~')
terminal.wait(r'\[time 11 of 12\]', r'\[11, 0, :, :\]')
terminal.press('\t-++++')
terminal.wait(r'time 11 of 12  \[level 2 of 3\]', r'\[11, 2, :, :\]')
terminal.press('h')
terminal.wait(r'\.\. +[0-9.]+e4 +█')
terminal.press('hm')
terminal.colours('002051', 'fde945')
terminal.press(DOWN)
terminal.wait(r'string\[2\]', 'first', 'last.*u.1b')
assert 'time' not in terminal.text().split('\n')[-2]
terminal.press(LEFT)
terminal.wait('▸ runs/a')
terminal.press(DOWN + RIGHT)
terminal.wait('the value', r'float64\[3\]', '⠤|⣀|⡠|⠔|⠊')
terminal.press(LEFT + DOWN)
terminal.wait('steps: 7')
terminal.press(UP + UP + UP + UP)
terminal.wait('title: ')
terminal.press('q')
assert terminal.ended() == 0
assert b'\x1b[31m' not in terminal.raw
",
    );
}

#[test]
fn the_terminal_is_restored_however_it_ends() {
    in_terminal(
        r"
for end in ['\x1b', '\x03', signal.SIGTERM]:
    terminal = Terminal(program, 'browse', place)
    terminal.wait('▸ zero', 'title')
    if isinstance(end, str):
        terminal.press(end)
    else:
        terminal.child.send_signal(end)
    assert terminal.ended() == 0, end
terminal = Terminal(program, 'browse', place + '/nowhere')
assert terminal.child.wait(20) == 1
terminal.read(1)
assert 'there is no storage' in terminal.text() and b'1049' not in terminal.raw, terminal.text()
",
    );
}

/// The program gets a SIGHUP, whose default it has replaced, and can read no more keys.
#[test]
fn it_ends_when_the_terminal_is_gone() {
    in_terminal(
        r"
terminal = Terminal(program, 'browse', place)
terminal.wait('▸ zero', 'title')
os.close(terminal.slave)
os.close(terminal.master)
assert terminal.child.wait(20) in (0, 129)
",
    );
}

#[test]
fn errors_and_other_sizes_are_shown() {
    in_terminal(
        r"
terminal = Terminal(program, 'browse', place)
terminal.wait('▸ zero', 'title')
subprocess.run([program, 'rm', place, 'runs/b', '--yes'], check=True, capture_output=True)
terminal.press(DOWN)
terminal.wait('error: .*no document')
terminal.press(RIGHT)
terminal.wait('error: .*no document', 'runs/b.*│ .*runs/b|│.*runs/b')
terminal.press(UP + RIGHT)
terminal.wait('time 0 of 12')
for lines, columns in [(12, 40), (3, 9), (1, 1), (60, 200)]:
    terminal.resize(lines, columns)
    terminal.child.send_signal(signal.SIGWINCH)
    if lines > 10:
        terminal.wait('▾ runs/a', 'time 0 of 12')
    terminal.press('+-')
    terminal.read(0.2)
terminal.press('q')
assert terminal.ended() == 0
",
    );
}

#[test]
fn without_a_terminal_nothing_is_browsed() {
    let (_folder, place) = storage();
    let mut command = Command::new(env!("CARGO_BIN_EXE_arraystow"));
    let output = command.args(["browse", &place]).stdin(Stdio::null()).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && error.contains("no terminal to browse in"), "{error}");
}
