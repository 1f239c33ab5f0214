//! Puts nginx, as a raw reverse proxy, and the gateway through the same workloads, and compares.
//!
//! ```text
//!            core 1                    core 0                  core 1
//!  client ──────────────▶ nginx, or the gateway ──────────────▶ upstream
//! ```
//!
//! Client and upstream are this process, on one thread. Each run has a fresh server, and the two
//! servers take turns, so that whatever else the machine does falls on both. No time by itself is
//! judged: ratios are.
//!
//! `bench-load GATEWAY [--quick] [--only W1,W2]` writes `RESULTS.md` and `RESULTS.svg` into the current folder,
//! if it measured all. `bench-load GATEWAY --scrapes` reads `/metrics` while 5,000 streams are open, and fails
//! where more than one of twenty scrapes take over 50 ms, in each of three rounds.

mod chunked;
mod client;
mod figures;
mod goal;
mod machine;
mod plot;
mod process;
mod report;
mod run;
mod scrape;
mod script;
mod stamp;
mod upstream;
mod verdict;
mod workload;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::machine::Machine;
use crate::report::Report;
use crate::workload::Workload;

const USAGE: &str = "usage: bench-load GATEWAY [--quick] [--only W1,W2,...] | GATEWAY --scrapes";

/// Streams that are open while `/metrics` is read.
const SCRAPED_STREAMS: usize = 5_000;

/// How often that is tried: other work on the machine only ever makes it slower.
const ROUNDS: usize = 3;

/// What is to be measured.
struct Plan {
    gateway: PathBuf,
    quick: bool,
    /// Whether `/metrics` alone is measured.
    scrapes: bool,
    /// The names of the workloads; all, if there are none.
    only: Vec<String>,
}

fn main() -> ExitCode {
    let Some(plan) = Plan::of(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let fine = if plan.scrapes { scrapes(&plan) } else { measure(&plan) };
    match fine {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench-load: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Plan {
    fn of(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let gateway = PathBuf::from(arguments.next()?);
        let mut plan = Self { gateway, quick: false, scrapes: false, only: Vec::new() };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => plan.quick = true,
                "--scrapes" => plan.scrapes = true,
                "--only" => plan.only = arguments.next()?.split(',').map(str::to_owned).collect(),
                _ => return None,
            }
        }
        Some(plan)
    }

    fn workloads(&self) -> Vec<Workload> {
        let mut workloads = workload::all(self.quick);
        workloads.retain(|it| self.only.is_empty() || self.only.iter().any(|name| name == it.name));
        workloads
    }

    /// The page tells of everything, or is not written.
    fn is_whole(&self) -> bool {
        !self.quick && self.only.is_empty()
    }
}

/// Whether every stream was whole. A goal that is missed is told, and does not fail.
fn measure(plan: &Plan) -> io::Result<bool> {
    let machine = Machine::prepare()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured = runtime.block_on(run::all(&plan.gateway, &plan.workloads(), plan.quick))?;
    let report = Report::new(machine, measured);
    println!("{}", report.table());
    if plan.is_whole() {
        fs::write("RESULTS.md", report.page())?;
        fs::write("RESULTS.svg", plot::svg(&report))?;
    }
    Ok(report.errors() == 0)
}

/// Whether `/metrics` can be read fast while many streams are open.
fn scrapes(plan: &Plan) -> io::Result<bool> {
    Machine::pinned()?;
    let streams = machine::fitting(SCRAPED_STREAMS);
    if streams < SCRAPED_STREAMS {
        println!("ulimit -n allows {streams} streams, not {SCRAPED_STREAMS}");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for _ in 0..ROUNDS {
        let scrapes = runtime.block_on(scrape::during(workload::open(streams), &plan.gateway))?;
        println!("{scrapes}");
        if scrapes.are_fine() {
            return Ok(true);
        }
    }
    Ok(false)
}
