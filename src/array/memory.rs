//! Zeroed memory for elements. If there is not enough, the result is an error instead of an abort.

use super::Element;
use crate::error::{Error, Result};
use ndarray::ArrayD;
use std::sync::LazyLock;

/// Returns an array of zeros, in pages that the kernel zeroes on first access. Elements that are not numbers have their
/// default.
///
/// # Errors
/// `Limit` if the array does not fit into memory. The kernel grants more memory than the machine has and kills the
/// program that uses it, so an array that is larger than all memory is refused here.
pub(crate) fn zeroed<T: Element>(shape: &[usize]) -> Result<ArrayD<T>> {
    let too_large = || too_large::<T>(shape);
    let data = T::memory(check_memory::<T>(shape)?).ok_or_else(too_large)?;
    ArrayD::from_shape_vec(shape, data).map_err(|_| too_large())
}

/// The number of elements of an array of this shape, unless it is larger than all memory.
pub(crate) fn check_memory<T: Element>(shape: &[usize]) -> Result<usize> {
    let len = element_count(shape).ok_or_else(|| too_large::<T>(shape))?;
    let bytes = len.checked_mul(size_of::<T>()).ok_or_else(|| too_large::<T>(shape))?;
    if bytes as u64 > machine_memory() {
        return Err(too_large::<T>(shape));
    }
    Ok(len)
}

fn too_large<T: Element>(shape: &[usize]) -> Error {
    Error::limit(format!(
        "an array of shape {shape:?} and type {} does not fit into memory: read a slice of it, or read it chunk by chunk",
        T::DATA_TYPE
    ))
}

/// The number of elements of this shape, if an array of it can exist (ndarray counts in `isize`).
pub(crate) fn element_count(shape: &[usize]) -> Option<usize> {
    // Axes of length 0 count as 1 here: ndarray refuses a shape whose other axes overflow.
    let mut bound = 1usize;
    for len in shape {
        bound = bound.checked_mul((*len).max(1))?;
    }
    isize::try_from(bound).ok()?;
    Some(if shape.contains(&0) { 0 } else { bound })
}

/// The memory of the machine, including swap, or that the container may use, in bytes.
pub(crate) fn machine_memory() -> u64 {
    static BYTES: LazyLock<u64> = LazyLock::new(|| all_memory().min(container_memory().unwrap_or(u64::MAX)));
    *BYTES
}

#[cfg(target_os = "linux")]
fn all_memory() -> u64 {
    let info = rustix::system::sysinfo();
    let (memory, swap) = (info.totalram as u64, info.totalswap as u64);
    memory.saturating_add(swap).saturating_mul(u64::from(info.mem_unit))
}

#[cfg(not(target_os = "linux"))]
fn all_memory() -> u64 {
    u64::MAX
}

/// The memory limit of the container's control group, if there is one.
fn container_memory() -> Option<u64> {
    let files = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    files.iter().find_map(|file| std::fs::read_to_string(file).ok()?.trim().parse().ok())
}
