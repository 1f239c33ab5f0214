//! A model server that follows scripts, and a log of the calls it got.

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::vec;

use async_stream::stream;
use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt, pending};
use futures::stream::{BoxStream, Stream, StreamExt, poll_fn};
use inference_gateway::upstream;
use inference_gateway::upstream::error::UpstreamError;
use inference_gateway::upstream::health::Health;
use inference_gateway::upstream::{Answer, Listed, Upstream};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::script::{Script, Step};

/// The three calls of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A, about the prompt.
    Prompt,
    /// B, the answer.
    Answer,
    /// C, about the reasoning.
    Reasoning,
}

/// What the calls of each kind get, in order; the last script serves all further calls.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    pub(crate) prompt: Vec<Script>,
    pub(crate) answer: Vec<Script>,
    pub(crate) reasoning: Vec<Script>,
    /// How long it takes to wake the model, and whether it slept; none, if there is nothing to wake.
    pub(crate) wakes: Option<(Duration, bool)>,
}

impl Scripts {
    fn script(&self, kind: Kind, index: usize) -> Script {
        let scripts = match kind {
            Kind::Prompt => &self.prompt,
            Kind::Answer => &self.answer,
            Kind::Reasoning => &self.reasoning,
        };
        let script = scripts.get(index).or(scripts.last());
        script.cloned().unwrap_or_else(|| match kind {
            Kind::Prompt => Script::summary("What is asked."),
            Kind::Answer => panic!("the scenario has no answer"),
            Kind::Reasoning => Script::summary("How it thought."),
        })
    }
}

/// One call that the server got.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Which server got it, from 0.
    pub(crate) server: usize,
    pub(crate) kind: Kind,
    pub(crate) body: Value,
    /// The trace that it belongs to.
    pub(crate) trace_parent: Option<String>,
    pub(crate) script: Script,
    /// When it began, in milliseconds since the request arrived.
    pub(crate) began: u64,
    /// When it was over or given up, in milliseconds since the request arrived.
    pub(crate) ended: Option<u64>,
    /// Bytes of the body that were taken.
    pub(crate) taken: usize,
    /// How often the body was asked for more.
    pub(crate) polls: usize,
}

/// What happened, in order, and when.
#[derive(Debug)]
pub(crate) struct Log {
    arrived: Instant,
    calls: Mutex<Vec<Call>>,
    /// Calls for the answer that had been made when the client first saw something of it.
    answers_at_barrier: Mutex<Option<usize>>,
}

impl Log {
    pub(crate) fn new(arrived: Instant) -> Self {
        Self { arrived, calls: Mutex::default(), answers_at_barrier: Mutex::default() }
    }

    /// Milliseconds since the request arrived.
    pub(crate) fn ms(&self) -> u64 {
        u64::try_from(self.arrived.elapsed().as_millis()).expect("no test takes that long")
    }

    /// All calls so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        lock(&self.calls).clone()
    }

    /// The calls of one kind so far.
    pub(crate) fn calls_for(&self, kind: Kind) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.kind == kind).collect()
    }

    /// Notes that the client sees something of the answer.
    pub(crate) fn pass_barrier(&self) {
        let answers = self.calls_for(Kind::Answer).len();
        lock(&self.answers_at_barrier).get_or_insert(answers);
    }

    /// Calls for the answer that had been made when the client first saw something of it.
    pub(crate) fn answers_at_barrier(&self) -> Option<usize> {
        *lock(&self.answers_at_barrier)
    }
}

/// A panic in one request's call is part of the test, and harms no other.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A model server that follows scripts.
pub(crate) struct Scripted {
    /// Which server this is, from 0.
    pub(crate) server: usize,
    pub(crate) scripts: Scripts,
    pub(crate) log: Arc<Log>,
}

