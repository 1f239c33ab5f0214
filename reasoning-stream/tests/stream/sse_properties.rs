//! What holds for every stream of bytes.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use proptest::sample::select;
use reasoning_stream::sse::{Limits, write_comment, write_event};

use crate::sse::{decode, event};
use crate::vectors::{cut_at, single};

/// Pieces of streams; line ends are twice as likely as the rest.
const PIECES: [&[u8]; 18] = [
    b"data: ",
    b"data",
    b"event: x",
    b"id: 1",
    b"retry: 5",
    b":",
    b"\xef\xbb\xbf",
    b"\xe2\x82",
    b"\xff",
    b"\xc3\xa9",
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n",
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n",
];

/// Bytes that are mostly pieces of a stream.
fn stream_like() -> impl Strategy<Value = Vec<u8>> {
    let piece =
        prop_oneof![4 => select(&PIECES[..]).prop_map(<[u8]>::to_vec), 1 => vec(any::<u8>(), 0..4)];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn cuts_never_matter(
        bytes in stream_like(),
        mut places in vec(any::<proptest::sample::Index>(), 0..6),
        small in any::<bool>(),
    ) {
        let limits = if small { Limits { line: 12, event: 30 } } else { Limits::default() };
        let mut places: Vec<_> = places.iter_mut().map(|at| at.index(bytes.len() + 1)).collect();
        places.sort_unstable();
        let (events, too_long, decoder) = decode(limits, &[&bytes]);
        for chunks in [cut_at(&bytes, &places), single(&bytes)] {
            let (again, limit, other) = decode(limits, &chunks);
            assert_eq!((&again, limit), (&events, too_long));
            assert_eq!(other.bad_utf8(), decoder.bad_utf8());
            assert_eq!(other.retry(), decoder.retry());
            assert_eq!(other.last_event_id(), decoder.last_event_id());
        }
    }

    #[test]
    fn what_is_encoded_comes_back(
        events in vec(("[^\r\n]{0,8}", "[^\r]{0,20}", any::<bool>()), 0..5),
    ) {
        let mut bytes = Vec::new();
        for (name, data, comment) in &events {
            if *comment {
                write_comment(data, &mut bytes);
            }
            write_event((!name.is_empty()).then_some(name), data, &mut bytes);
        }
        let (decoded, too_long, _) = decode(Limits::default(), &[&bytes]);
        let expected: Vec<_> = events
            .iter()
            .map(|(name, data, _)| event(if name.is_empty() { "message" } else { name }, data, ""))
            .collect();
        assert_eq!((decoded, too_long), (expected, None));
    }
}
