//! Long texts through a pager, in a pseudo terminal of 10 lines.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use arraystow::{ChunkedArray, Storage};
use ndarray::Array2;
use serde_json::json;
use std::collections::BTreeMap;
use std::process::Command;

const SCRIPT: &str = r#"
import fcntl, os, pty, struct, subprocess, sys, termios

program, place = sys.argv[1:3]

def shown(*arguments, **variables):
    '''What a terminal of 10 lines gets, and the exit code.'''
    master, slave = pty.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', 10, 60, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ('PAGER', 'ARRAYSTOW_PAGER')}
    begin = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    child = subprocess.Popen([program, *arguments], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                             env=environment | variables, preexec_fn=begin)
    os.close(slave)
    text = b''
    try:
        while data := os.read(master, 65536):
            text += data
    except OSError:
        pass
    os.close(master)
    return text.decode().replace('\r\n', '\n'), child.wait(20)

MARK = {'PAGER': "sed 's/^/paged: /'"}
long = ''.join(f'key{number:02}: {number}\n' for number in range(30))
assert shown('show', place, 'long') == (long, 0)
paged = ''.join(f'paged: {line}\n' for line in long.splitlines())
assert shown('show', place, 'long', **MARK) == (paged, 0)
for command in (['ls', place], ['ls', '-l', place], ['tree', place], ['du', place], ['find', place],
                ['diff', place, 'long', 'other'], ['stats', place, 'array'], ['head', place, 'array', '-n', '30'],
                ['verify', place, 'w0/damaged', '-q']):
    text, code = shown(*command, **MARK)
    found = 3 if command[0] in ('diff', 'verify') else 0
    assert text and code == found and all(line.startswith('paged: ') for line in text.splitlines()), (command, text)
# What the terminal shows at once is printed, also if its lines are wrapped.
assert shown('show', place, 'short', **MARK) == ('a: 1\n', 0)
assert shown('show', place, 'wide', **MARK)[0].startswith('paged: ')
assert shown('show', place, 'long', '--no-pager', **MARK) == (long, 0)
assert shown('show', place, 'long', '--json', **MARK)[0].startswith('{')
assert shown('show', place, 'long', ARRAYSTOW_PAGER='cat -n', **MARK)[0].startswith('     1\tkey00')
assert shown('show', place, 'long', ARRAYSTOW_PAGER='', **MARK) == (long, 0)
# A pager that ends early, and one that there is not.
assert shown('show', place, 'long', PAGER='head -n 1') == ('key00: 0\n', 0)
text, code = shown('show', place, 'long', PAGER='no-such-pager')
assert code == 0 and text.endswith(long), text
# Errors are not paged.
text, code = shown('show', place, 'nothing', **MARK)
assert code == 1 and text.startswith('error: '), text
"#;

#[test]
fn long_texts_are_paged_on_a_terminal_alone() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("storage").display().to_string();
    let storage = Storage::open(&place).unwrap();
    let long: BTreeMap<String, usize> = (0..30).map(|number| (format!("key{number:02}"), number)).collect();
    storage.save("long", &long).unwrap();
    storage.save("short", &json!({ "a": 1 })).unwrap();
    storage.save("wide", &json!({ "a": "x".repeat(600) })).unwrap();
    storage.save("other", &json!({})).unwrap();
    storage.save("array", &ChunkedArray::from(Array2::from_shape_fn((30, 30), |(i, j)| (30 * i + j) as i32))).unwrap();
    let many: Vec<_> = (0..12).map(|number| ChunkedArray::from(Array2::<i32>::from_elem((50, 50), number))).collect();
    storage.save("w0/damaged", &many).unwrap();
    let bigdata = folder.path().join("storage/w0/bigdata");
    for array in storage.info("w0/damaged").unwrap().arrays {
        std::fs::remove_file(bigdata.join(array.file)).unwrap();
    }
    for workflow in 0..12 {
        storage.save(&format!("w{workflow}/value"), &1).unwrap();
    }
    let tried = Command::new("python3").args(["-c", SCRIPT, env!("CARGO_BIN_EXE_arraystow"), &place]).output().unwrap();
    assert!(tried.status.success(), "{}", String::from_utf8_lossy(&tried.stderr));

    let mut piped = Command::new(env!("CARGO_BIN_EXE_arraystow"));
    let piped = piped.args(["show", &place, "long"]).env("PAGER", "sed 's/^/paged: /'").output().unwrap();
    assert!(piped.stdout.starts_with(b"key00: 0\n"), "{piped:?}");
}
