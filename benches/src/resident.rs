//! What a process takes of the machine's memory, as the operating system counts it.

/// Bytes of this process in memory now.
#[must_use]
pub(crate) fn resident_bytes() -> u64 {
    status("VmRSS:")
}

/// The most bytes of this process that were in memory at once.
#[must_use]
pub(crate) fn peak_bytes() -> u64 {
    status("VmHWM:")
}

fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a Linux machine");
    let line = status.lines().find(|line| line.starts_with(name)).expect("a size");
    let digits = line.split_whitespace().nth(1).expect("a number");
    digits.parse::<u64>().expect("kibibytes") * 1024
}
