//! Huge pages for large results, since page faults are the largest cost of a large read.
#![cfg_attr(target_os = "linux", allow(unsafe_code, reason = "madvise is the kernel's memory call"))]

/// The size from which huge pages are worthwhile.
#[cfg(target_os = "linux")]
const LEAST_BYTES: usize = 4 << 20;

/// Asks the kernel to back this memory, which has not been accessed yet, with huge pages. Failure has no effect.
#[cfg(target_os = "linux")]
pub(super) fn prefer_huge_pages<T>(memory: &mut [T]) {
    const PAGE: usize = 4096;
    let bytes = size_of_val(memory);
    if bytes < LEAST_BYTES {
        return;
    }
    let start = memory.as_mut_ptr().cast::<u8>();
    let skip = start.align_offset(PAGE);
    let len = bytes.saturating_sub(skip) / PAGE * PAGE;
    // SAFETY: the range is within `memory`, which is borrowed mutably, and MADV_HUGEPAGE changes no byte of it.
    let _ = unsafe { rustix::mm::madvise(start.add(skip).cast(), len, rustix::mm::Advice::LinuxHugepage) };
}

#[cfg(not(target_os = "linux"))]
pub(super) fn prefer_huge_pages<T>(_: &mut [T]) {}