impl Scripted {
    fn begin(&self, call: upstream::Call) -> (vec::IntoIter<Step>, Open) {
        let trace_parent = call.trace_parent;
        let body: Value = serde_json::from_slice(&call.body).expect("a body is JSON");
        let kind = kind_of(&body);
        let own = |call: &Call| call.server == self.server;
        let index = self.log.calls_for(kind).into_iter().filter(own).count();
        let script = self.scripts.script(kind, index);
        let steps = script.steps.clone().into_iter();
        let began = self.log.ms();
        let mut calls = lock(&self.log.calls);
        let server = self.server;
        let (ended, taken, polls) = (None, 0, 0);
        calls.push(Call { server, kind, body, trace_parent, script, began, ended, taken, polls });
        (steps, Open { log: Arc::clone(&self.log), at: calls.len() - 1 })
    }
}

/// Which of the three calls a body belongs to.
fn kind_of(body: &Value) -> Kind {
    let material = body["messages"][1]["content"].as_str().unwrap_or_default();
    if body["stream"] == true && !material.ends_with("</text>") {
        return Kind::Answer;
    }
    let instruction = body["messages"][0]["content"].as_str().expect("an instruction");
    if instruction.contains("reasoning") {
        Kind::Reasoning
    } else {
        assert!(instruction.contains("prompt"), "no summary call: {instruction}");
        Kind::Prompt
    }
}

impl Upstream for Scripted {
    fn stream(&self, call: upstream::Call) -> BoxFuture<'static, Result<Answer, UpstreamError>> {
        let (mut steps, open) = self.begin(call);
        async move {
            for step in steps.by_ref() {
                match step {
                    Step::Head(framing) => {
                        return Ok(Answer { framing, bytes: rest(steps, open).into() });
                    }
                    Step::Wait(time) => sleep(time).await,
                    Step::Fail(error) => return Err(error),
                    Step::Hang => pending().await,
                    Step::Panic => quiet_panic(),
                    Step::Bytes(_) => panic!("a body without a head"),
                }
            }
            panic!("a call without a head")
        }
        .boxed()
    }

    fn complete(&self, call: upstream::Call) -> BoxFuture<'static, Result<Bytes, UpstreamError>> {
        let (steps, open) = self.begin(call);
        let mut parts = rest(steps, open);
        async move {
            let mut whole = Vec::new();
            while let Some(part) = parts.next().await {
                whole.extend_from_slice(&part?);
            }
            Ok(whole.into())
        }
        .boxed()
    }

    fn models(&self) -> BoxFuture<'static, Result<Vec<Listed>, UpstreamError>> {
        async { Ok(Vec::new()) }.boxed()
    }

    fn wake(&self, _model: &str) -> Option<BoxFuture<'static, bool>> {
        let (after, slept) = self.scripts.wakes?;
        Some(sleep(after).map(move |()| slept).boxed())
    }

    fn health(&self) -> BoxFuture<'static, Health> {
        async { Health { reachable: true, status: Some(200), took_ms: 0, detail: None } }.boxed()
    }
}

/// The body: the steps that are left.
fn rest(
    steps: vec::IntoIter<Step>,
    open: Open,
) -> BoxStream<'static, Result<Bytes, UpstreamError>> {
    let (log, at) = (Arc::clone(&open.log), open.at);
    let mut parts = Box::pin(stream! {
        let open = open;
        for step in steps {
            match step {
                Step::Head(_) => {}
                Step::Wait(time) => sleep(time).await,
                Step::Bytes(bytes) => {
                    open.take(bytes.len());
                    yield Ok(bytes);
                }
                Step::Fail(error) => {
                    yield Err(error);
                    break;
                }
                Step::Hang => pending().await,
                Step::Panic => quiet_panic(),
            }
        }
    });
    poll_fn(move |cx| {
        lock(&log.calls)[at].polls += 1;
        parts.as_mut().poll_next(cx)
    })
    .boxed()
}

/// A panic that nobody need read about.
fn quiet_panic() -> ! {
    resume_unwind(Box::new("a scripted panic"))
}

/// A call while it is open. Dropped when the call is over, or given up.
struct Open {
    log: Arc<Log>,
    at: usize,
}

impl Open {
    fn take(&self, bytes: usize) {
        lock(&self.log.calls)[self.at].taken += bytes;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let now = self.log.ms();
        lock(&self.log.calls)[self.at].ended = Some(now);
    }
}
