//! What the fuzz targets run: the checks of the tests, under a bound on memory.
//!
//! A check belongs to the tests of its crate, where its corpus is replayed; here a fuzzer looks
//! for inputs that break it.

#![forbid(unsafe_code)]

#[path = "../../tests/stream/checks/mod.rs"]
mod checks;
#[path = "../../../tests/gateway/request_json.rs"]
mod request_json;
#[expect(dead_code, reason = "the tests use all of it")]
#[path = "../../tests/stream/told.rs"]
mod told;

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Memory that a check may take beside what its input explains, in bytes.
const ROOM: usize = 4 << 20;
/// Memory that a check may take for each byte of its input: a byte may stand for a word of 64
/// letters, and each letter may become a piece that the check keeps.
const PER_BYTE: usize = 32 << 10;

/// Runs the check of this name.
///
/// # Panics
///
/// If the check finds a breach, takes too much memory, or does not exist.
pub fn check(name: &str, data: &[u8]) {
    let named = checks::CHECKS.iter().find(|(it, _)| *it == name).map(|(_, check)| *check);
    let check = named.unwrap_or_else(|| {
        assert_eq!(name, "request_json", "there is no such check");
        request_json::check
    });
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    check(data);
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert!(taken <= ROOM + PER_BYTE * data.len(), "{taken} bytes for {} of input", data.len());
}
