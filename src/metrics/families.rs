//! Every family of metrics: its name, its meaning, its labels.
//!
//! `docs/metrics.md` has the same as a table; a test compares the two.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::labels::{
    ByAnswer, ByCall, ByChange, ByCode, ByKind, ByModel, ByOutcome, ByReason, BySource, ByStatus,
    ByTokens, ByUpstream,
};
use super::shelf::{Histograms, Shelf};
use super::stores::Stores;

/// Every family.
#[derive(Debug)]
pub(super) struct Families {
    pub(super) http_responses: Family<ByStatus, Counter>,
    pub(super) requests: Family<ByOutcome, Counter>,
    pub(super) failures: Family<ByCode, Counter>,
    pub(super) open_streams: Gauge,
    pub(super) request_duration: Histograms<ByModel>,
    pub(super) first_event: Histograms<ByModel>,
    pub(super) first_live_line: Histograms<ByModel>,
    pub(super) first_answer: Histograms<ByModel>,
    pub(super) stall: Histograms<ByModel>,
    pub(super) summaries: Family<BySource, Counter>,
    pub(super) summary_fallbacks: Family<ByReason, Counter>,
    pub(super) summary_leaks: Counter,
    pub(super) live_lines: Counter,
    pub(super) summary_duration: Histograms<ByCall>,
    pub(super) upstream_calls: Family<ByCall, Counter>,
    pub(super) upstream_repeats: Family<ByKind, Counter>,
    pub(super) upstream_answers: Family<ByAnswer, Counter>,
    pub(super) breaker_states: Family<ByUpstream, Gauge>,
    pub(super) breaker_changes: Family<ByChange, Counter>,
    pub(super) breaker_refusals: Family<ByUpstream, Counter>,
    pub(super) retry_refusals: Family<ByUpstream, Counter>,
    pub(super) stores: Stores,
    pub(super) tokens: Family<ByTokens, Counter>,
    pub(super) received_bytes: Counter,
    pub(super) sent_bytes: Counter,
    pub(super) panics: Counter,
    pub(super) log_lines_dropped: Counter,
    pub(super) spans_lost: Counter,
}

impl Families {
    /// All of them at zero, and the registry that writes them.
    pub(super) fn registered() -> (Self, Registry) {
        let mut shelf = Shelf::new();
        let families = Self {
            http_responses: shelf
                .put("http_responses", "HTTP responses; 499 is a client that left"),
            requests: shelf.put("requests", "Chat requests, by how they ended"),
            failures: shelf.put("failures", "Chat requests that failed, by the error's code"),
            open_streams: shelf.put("open_streams", "Chat requests under way"),
            request_duration: shelf
                .time("request_duration_seconds", "Time of a chat request, to its end"),
            first_event: shelf.time("first_event_seconds", "Time to the first event of a stream"),
            first_live_line: shelf
                .time("first_live_line_seconds", "Time to the first line of a live summary"),
            first_answer: shelf
                .time("first_answer_seconds", "Time to the first text of an answer, as sent"),
            stall: shelf
                .time("answer_stall_seconds", "Time that an answer was held back for its order"),
            summaries: shelf.put("summaries", "Summaries sent, by who wrote them"),
            summary_fallbacks: shelf.put("fallbacks", "Summaries that failed, by the error's code"),
            summary_leaks: shelf
                .put("leaked_summaries", "Summaries stopped because they quoted the reasoning"),
            live_lines: shelf.put("live_lines", "Lines of live summaries that were sent"),
            summary_duration: shelf
                .time("summaries_duration_seconds", "Time of a summary, until it could be sent"),
            upstream_calls: shelf.put("upstream_calls", "Calls of the requests that have ended"),
            upstream_repeats: shelf.put("upstream_repeats", "Calls for an answer that came again"),
            upstream_answers: shelf
                .put("upstream_answers", "Calls for an answer, as the breaker sees them"),
            breaker_states: shelf.put(
                "breaker_state",
                "State of an upstream's breakers: 0 allows, 1 lets one call try, 2 refuses",
            ),
            breaker_changes: shelf.put("breaker_changes", "Changes of a breaker's state"),
            breaker_refusals: shelf.put("breaker_refusals", "Calls that a breaker has refused"),
            retry_refusals: shelf
                .put("retry_refusals", "Calls not made again, for want of a budget of retries"),
            stores: Stores::registered(&mut shelf),
            tokens: shelf.put("tokens", "Tokens, as the upstream counts them"),
            received_bytes: shelf.put("received_bytes", "Bytes of answers from upstream"),
            sent_bytes: shelf.put("sent_bytes", "Bytes of answers to clients, without keep-alive"),
            panics: shelf.put("panics", "Panics: each is a defect"),
            spans_lost: shelf.put("spans_lost", "Spans of traces that no collector has got"),
            log_lines_dropped: shelf
                .put("log_lines_dropped", "Lines of the log that nobody could take"),
        };
        families.begin();
        (families, shelf.filled())
    }

    /// What alerts divide by, or wait for, is there from the start.
    fn begin(&self) {
        for kind in ["retry", "restart", "failover"] {
            let _ = self.upstream_repeats.get_or_create(&ByKind { kind });
        }
        for call in ["prompt_summary", "answer", "reasoning_summary"] {
            let _ = self.upstream_calls.get_or_create(&ByCall { call });
        }
    }
}
