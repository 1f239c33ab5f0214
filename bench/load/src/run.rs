//! Runs every workload against both servers, in turns.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use crate::client::{Client, Heard};
use crate::figures::{Figures, Memory, Samples};
use crate::process::Process;
use crate::stamp::Epoch;
use crate::upstream::Upstream;
use crate::verdict::Server;
use crate::workload::{Span, Workload};

/// How often each workload runs.
const RUNS: usize = 3;
/// How long streams follow each other before anything is measured.
const WARM_UP: Duration = Duration::from_millis(500);
/// How long after the last stream the memory is looked at again.
const AFTERWARDS: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(100);

/// Everything that was measured.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) runs: Vec<Run>,
    /// Bytes of the gateway's program.
    pub(crate) program: u64,
}

/// One workload against one server, once.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) server: Server,
    pub(crate) workload: Workload,
    pub(crate) figures: Figures,
}

/// Begins work beside the caller's own. It ends with its connection.
#[expect(clippy::disallowed_methods, reason = "this is the one spawn site")]
pub(crate) fn start<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    tokio::spawn(work)
}

/// Runs them all.
pub(crate) async fn all(
    gateway: &Path,
    workloads: &[Workload],
    quick: bool,
) -> io::Result<Measured> {
    let program = std::fs::metadata(gateway)?.len();
    let gateway = gateway.canonicalize()?;
    let mut measured = Measured { runs: Vec::new(), program };
    for round in 1..=if quick { 1 } else { RUNS } {
        for &workload in workloads {
            for server in [Server::Nginx, Server::Gateway] {
                if server == Server::Nginx && !workload.comparable {
                    continue;
                }
                let figures = one(server, &gateway, workload).await?;
                eprintln!("{round} {:3} {:8} {figures}", workload.name, server.name());
                measured.runs.push(Run { server, workload, figures });
            }
        }
    }
    Ok(measured)
}

/// A server, its upstream, and what its clients hear.
struct Bench {
    server: Server,
    workload: Workload,
    epoch: Epoch,
    upstream: Upstream,
    process: Process,
    samples: Samples,
}

async fn one(server: Server, gateway: &Path, workload: Workload) -> io::Result<Figures> {
    let epoch = Epoch::begin();
    let upstream = Upstream::start(&workload, epoch).await?;
    let process = Process::start(server, gateway, upstream.address).await?;
    let cold_start = process.cold_start;
    let bench = Bench { server, workload, epoch, upstream, process, samples: Samples::default() };
    let figures = match workload.span {
        Span::Loop(time) => bench.in_a_row(time).await?,
        Span::Once(_) => bench.once().await?,
    };
    Ok(Figures { cold_start, ..figures })
}

impl Bench {
    /// Streams that follow each other, measured once all are under way.
    async fn in_a_row(self, time: Duration) -> io::Result<Figures> {
        let end = Instant::now() + WARM_UP + time;
        let clients = (0..self.workload.streams).map(|_| self.client());
        let work: Vec<_> =
            clients.map(|client| start(ask_until(client, end, self.samples.clone()))).collect();
        sleep(WARM_UP).await;
        self.samples.clear();
        let (time, chunks) = (self.process.processor_time()?, self.upstream.chunks());
        sleep_until(end).await;
        let time = self.process.processor_time()?.saturating_sub(time);
        let chunks = self.upstream.chunks() - chunks;
        join(work).await;
        self.checked(Figures::new(&self.samples, time, chunks, None))
    }

    /// One stream for each client, all of them open at once, and the memory that they take.
    async fn once(self) -> io::Result<Figures> {
        let streams = self.workload.streams;
        let (before, time) = (self.process.resident()?, self.process.processor_time()?);
        let work: Vec<_> = moments(&self.workload)
            .map(|at| start(ask_at(self.client(), at, self.samples.clone())))
            .collect();
        let mut peak = before;
        while !work.iter().all(JoinHandle::is_finished) {
            peak = peak.max(self.process.resident()?);
            sleep(LOOK).await;
        }
        join(work).await;
        let time = self.process.processor_time()?.saturating_sub(time);
        sleep(AFTERWARDS).await;
        let memory = Memory { before, peak, after: self.process.resident()?, streams };
        let figures = Figures::new(&self.samples, time, self.upstream.chunks(), Some(memory));
        if figures.streams + figures.errors != streams {
            return Err(io::Error::other(format!("of {streams} streams not all were heard of")));
        }
        self.checked(figures)
    }

    /// The figures, if the gateway has had both summaries of each stream written.
    fn checked(&self, figures: Figures) -> io::Result<Figures> {
        let expected = if self.workload.summaries { 2 * figures.streams as u64 } else { 0 };
        let asked = self.upstream.summaries();
        if self.server == Server::Gateway && asked < expected {
            let problem = format!("{asked} summaries were asked for, of {expected}");
            return Err(io::Error::other(problem));
        }
        Ok(figures)
    }

    fn client(&self) -> Client {
        Client::new(self.server, self.workload, self.process.address, self.epoch)
    }
}

/// When each stream of a workload begins.
pub(crate) fn moments(workload: &Workload) -> impl Iterator<Item = Instant> + use<> {
    let (Span::Once(ramp) | Span::Loop(ramp)) = workload.span;
    let step = ramp / u32::try_from(workload.streams).unwrap_or(u32::MAX);
    (0..workload.streams).scan(Instant::now(), move |at, _| {
        *at += step;
        Some(*at)
    })
}

/// Waits for the end of them all.
pub(crate) async fn join(work: Vec<JoinHandle<()>>) {
    for one in work {
        // A task that panicked has told so.
        let _ = one.await;
    }
}

async fn ask_until(mut client: Client, end: Instant, samples: Samples) {
    while Instant::now() < end {
        samples.add(client.ask().await);
    }
}

/// Asks once, at this moment.
pub(crate) async fn ask_at(mut client: Client, at: Instant, samples: Samples) {
    sleep_until(at).await;
    let heard: Result<Heard, String> = client.ask().await;
    samples.add(heard);
}
