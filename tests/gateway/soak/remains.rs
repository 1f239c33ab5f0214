//! What a gateway holds of the system, which must all be back after its streams.

use std::time::Duration;

use tokio::time::{Instant, interval};

use crate::process::Gateway;

/// How long a gateway may take to let go.
const LETTING_GO: Duration = Duration::from_secs(5);
/// KiB of memory that the allocator may keep for later.
const KEPT: u64 = 32 * 1024;
/// Threads that the runtime may keep for later.
const KEPT_THREADS: u64 = 2;

/// What is held at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Remains {
    /// Open files, sockets among them.
    pub(super) files: usize,
    pub(super) threads: u64,
    /// KiB, and the most that there ever were.
    pub(super) memory: u64,
    pub(super) peak: u64,
}

impl Remains {
    pub(super) fn of(gateway: &Gateway) -> Self {
        let folder = format!("/proc/{}", gateway.pid());
        let status = std::fs::read_to_string(format!("{folder}/status")).expect("it runs");
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next());
            number.and_then(|number| number.parse().ok()).expect("the system tells it")
        };
        let files = std::fs::read_dir(format!("{folder}/fd")).expect("it runs").count();
        let (memory, peak) = (number("VmRSS:"), number("VmHWM:"));
        Self { files, threads: number("Threads:"), memory, peak }
    }

    /// What is held once it is no more than before, or when there was time enough to let go.
    pub(super) async fn back_at(gateway: &Gateway, before: &Self) -> Self {
        let mut look = interval(Duration::from_millis(20));
        let began = Instant::now();
        loop {
            look.tick().await;
            let held = Self::of(gateway);
            if held.is_back_at(before) || began.elapsed() > LETTING_GO {
                return held;
            }
        }
    }

    fn is_back_at(&self, before: &Self) -> bool {
        self.files <= before.files
            && self.threads <= before.threads + KEPT_THREADS
            && self.memory <= before.memory + KEPT
    }

    #[track_caller]
    pub(super) fn check(&self, before: &Self) {
        assert!(self.is_back_at(before), "{before:?} became {self:?}");
    }
}

#[test]
fn what_stays_behind_is_noticed() {
    let before = Remains { files: 12, threads: 4, memory: 30_000, peak: 30_000 };
    for (case, after, is_back) in [
        ("the same", before, true),
        ("a socket", Remains { files: 13, ..before }, false),
        ("a thread for each stream", Remains { threads: 204, ..before }, false),
        ("a little memory", Remains { memory: 30_000 + KEPT, ..before }, true),
        ("more memory", Remains { memory: 30_001 + KEPT, ..before }, false),
        ("a peak that is over", Remains { peak: 900_000, ..before }, true),
    ] {
        assert_eq!(after.is_back_at(&before), is_back, "{case}");
    }
}
