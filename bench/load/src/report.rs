//! What was measured, as a page.

use crate::figures::{Figures, median};
use crate::goal::{self, Goal};
use crate::machine::Machine;
use crate::run::{Measured, Run};
use crate::verdict::Server::{self, Gateway, Nginx};
use crate::workload::Workload;

/// All runs, and the machine that they ran on.
#[derive(Debug)]
pub(crate) struct Report {
    machine: Machine,
    pub(crate) measured: Measured,
}

/// A column of the table of runs.
type Column = (&'static str, fn(&Figures) -> Option<f64>);

const COLUMNS: &[Column] = &[
    ("first answer ms", |it| Some(it.first_answer)),
    ("µs per chunk", |it| Some(it.per_chunk)),
    ("delay per token ms, p50", |it| some(it.delay_p50)),
    ("p99 of the median second", |it| some(it.delay_p99_second)),
    ("p99", |it| some(it.delay_p99)),
    ("KiB per stream", |it| Some(it.memory?.per_stream())),
    ("MiB before", |it| Some(mebibytes(it.memory?.before))),
    ("peak", |it| Some(mebibytes(it.memory?.peak))),
    ("after", |it| Some(mebibytes(it.memory?.after))),
];

/// What one of the columns means.
const MEDIAN_SECOND: &str = "The median second: tokens are told apart by the second in which they were read, the slowest hundredth \
    of each is found, and the middle one of these is the figure. A moment in which the machine does something else \
    spoils the second that it falls into, and not its neighbours.";

fn some(number: f64) -> Option<f64> {
    (number > 0.0).then_some(number)
}

fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}

impl Report {
    pub(crate) fn new(machine: Machine, measured: Measured) -> Self {
        Self { machine, measured }
    }

    /// Streams that were not whole, in all runs.
    pub(crate) fn errors(&self) -> usize {
        self.measured.runs.iter().map(|run| run.figures.errors).sum()
    }

    /// The median of a figure over the runs of a workload.
    pub(crate) fn median(
        &self,
        server: Server,
        workload: &str,
        figure: impl Fn(&Figures) -> f64,
    ) -> Option<f64> {
        median(self.runs(server, workload).map(|run| figure(&run.figures)).collect())
    }

    /// The highest of a figure over the runs of a workload.
    pub(crate) fn worst(
        &self,
        server: Server,
        workload: &str,
        figure: impl Fn(&Figures) -> f64,
    ) -> Option<f64> {
        self.runs(server, workload).map(|run| figure(&run.figures)).max_by(f64::total_cmp)
    }

    pub(crate) fn goals(&self) -> Vec<Goal> {
        goal::all(self)
    }

    fn runs(&self, server: Server, workload: &str) -> impl Iterator<Item = &Run> {
        let wanted = move |run: &&Run| run.server == server && run.workload.name == workload;
        self.measured.runs.iter().filter(wanted)
    }

    /// The goals, and the medians of all runs.
    pub(crate) fn table(&self) -> String {
        format!("{}\n{}", self.goal_table(), self.run_table())
    }

    /// The page that is kept.
    pub(crate) fn page(&self) -> String {
        let Machine { processor, cores } = &self.machine;
        let runs = self.measured.runs.iter().filter(|run| run.workload.name == "W1").count() / 2;
        format!(
            "# Results\n\n\
             Written by `make load`: medians of {runs} runs on {cores} cores of {processor}, the server on one, \
             client and upstream on the other. nginx is a raw reverse proxy, `proxy_buffering off`; the gateway \
             makes all three calls, splits, orders and encodes. The two took turns; other work on the machine \
             falls on both, so look at ratios.\n\n\
             ![share of each limit that was reached](RESULTS.svg)\n\n{}\n{}\n{MEDIAN_SECOND}\n",
            self.table(),
            self.legend()
        )
    }

    fn goal_table(&self) -> String {
        let mut table = "| workload | what | reached | at most |\n|---|---|---|---|\n".to_owned();
        for goal in self.goals() {
            let Goal { workload, what, reached, limit, unit } = &goal;
            let miss = if goal.is_met() { "" } else { " **(missed)**" };
            table +=
                &format!("| {workload} | {what} | {} {unit}{miss} | {limit} |\n", number(*reached));
        }
        table
    }

