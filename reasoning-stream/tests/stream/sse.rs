//! The decoder against the shared vectors and its limits; the encoder against the decoder.

use reasoning_stream::sse::{Decoder, Limits, TooLong, write_comment, write_event};

use crate::vectors::{base64, cut_at, rows, single, string, two_way};

/// Name, data and id.
type Owned = (String, String, String);

pub(crate) fn event(name: &str, data: &str, id: &str) -> Owned {
    (name.into(), data.into(), id.into())
}

/// All events that a decoder has ready.
fn drain(decoder: &mut Decoder, events: &mut Vec<Owned>) -> Result<(), TooLong> {
    while let Some(next) = decoder.pop() {
        let next = next?;
        events.push(event(next.name, next.data, next.id));
    }
    Ok(())
}

/// The events of some bytes, up to a limit, and the decoder after them.
pub(crate) fn decode(limits: Limits, chunks: &[&[u8]]) -> (Vec<Owned>, Option<TooLong>, Decoder) {
    let mut decoder = Decoder::new(limits);
    let mut events = Vec::new();
    for chunk in chunks {
        decoder.push(chunk);
        if let Err(too_long) = drain(&mut decoder, &mut events) {
            return (events, Some(too_long), decoder);
        }
    }
    (events, None, decoder)
}

#[test]
fn decodes_the_shared_vectors() {
    for row in rows("sse.json") {
        let name = string(&row, "name");
        let bytes = base64(string(&row, "input_b64"));
        let expected: Vec<Owned> = row["expect"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| event(string(e, "event"), string(e, "data"), string(e, "id")))
            .collect();
        let listed = row["splits"].as_array().unwrap().iter().map(|split| {
            let places: Vec<usize> = serde_json::from_value(split.clone()).unwrap();
            cut_at(&bytes, &places)
        });
        for chunks in listed.chain([single(&bytes)]).chain(two_way(&bytes)) {
            let (events, too_long, decoder) = decode(Limits::default(), &chunks);
            assert_eq!(events, expected, "{name}, as {chunks:?}");
            assert_eq!(too_long, None, "{name}");
            assert_eq!(decoder.retry(), row["retry"].as_u64(), "{name}");
            assert_eq!(decoder.last_event_id(), string(&row, "last_event_id"), "{name}");
        }
    }
}

#[test]
fn follows_the_standard() {
    for (case, bytes, expected) in [
        (
            "a later mark spoils its line",
            "data: a\n\n\u{feff}data: b\n\n",
            vec![event("message", "a", "")],
        ),
        (
            "an id with NUL is ignored",
            "id: 1\nid: 2\0\ndata: a\n\n",
            vec![event("message", "a", "1")],
        ),
        (
            "an empty id resets",
            "id: 1\ndata: a\n\nid\ndata: b\n\n",
            vec![event("message", "a", "1"), event("message", "b", "")],
        ),
        (
            "an id stays",
            "id: 1\ndata: a\n\ndata: b\n\n",
            vec![event("message", "a", "1"), event("message", "b", "1")],
        ),
        ("the last name counts", "event: a\nevent: b\ndata: c\n\n", vec![event("b", "c", "")]),
        (
            "a name without data is forgotten",
            "event: a\n\ndata: b\n\n",
            vec![event("message", "b", "")],
        ),
        (
            "names are exact",
            "Data: a\ndata\0: b\nda-ta: c\ndata: d\n\n",
            vec![event("message", "d", "")],
        ),
        ("a tab is not a space", "data:\ta\n\n", vec![event("message", "\ta", "")]),
        ("one space is dropped", "data:  a\n\n", vec![event("message", " a", "")]),
        (
            "every line end",
            "data: a\r\ndata: b\ndata: c\r\rdata: d\r\n\r\n",
            vec![event("message", "a\nb\nc", ""), event("message", "d", "")],
        ),
        ("empty data is an event", "data:\n\n", vec![event("message", "", "")]),
        ("a comment within", "data: a\n: hi\ndata: b\n\n", vec![event("message", "a\nb", "")]),
    ] {
        for chunks in two_way(bytes.as_bytes()).chain([single(bytes.as_bytes())]) {
            let (events, too_long, _) = decode(Limits::default(), &chunks);
            assert_eq!((events, too_long), (expected.clone(), None), "{case}, as {chunks:?}");
        }
    }
}

