//! The commands of README.md are run, in their order and in one folder.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(all(feature = "browse", feature = "npy", feature = "pictures", feature = "serve", feature = "zarr", unix))]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The blocks of the page that are commands or what they print.
fn blocks() -> Vec<String> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let blocks = page.split("```text\n").skip(1);
    blocks.map(|block| block.split_once("```").unwrap().0.to_owned()).collect()
}

/// The commands of a block, as a shell has them.
fn commands(block: &str) -> Vec<&str> {
    block
        .lines()
        .map(|line| line.split("  #").next().unwrap().trim())
        .filter(|line| line.starts_with("arraystow "))
        .collect()
}

fn shell(line: &str, folder: &Path) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_arraystow")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec {line}")]).current_dir(folder).env("PATH", path).stdin(Stdio::null());
    shell
}

#[test]
fn the_commands_of_the_page_do_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let (mut run, mut last) = (Vec::new(), None::<Output>);
    for block in blocks() {
        let commands = commands(&block);
        if commands.is_empty() {
            // What the command before it has printed.
            let printed = String::from_utf8(last.take().unwrap().stdout).unwrap();
            assert_eq!(printed, block);
        }
        for line in commands {
            run.push(line.split(' ').nth(1).unwrap().to_owned());
            if line.starts_with("arraystow serve ") {
                serves(line, folder.path());
                continue;
            }
            let output = shell(line, folder.path()).output().unwrap();
            assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
            last = Some(output);
        }
    }
    let expected = ["demo", "tree", "show", "pack", "unpack", "repack", "plot", "plot", "plot", "serve"];
    assert_eq!(run, expected);
    assert!(folder.path().join("stones.h5").exists() && folder.path().join("row.svg").exists());
}

/// It prints its address, and the first interrupt stops it.
fn serves(line: &str, folder: &Path) {
    let mut server = shell(line, folder).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut address = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut address).unwrap();
    assert!(address.starts_with("http://127.0.0.1:") && address.ends_with("/\n"), "{address}");
    assert!(Command::new("kill").args(["-INT", &server.id().to_string()]).status().unwrap().success());
    assert!(server.wait().unwrap().success());
}