    fn run_table(&self) -> String {
        let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        let mut table = format!("| workload | server | errors | {} |\n", names.join(" | "));
        table += &format!("|---|---|---|{}\n", "---|".repeat(names.len()));
        for workload in self.workloads() {
            for server in [Nginx, Gateway] {
                let cells: Vec<String> =
                    COLUMNS.iter().map(|(_, it)| self.cell(server, workload.name, *it)).collect();
                if self.runs(server, workload.name).next().is_some() {
                    let runs = self.runs(server, workload.name);
                    let errors: usize = runs.map(|run| run.figures.errors).sum();
                    let (name, server) = (workload.name, server.name());
                    table += &format!("| {name} | {server} | {errors} | {} |\n", cells.join(" | "));
                }
            }
        }
        table
    }

    fn cell(&self, server: Server, workload: &str, figure: fn(&Figures) -> Option<f64>) -> String {
        let figures = self.runs(server, workload).filter_map(|run| figure(&run.figures));
        median(figures.collect()).map_or_else(|| "–".to_owned(), number)
    }

    fn legend(&self) -> String {
        let lines = self.workloads().map(|it| format!("- {}: {}\n", it.name, it.what));
        lines.collect()
    }

    /// Each workload once, in the order of the runs.
    fn workloads(&self) -> impl Iterator<Item = &Workload> {
        let runs = &self.measured.runs;
        let is_first = |at: usize| {
            runs[..at].iter().all(|before| before.workload.name != runs[at].workload.name)
        };
        (0..runs.len()).filter(move |at| is_first(*at)).map(|at| &runs[at].workload)
    }
}

/// A number with as many digits as it is worth.
fn number(number: f64) -> String {
    match number.abs() {
        0.0 => "0".to_owned(),
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        size if size >= 1.0 => format!("{number:.2}"),
        _ => format!("{number:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Report, number};
    use crate::figures::{Figures, Memory, Samples};
    use crate::machine::Machine;
    use crate::run::{Measured, Run};
    use crate::verdict::Server;
    use crate::workload::all;

    fn report() -> Report {
        let memory = Memory { before: 1_000, peak: 31_000, after: 2_000, streams: 1_000 };
        let figures = |micros| Figures {
            first_answer: 1.0,
            ..Figures::new(&Samples::default(), Duration::from_micros(micros), 10, Some(memory))
        };
        let run = |server, micros| {
            all(true).into_iter().map(move |workload| Run {
                server,
                workload,
                figures: figures(micros),
            })
        };
        let runs = run(Server::Nginx, 100).chain(run(Server::Gateway, 200)).collect();
        let machine = Machine { processor: "a processor".into(), cores: 2 };
        Report::new(machine, Measured { runs, program: 6_000_000 })
    }

    #[test]
    fn the_page_names_what_was_reached_and_missed() {
        let page = report().page();
        for line in [
            "| W1 | time to the first answer | 1.00 × nginx | 1.5 |",
            "| W2 | processor time per chunk | 2.00 × nginx **(missed)** | 1.25 |",
            "| W3 | memory per open stream | 30.0 KiB | 40 |",
            "|  | the program's size | 6.00 MB | 15 |",
            "| W2 | nginx | 0 | 1.00 | 10.0 | – | – | – | 30.0 | 0.977 | 30.3 | 1.95 |",
        ] {
            assert!(page.lines().any(|it| it == line), "{line} is not in\n{page}");
        }
    }

    #[test]
    fn the_longest_wait_is_the_longest_of_all_runs() {
        let mut report = report();
        for stall in [500.4, 503.0, 500.6] {
            let workload = all(true).into_iter().find(|it| it.name == "W4").unwrap();
            let figures =
                Figures { stall, ..Figures::new(&Samples::default(), Duration::ZERO, 1, None) };
            report.measured.runs.push(Run { server: Server::Gateway, workload, figures });
        }
        let line =
            "| W4 | longest wait for a summary of 500 ms, all runs | 503 ms **(missed)** | 502 |";
        assert!(report.page().contains(line), "{}", report.page());
    }

    #[test]
    fn the_page_explains_its_columns() {
        let page = report().page();
        let header = page.lines().find(|line| line.starts_with("| workload | server |"));
        assert!(header.is_some_and(|it| it.contains("| p99 of the median second |")), "{page}");
        assert!(page.contains("\n\nThe median second: "), "{page}");
    }

    #[test]
    fn numbers_have_the_digits_they_are_worth() {
        for (it, text) in
            [(0.0, "0"), (0.5, "0.500"), (1.25, "1.25"), (12.34, "12.3"), (432.1, "432")]
        {
            assert_eq!(number(it), text);
        }
    }
}
