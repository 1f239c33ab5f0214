//! What one run showed, in numbers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::client::{Delay, Heard};

/// Tokens of a second, at the least, for its slowest hundredth to mean something.
const MIN_TOKENS: usize = 1_000;
/// Faults that are kept in words; more are counted.
const KEPT_FAULTS: usize = 5;

/// What the clients heard, gathered while they run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(Arc<Mutex<Gathered>>);

#[derive(Debug, Default)]
struct Gathered {
    first_answer: Vec<Duration>,
    stall: Vec<Duration>,
    delay: Vec<Delay>,
    errors: usize,
    faults: Vec<String>,
}

impl Samples {
    pub(crate) fn add(&self, heard: Result<Heard, String>) {
        let mut gathered = self.lock();
        match heard {
            Ok(heard) => {
                gathered.first_answer.push(heard.first_answer);
                gathered.stall.push(heard.stall);
                gathered.delay.extend(heard.delays);
            }
            Err(fault) => {
                gathered.errors += 1;
                if gathered.faults.len() < KEPT_FAULTS && !gathered.faults.contains(&fault) {
                    gathered.faults.push(fault);
                }
            }
        }
    }

    /// Forgets the times so far, not the errors.
    pub(crate) fn clear(&self) {
        let mut gathered = self.lock();
        gathered.first_answer.clear();
        gathered.stall.clear();
        gathered.delay.clear();
    }

    /// Streams that were not whole.
    pub(crate) fn errors(&self) -> usize {
        self.lock().errors
    }

    fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Resident memory around a run of so many streams at once, in KiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) before: u64,
    pub(crate) peak: u64,
    pub(crate) after: u64,
    pub(crate) streams: usize,
}

impl Memory {
    pub(crate) fn per_stream(self) -> f64 {
        self.peak.saturating_sub(self.before) as f64 / self.streams as f64
    }
}

/// One run's numbers.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    pub(crate) streams: usize,
    pub(crate) errors: usize,
    pub(crate) faults: Vec<String>,
    /// Milliseconds to the first token of the answer, in the median.
    pub(crate) first_answer: f64,
    /// The longest time, in milliseconds, from the upstream's first token of an answer to the client's.
    pub(crate) stall: f64,
    /// Milliseconds that a token takes through the server, all but the first.
    pub(crate) delay_p50: f64,
    pub(crate) delay_p99: f64,
    /// The 99th percentile of the median second: a moment that others take spoils that of a whole
    /// run, and few of its seconds.
    pub(crate) delay_p99_second: f64,
    /// The server's processor time for one chunk of the upstream's, in microseconds.
    pub(crate) per_chunk: f64,
    pub(crate) memory: Option<Memory>,
    pub(crate) cold_start: Duration,
}

impl Figures {
    pub(crate) fn new(
        samples: &Samples,
        processor_time: Duration,
        chunks: u64,
        memory: Option<Memory>,
    ) -> Self {
        let mut gathered = samples.lock();
        let mut delays: Vec<Duration> = gathered.delay.iter().map(|delay| delay.took).collect();
        Self {
            streams: gathered.first_answer.len(),
            errors: gathered.errors,
            faults: gathered.faults.clone(),
            first_answer: percentile(&mut gathered.first_answer, 50),
            stall: percentile(&mut gathered.stall, 100),
            delay_p50: percentile(&mut delays, 50),
            delay_p99: percentile(&mut delays, 99),
            delay_p99_second: median_second(&gathered.delay),
            per_chunk: processor_time.as_secs_f64() * 1e6 / chunks.max(1) as f64,
            memory,
            cold_start: Duration::ZERO,
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:6} streams, first answer {:8.3} ms, {:6.2} µs a chunk, delay {:.3} / {:.3} / {:.3} ms",
            self.streams,
            self.first_answer,
            self.per_chunk,
            self.delay_p50,
            self.delay_p99_second,
            self.delay_p99
        )?;
        if let Some(memory) = self.memory {
            let Memory { before, peak, after, .. } = memory;
            write!(f, ", {before} / {peak} / {after} KiB, {:.1} a stream", memory.per_stream())?;
        }
        if self.errors > 0 {
            write!(f, ", {} ERRORS: {}", self.errors, self.faults.join("; "))?;
        }
        Ok(())
    }
}

/// A percentile, in milliseconds; zero of nothing.
pub(crate) fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    let rank = (times.len() * percent).div_ceil(100).max(1) - 1;
    times.get(rank).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

/// The 99th percentile of each second that had enough tokens, and of these the middle.
fn median_second(delays: &[Delay]) -> f64 {
    let mut seconds: BTreeMap<u64, Vec<Duration>> = BTreeMap::new();
    for delay in delays {
        seconds.entry(delay.read.as_secs()).or_default().push(delay.took);
    }
    let telling = seconds.into_values().filter(|times| times.len() >= MIN_TOKENS);
    median(telling.map(|mut times| percentile(&mut times, 99)).collect()).unwrap_or_default()
}

/// The middle of some numbers; nothing of nothing.
pub(crate) fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{MIN_TOKENS, Samples, median, median_second, percentile};
    use crate::client::{Delay, Heard};

    #[test]
    fn finds_percentiles() {
        let mut times: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        for (percent, expected) in [(50, 100.0), (99, 198.0), (100, 200.0), (0, 1.0)] {
            assert_eq!(percentile(&mut times, percent), expected, "{percent} %");
        }
        assert_eq!(percentile(&mut [], 50), 0.0);
    }

    #[test]
    fn finds_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![]), None);
    }

    #[test]
    fn the_median_second_is_no_disturbed_one_and_none_of_few_tokens() {
        let second = |second: u64, tokens: usize, millis: u64| {
            let read = Duration::from_millis(second * 1_000 + 999);
            let took = move |at| Duration::from_millis(if at % 50 == 0 { millis } else { 1 });
            (0..tokens).map(move |at| Delay { read, took: took(at) })
        };
        let delays: Vec<Delay> = second(0, MIN_TOKENS, 2)
            .chain(second(1, MIN_TOKENS, 500))
            .chain(second(2, MIN_TOKENS, 3))
            .chain(second(3, MIN_TOKENS - 1, 900))
            .collect();
        assert_eq!(median_second(&delays), 3.0);
        assert_eq!(median_second(&delays[..MIN_TOKENS - 1]), 0.0);
    }

    #[test]
    fn warming_up_forgets_times_and_keeps_errors() {
        let samples = Samples::default();
        samples.add(Ok(Heard::default()));
        samples.add(Err("broke".into()));
        samples.add(Err("broke".into()));
        samples.clear();
        let gathered = samples.lock();
        assert_eq!((gathered.first_answer.len(), gathered.errors), (0, 2));
        assert_eq!(gathered.faults, ["broke"]);
    }
}
