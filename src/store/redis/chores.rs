//! What Redis is told beside the work: which answers have ended, and which are to be kept.
//!
//! Ends are told as they come, many at a time: told one after another, each would wait for the
//! answers to all before it, and places stay taken that are free.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::select;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tracing::warn;

use super::{Redis, Ticket, in_micros};
use crate::store::digest::Digest;
use crate::store::health::{Health, REST};

/// Ends of answers that may wait to be told; more are left to their lease.
const MAX_ENDS: usize = 4096;
/// Ends that are told at the same time.
const MAX_TELLING: usize = 256;
/// Answers that may wait to be kept.
const MAX_KEEPS: usize = 16;

/// An answer to keep: its name, itself, and for how long.
type Keep = (Digest, Bytes, Duration);

/// What is told when an answer is over.
enum End {
    /// How many tokens it used.
    Of(Ticket, u64),
    /// That all ends before this one were told.
    Mark(oneshot::Sender<()>),
}

/// What is to be told.
pub(super) struct Chores {
    ends: mpsc::Sender<End>,
    keeps: mpsc::Sender<Keep>,
    waiting: Mutex<Option<Waiting>>,
}

struct Waiting {
    ends: mpsc::Receiver<End>,
    keeps: mpsc::Receiver<Keep>,
}

impl Default for Chores {
    fn default() -> Self {
        let (ends, ends_out) = mpsc::channel(MAX_ENDS);
        let (keeps, keeps_out) = mpsc::channel(MAX_KEEPS);
        let waiting = Mutex::new(Some(Waiting { ends: ends_out, keeps: keeps_out }));
        Self { ends, keeps, waiting }
    }
}

impl Redis {
    /// Closes an answer, a little later. What finds no room is left to the lease.
    pub(in crate::store) fn end(&self, ticket: Ticket, used: u64) {
        self.health.owe();
        if self.chores.ends.try_send(End::Of(ticket, used)).is_err() {
            self.health.settle();
        }
    }

    /// Keeps an answer, a little later. What finds no room is not kept.
    pub(in crate::store) fn cache(&self, digest: Digest, kept: Bytes, ttl: Duration) {
        let _ = self.chores.keeps.try_send((digest, kept, ttl));
    }

    /// Closes and keeps answers for ever, beside the work.
    pub async fn settle(&self) {
        let waiting = self.chores.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Waiting { ends, keeps }) = waiting else { return };
        tokio::join!(self.tell(ends), self.keep(keeps));
    }

    async fn tell(&self, mut ends: mpsc::Receiver<End>) {
        let mut telling = FuturesUnordered::new();
        loop {
            select! {
                Some(end) = ends.recv(), if telling.len() < MAX_TELLING => match end {
                    End::Of(ticket, used) => telling.push(self.finish_for_certain(ticket, used)),
                    End::Mark(reached) => {
                        while telling.next().await.is_some() {}
                        // An error means that nobody waits for it any more.
                        let _ = reached.send(());
                    }
                },
                Some(()) = telling.next() => {}
                else => return,
            }
        }
    }

    async fn keep(&self, mut keeps: mpsc::Receiver<Keep>) {
        while let Some((digest, kept, ttl)) = keeps.recv().await {
            self.put(digest, &kept, ttl).await;
        }
    }

    /// Waits until all ends were told that are known by now, but not for long.
    pub async fn told(&self) {
        let (mark, reached) = oneshot::channel();
        let marked = self.chores.ends.send(End::Mark(mark));
        let told = async { marked.await.is_ok() && reached.await.is_ok() };
        if !timeout(REST, told).await.unwrap_or(false) {
            warn!("Redis was not told of all answers that ended: their places are free later");
        }
    }

    /// Whoever begins an answer once Redis is back would be refused places that nobody told free.
    async fn finish_for_certain(&self, ticket: Ticket, used: u64) {
        let mut back = self.health.back();
        if self.finish(&ticket, used).await.is_none() {
            self.missed("end");
            loop {
                Health::until(back).await;
                back = self.health.back();
                if self.finish(&ticket, used).await.is_some() {
                    break;
                }
            }
        }
        self.health.settle();
    }

    async fn finish(&self, ticket: &Ticket, used: u64) -> Option<u8> {
        let (limit, period) = in_micros(ticket.quota.tokens);
        let mut script = self.scripts.finish.prepare_invoke();
        ticket.names().into_iter().for_each(|name| {
            script.key(name);
        });
        script.arg(ticket.id).arg(ticket.tokens).arg(used).arg(limit).arg(period);
        script.arg(ticket.quota.tokens_per_day.unwrap_or(0));
        let mut connection = self.manager.clone();
        self.try_to_ask(script.invoke_async(&mut connection)).await
    }
}
