//! What is asked of the servers.

use std::time::Duration;

/// One workload: what the upstream says, and how many ask for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) streams: usize,
    pub(crate) span: Span,
    pub(crate) reasoning: usize,
    pub(crate) answer: usize,
    /// Tokens a second; none means as fast as possible.
    pub(crate) rate: Option<u32>,
    /// Chunks that leave in one write.
    pub(crate) per_write: usize,
    pub(crate) summaries: bool,
    pub(crate) summary_latency: Duration,
    /// Whether a raw proxy can be asked the same.
    pub(crate) comparable: bool,
}

/// How long a workload lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    /// Each stream is followed by another, for this time.
    Loop(Duration),
    /// One stream each, begun over this time.
    Once(Duration),
}

/// What the others differ from.
const BASE: Workload = Workload {
    name: "",
    what: "",
    streams: 64,
    span: Span::Loop(Duration::from_secs(3)),
    reasoning: 20,
    answer: 200,
    rate: None,
    per_write: 1,
    summaries: true,
    summary_latency: Duration::ZERO,
    comparable: true,
};

/// All workloads; the quick ones are shorter, and lack the largest.
pub(crate) fn all(quick: bool) -> Vec<Workload> {
    let mut all = vec![
        Workload {
            name: "W1",
            what: "one stream at a time, 20 + 100 chunks, no summaries",
            streams: 1,
            answer: 100,
            summaries: false,
            ..BASE
        },
        Workload { name: "W2", what: "64 streams, 20 + 200 chunks, one a write", ..BASE },
        Workload {
            name: "W2C",
            what: "64 streams, 20 + 200 chunks, 16 a write",
            per_write: 16,
            ..BASE
        },
        Workload {
            name: "W3",
            what: "1,000 streams, 20 tokens/s for 20 s, begun over 4 s",
            streams: 1_000,
            span: Span::Once(Duration::from_secs(4)),
            answer: 380,
            rate: Some(20),
            ..BASE
        },
        Workload {
            name: "W3B",
            what: "5,000 streams, 4 tokens/s for 20 s, begun over 10 s",
            streams: 5_000,
            span: Span::Once(Duration::from_secs(10)),
            reasoning: 4,
            answer: 76,
            rate: Some(4),
            ..BASE
        },
        Workload {
            name: "W4",
            what: "200 reasoning tokens at 100/s, summaries take 500 ms",
            streams: 5,
            span: Span::Once(Duration::from_millis(500)),
            reasoning: 200,
            answer: 50,
            rate: Some(100),
            summary_latency: Duration::from_millis(500),
            comparable: false,
            ..BASE
        },
    ];
    if quick {
        all.retain(|workload| workload.name != "W3B");
        for workload in &mut all {
            workload.shorten();
        }
    }
    all
}

/// Streams that are open all at once, and long enough for a look at the gateway meanwhile.
pub(crate) fn open(streams: usize) -> Workload {
    Workload {
        name: "scrapes",
        what: "streams that are open at once, a token a second",
        streams,
        span: Span::Once(Duration::from_secs(10)),
        reasoning: 4,
        answer: 24,
        rate: Some(1),
        ..BASE
    }
}

impl Workload {
    fn shorten(&mut self) {
        match &mut self.span {
            Span::Loop(time) => *time /= 2,
            Span::Once(_) => self.answer /= 2,
        }
    }
}
