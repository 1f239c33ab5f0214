//! How long a scrape of `/metrics` takes while thousands of streams are open.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::client::Client;
use crate::figures::{Samples, percentile};
use crate::process::Process;
use crate::run::{ask_at, join, moments, start};
use crate::stamp::Epoch;
use crate::upstream::Upstream;
use crate::verdict::Server;
use crate::workload::Workload;

/// The longest that nineteen of twenty scrapes may take.
const LIMIT: Duration = Duration::from_millis(50);
/// Fewer scrapes with all streams open say nothing.
const FEWEST: usize = 20;
const PAUSE: Duration = Duration::from_millis(200);
/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// What scrapes took while all streams were open.
#[derive(Debug)]
pub(crate) struct Scrapes {
    streams: usize,
    errors: usize,
    times: Vec<Duration>,
}

impl Scrapes {
    /// Whether there were enough of them, few took too long, and every stream was whole.
    pub(crate) fn are_fine(&self) -> bool {
        self.errors == 0 && self.times.len() >= FEWEST && self.took(95) <= LIMIT.as_secs_f64() * 1e3
    }

    /// A percentile, in milliseconds.
    fn took(&self, percent: usize) -> f64 {
        percentile(&mut self.times.clone(), percent)
    }
}

impl fmt::Display for Scrapes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, most, slowest] = [50, 95, 100].map(|percent| self.took(percent));
        let (scrapes, streams, broken) = (self.times.len(), self.streams, self.errors);
        write!(
            f,
            "{scrapes} scrapes with {streams} streams open: median {median:.1} ms, 95th percentile {most:.1} ms \
             (at most {} ms), slowest {slowest:.1} ms; {broken} streams were not whole",
            LIMIT.as_millis()
        )
    }
}

/// Opens all streams of a workload, and scrapes until they end.
pub(crate) async fn during(workload: Workload, gateway: &Path) -> io::Result<Scrapes> {
    let late = |_| io::Error::other(format!("the streams took longer than {PATIENCE:?}"));
    timeout(PATIENCE, scrapes(workload, &gateway.canonicalize()?)).await.map_err(late)?
}

async fn scrapes(workload: Workload, gateway: &Path) -> io::Result<Scrapes> {
    let epoch = Epoch::begin();
    let upstream = Upstream::start(&workload, epoch).await?;
    let process = Process::start(Server::Gateway, gateway, upstream.address).await?;
    let samples = Samples::default();
    let client = || Client::new(Server::Gateway, workload, process.address, epoch);
    let work: Vec<_> =
        moments(&workload).map(|moment| start(ask_at(client(), moment, samples.clone()))).collect();
    let mut times = Vec::new();
    while !work.iter().all(JoinHandle::is_finished) {
        let began = Instant::now();
        let text = scrape(process.address).await?;
        if open_streams(&text) == Some(workload.streams) {
            times.push(began.elapsed());
        }
        sleep(PAUSE).await;
    }
    join(work).await;
    Ok(Scrapes { streams: workload.streams, errors: samples.errors(), times })
}

/// One scrape, connection included.
async fn scrape(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n").await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    Ok(text)
}

/// The streams that the gateway says are open.
fn open_streams(text: &str) -> Option<usize> {
    text.lines().find_map(|line| line.strip_prefix("gateway_open_streams ")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{FEWEST, LIMIT, Scrapes, open_streams};

    #[test]
    fn reads_how_many_streams_are_open() {
        let text =
            "HTTP/1.1 200 OK\r\n\r\n# TYPE gateway_open_streams gauge\ngateway_open_streams 5000\n";
        for (text, expected) in [(text, Some(5_000)), ("HTTP/1.1 404 Not Found\r\n\r\n", None)] {
            assert_eq!(open_streams(text), expected, "{text}");
        }
    }

    #[test]
    fn one_of_twenty_may_be_slow() {
        let slow = |scrapes: usize| vec![LIMIT + Duration::from_nanos(1); scrapes];
        let fast = |scrapes: usize| vec![LIMIT; scrapes];
        for (case, errors, times, expected) in [
            ("all of them fast", 0, fast(FEWEST), true),
            ("one slow", 0, [fast(19), slow(1)].concat(), true),
            ("two slow", 0, [fast(18), slow(2)].concat(), false),
            ("too few", 0, fast(FEWEST - 1), false),
            ("a broken stream", 1, fast(FEWEST), false),
        ] {
            let scrapes = Scrapes { streams: 5_000, errors, times };
            assert_eq!(scrapes.are_fine(), expected, "{case}: {scrapes}");
        }
    }
}
