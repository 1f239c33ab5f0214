//! Text with tags, cut anywhere, against the rules over the whole text.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| reasoning_stream_fuzz::check("splitter_any_cut", data));
