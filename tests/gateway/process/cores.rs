//! How long the machine's cores worked for others, so that a time limit means the same on a busy machine.

use std::time::Duration;

use super::Gateway;

/// Ticks of processor time in a second, which Linux tells all programs is 100.
const TICKS: u64 = 100;

/// What the cores had done at some moment, since the machine began.
pub(crate) struct Cores {
    busy: u64,
    /// Of it, for this test's thread and its gateway.
    own: u64,
}

impl Cores {
    /// As of this moment.
    pub(crate) fn now(gateway: &Gateway) -> Self {
        let all = read("/proc/stat");
        let busy = numbers(all.lines().next().unwrap_or_default());
        // User, nice, system, then idle twice, then interrupts and what other machines took.
        let busy = [0, 1, 2, 5, 6, 7].iter().filter_map(|at| busy.get(*at)).sum();
        let own = ["thread-self".to_owned(), gateway.pid().to_string()];
        Self { busy, own: own.iter().map(|who| used(who)).sum() }
    }

    /// How long, since this moment, each core has worked for others, on average.
    pub(crate) fn lent(&self, gateway: &Gateway) -> Duration {
        let now = Self::now(gateway);
        let others = (now.busy - self.busy).saturating_sub(now.own - self.own);
        let cores = read("/proc/cpuinfo").matches("processor\t").count().max(1) as u64;
        Duration::from_millis(others * 1_000 / TICKS / cores)
    }
}

/// The ticks that a process or a thread has used.
fn used(who: &str) -> u64 {
    let stat = read(&format!("/proc/{who}/stat"));
    // The name may hold blanks, and ends with a bracket; the times are the 14th and 15th word.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    after.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

fn numbers(line: &str) -> Vec<u64> {
    line.split_whitespace().skip(1).filter_map(|number| number.parse().ok()).collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}
