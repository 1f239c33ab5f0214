//! What is aimed at: ratios to the raw proxy, and what a machine's speed does not decide.

use crate::figures::Figures;
use crate::report::Report;
use crate::verdict::Server::{Gateway, Nginx};

/// One goal, and what was reached.
#[derive(Debug, Clone)]
pub(crate) struct Goal {
    pub(crate) workload: &'static str,
    pub(crate) what: &'static str,
    pub(crate) reached: f64,
    pub(crate) limit: f64,
    pub(crate) unit: &'static str,
}

impl Goal {
    pub(crate) fn is_met(&self) -> bool {
        self.reached <= self.limit
    }

    /// What was reached, as a share of the limit.
    pub(crate) fn share(&self) -> f64 {
        self.reached / self.limit.max(f64::MIN_POSITIVE)
    }
}

type Figure = fn(&Figures) -> f64;

/// Ratios of the gateway's figure to nginx's.
const RATIOS: &[(&str, &str, Figure, f64)] = &[
    ("W1", "time to the first answer", |it| it.first_answer, 1.5),
    ("W2", "processor time per chunk", |it| it.per_chunk, 1.25),
    ("W2C", "processor time per chunk", |it| it.per_chunk, 3.5),
    ("W3", "99th percentile of the delay per token", |it| it.delay_p99, 1.5),
    ("W3B", "99th percentile of the delay per token", |it| it.delay_p99, 1.5),
];

/// Figures of the gateway's own.
const FIGURES: &[(&str, &str, Figure, f64, &str)] = &[
    ("W3", "memory per open stream", per_stream, 40.0, "KiB"),
    ("W3B", "memory per open stream", per_stream, 40.0, "KiB"),
    ("W1", "from start to ready", |it| it.cold_start.as_secs_f64() * 1e3, 50.0, "ms"),
];

fn per_stream(figures: &Figures) -> f64 {
    figures.memory.map_or(0.0, |memory| memory.per_stream())
}

/// All goals whose figures were measured.
pub(crate) fn all(report: &Report) -> Vec<Goal> {
    let ratios = RATIOS.iter().filter_map(|&(workload, what, figure, limit)| {
        let gateway = report.median(Gateway, workload, figure)?;
        let reached = gateway / report.median(Nginx, workload, figure)?;
        Some(Goal { workload, what, reached, limit, unit: "× nginx" })
    });
    let figures = FIGURES.iter().filter_map(|&(workload, what, figure, limit, unit)| {
        let reached = report.median(Gateway, workload, figure)?;
        Some(Goal { workload, what, reached, limit, unit })
    });
    let stall = report.worst(Gateway, "W4", |it| it.stall).map(|reached| Goal {
        workload: "W4",
        what: "longest wait for a summary of 500 ms, all runs",
        reached,
        limit: 502.0,
        unit: "ms",
    });
    let program = report.measured.program as f64 / 1e6;
    let size = Goal {
        workload: "",
        what: "the program's size",
        reached: program,
        limit: 15.0,
        unit: "MB",
    };
    let errors = Goal {
        workload: "",
        what: "not whole, of all runs",
        reached: report.errors() as f64,
        limit: 0.0,
        unit: "streams",
    };
    ratios.chain(figures).chain(stall).chain([size, errors]).collect()
}
