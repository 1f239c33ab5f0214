//! What the server was asked, kept in a ring, and a way to wait for it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::call::{Call, Ending};

/// Bytes of request bodies that are kept; older calls make room.
const MAX_KEPT_BYTES: usize = 64 * 1024 * 1024;

/// How many calls there were, kept or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All calls.
    pub calls: u64,
    /// Calls that go on.
    pub open: u64,
    /// Streams among them.
    pub open_streams: u64,
    /// Calls whose response was sent in full.
    pub completed: u64,
    /// Calls whose client left early.
    pub client_left: u64,
    /// Calls that a script broke off.
    pub scripted: u64,
}

/// The calls, newest last.
#[derive(Debug)]
pub(crate) struct CallLog {
    ring: Mutex<Ring>,
    changed: watch::Sender<()>,
}

/// Names a call in the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket {
    id: u64,
    stream: bool,
}

#[derive(Debug)]
struct Ring {
    calls: VecDeque<(Call, usize)>,
    capacity: usize,
    first: u64,
    bytes: usize,
    counts: Counts,
}

impl CallLog {
    pub(crate) fn new(capacity: usize) -> Self {
        let ring = Ring {
            calls: VecDeque::new(),
            capacity,
            first: 0,
            bytes: 0,
            counts: Counts::default(),
        };
        Self { ring: Mutex::new(ring), changed: watch::Sender::new(()) }
    }

    /// Notes that a call came in, with the size of its body in bytes.
    pub(crate) fn begin(&self, call: Call, bytes: usize) -> Ticket {
        let ticket = self.ring().begin(call, bytes);
        self.changed.send_replace(());
        ticket
    }

    /// Notes how a call ended.
    pub(crate) fn end(&self, ticket: Ticket, end: &End) {
        self.ring().end(ticket, end);
        self.changed.send_replace(());
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.ring().calls.iter().map(|(call, _)| call.clone()).collect()
    }

    pub(crate) fn counts(&self) -> Counts {
        self.ring().counts
    }

    /// Waits until the calls are as wanted, and returns them.
    pub(crate) async fn until(&self, wanted: impl Fn(&[Call]) -> bool) -> Vec<Call> {
        let mut changes = self.changed.subscribe();
        loop {
            let calls = self.calls();
            if wanted(&calls) {
                return calls;
            }
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// The ring, whatever became of the thread that held it last: its state is whole between calls.
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    pub(crate) ending: Ending,
    pub(crate) at: Duration,
    pub(crate) status: Option<u16>,
    pub(crate) tokens: u64,
}

impl Ring {
    fn begin(&mut self, call: Call, bytes: usize) -> Ticket {
        let ticket =
            Ticket { id: self.first.saturating_add(self.calls.len() as u64), stream: call.stream };
        self.counts.calls += 1;
        self.counts.open += 1;
        self.counts.open_streams += u64::from(call.stream);
        self.bytes += bytes;
        self.calls.push_back((call, bytes));
        while self.calls.len() > self.capacity || self.bytes > MAX_KEPT_BYTES {
            let Some((_, dropped)) = self.calls.pop_front() else { break };
            self.bytes -= dropped;
            self.first += 1;
        }
        ticket
    }

    fn end(&mut self, ticket: Ticket, end: &End) {
        self.counts.open -= 1;
        self.counts.open_streams -= u64::from(ticket.stream);
        match end.ending {
            Ending::Completed => self.counts.completed += 1,
            Ending::ClientLeft => self.counts.client_left += 1,
            Ending::Scripted => self.counts.scripted += 1,
        }
        let index = ticket.id.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        if let Some((call, _)) = index.and_then(|index| self.calls.get_mut(index)) {
            call.ended = Some((end.ending, end.at));
            call.status = end.status;
            call.tokens = end.tokens;
        }
    }
}
