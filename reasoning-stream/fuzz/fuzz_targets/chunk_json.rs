//! Bodies of upstreams, cut anywhere.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| reasoning_stream_fuzz::check("chunk_json", data));