#[test]
fn reads_the_reconnection_time() {
    for (bytes, expected) in [
        ("retry: 3000\n", Some(3000)),
        ("retry: 3000\nretry: 1000x\n", Some(3000)),
        ("retry: 3000\nretry:\n", Some(3000)),
        ("retry: +5\n", None),
        ("retry: 99999999999999999999999\n", Some(u64::MAX)),
    ] {
        let (_, _, decoder) = decode(Limits::default(), &[bytes.as_bytes()]);
        assert_eq!(decoder.retry(), expected, "{bytes:?}");
    }
}

#[test]
fn says_whether_bytes_were_replaced() {
    for (bytes, expected) in [
        (&b"data: a\n\n"[..], false),
        (b"data: \xff\n\n", true),
        (b"data: a\ndata: \xe2\x82\n\n", true),
        (b"event: \xff\ndata: a\n\n", true),
        (b"id: \xff\ndata: a\n\n", true),
        (b": \xff\ndata: a\n\n", false),
    ] {
        for chunks in two_way(bytes) {
            let (events, _, decoder) = decode(Limits::default(), &chunks);
            assert_eq!((events.len(), decoder.bad_utf8()), (1, expected), "{bytes:?}");
        }
    }
}

#[test]
fn stops_at_a_limit() {
    let limits = Limits { line: 10, event: 20 };
    for (case, bytes, events, limit) in [
        ("a line that fits", "data: 6789\n\n", 1, None),
        ("a line too long", "data: 67890\n\n", 0, Some(10)),
        ("a line too long, not ended", "data: 67890", 0, Some(10)),
        ("a comment too long", ": 345678901\n\n", 0, Some(10)),
        ("an event that fits", "data: 6789\ndata: 6789\n\n", 1, None),
        ("an event too long", "data: 6789\ndata: 6789\n:\n\n", 0, Some(20)),
        ("an event too long, not ended", "data: 6789\ndata: 6789\n:", 0, Some(20)),
        ("comments count", ": 34567890\n: 34567890\n:\n\n", 0, Some(20)),
        ("a blank line starts anew", ": 34567890\n: 34567890\n\n: 34567890\n\n", 0, None),
        ("what came before is kept", "data: a\n\ndata: 67890\n\ndata: b\n\n", 1, Some(10)),
    ] {
        for chunks in two_way(bytes.as_bytes()).chain([single(bytes.as_bytes())]) {
            let (got, too_long, mut decoder) = decode(limits, &chunks);
            assert_eq!(got.len(), events, "{case}, as {chunks:?}");
            assert_eq!(too_long, limit.map(|limit| TooLong { limit }), "{case}, as {chunks:?}");
            if limit.is_some() {
                decoder.push(b"\n\ndata: z\n\n");
                assert_eq!(decoder.pop(), None, "{case}: nothing follows");
                assert_eq!(decoder.pop_unfinished(), None, "{case}: nothing follows");
            }
        }
    }
}

#[test]
fn a_byte_order_mark_counts_for_no_limit() {
    let limits = Limits { line: 1, event: 1 };
    for chunks in two_way("\u{feff}:\n\n".as_bytes()) {
        let (events, too_long, _) = decode(limits, &chunks);
        assert_eq!((events, too_long), (vec![], None), "as {chunks:?}");
    }
}

#[test]
fn hands_out_an_unfinished_event_only_when_asked() {
    for (bytes, expected) in [
        ("data: a", Some("a")),
        ("data: a\n", Some("a")),
        ("data: a\r", Some("a")),
        ("data: a\ndata: b", Some("a\nb")),
        ("data: a\n\n", None),
        ("event: a", None),
        (": hi", None),
        ("", None),
    ] {
        for chunks in two_way(bytes.as_bytes()) {
            let (_, _, mut decoder) = decode(Limits::default(), &chunks);
            let data = decoder.pop_unfinished().map(|last| last.data.to_owned());
            assert_eq!(data.as_deref(), expected, "{bytes:?}");
            assert_eq!(decoder.pop_unfinished(), None);
        }
    }
}

#[test]
fn encoded_events_cannot_break_out() {
    for (name, data, expected) in [
        (Some("a"), "b", "event: a\ndata: b\n\n"),
        (None, "", "data: \n\n"),
        (None, "a\nb\r\nc\rd", "data: a\ndata: b\ndata: c\ndata: d\n\n"),
        (None, "a\n\ndata: b\n", "data: a\ndata: \ndata: data: b\ndata: \n\n"),
        (Some("a\r\ndata: x\n\n"), "b", "event: adata: x\ndata: b\n\n"),
    ] {
        let mut out = Vec::new();
        write_event(name, data, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
    let mut out = Vec::new();
    write_comment("keep-alive\ndata: x\r\n\n", &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), ": keep-alivedata: x\n\n");
}
