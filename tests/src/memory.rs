//! How much memory a test has taken.

/// The most memory that this process has had, in bytes, as the kernel knows it.
///
/// The pages of the program's own file are left out: how many of them are in memory depends on the size of all tests in
/// the program and on how the kernel reads files.
pub fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    };
    bytes("VmHWM:").saturating_sub(bytes("RssFile:"))
}
