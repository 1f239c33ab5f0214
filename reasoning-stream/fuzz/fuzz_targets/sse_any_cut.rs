//! Event streams, cut anywhere.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| reasoning_stream_fuzz::check("sse_any_cut", data));
