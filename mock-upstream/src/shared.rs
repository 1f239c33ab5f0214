//! What all connections of a server share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::call_log::CallLog;
use crate::endpoints::Endpoints;
use crate::options::Options;
use crate::rules::{RuleBook, Rules};

/// The server's state. No lock is held across an await.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) log: CallLog,
    rules: Mutex<RuleBook>,
    endpoints: Mutex<Endpoints>,
    started: Instant,
    completions: AtomicU64,
    connections: AtomicU64,
    /// Changes when the endless stalls of calls that have begun are to end.
    pub(crate) resumed: watch::Sender<()>,
}

impl Shared {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            log: CallLog::new(options.kept_calls),
            rules: Mutex::new(RuleBook::new(options.script.clone())),
            endpoints: Mutex::new(Endpoints::new(options.sleeping, options.wake_ms)),
            started: Instant::now(),
            completions: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            resumed: watch::Sender::new(()),
            options,
        }
    }

    /// Time since the server's start.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn next_id(&self) -> String {
        format!("chatcmpl-mock-{:08}", self.completions.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub(crate) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn rules(&self) -> MutexGuard<'_, RuleBook> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_rules(&self, rules: Rules) {
        *self.rules() = RuleBook::new(rules);
    }

    pub(crate) fn endpoints(&self) -> MutexGuard<'_, Endpoints> {
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
