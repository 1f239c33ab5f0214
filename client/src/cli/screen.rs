//! Everything that a person sees: sections or JSON on stdout, all else on stderr.
//!
//! While something is waited for, the spinner turns and Ctrl-C is heard; what was waited for is
//! dropped then, and with it the connection.

use std::future::Future;
use std::io::{self, IsTerminal, Stderr, Stdout, Write};
use std::pin::{Pin, pin};

use gateway_client::Event;
use tokio::time::{Instant, interval_at};

use super::args::Looks;
use super::exit::Exit;
use super::failure::Failure;
use super::footer::footer;
use super::notes::{Weight, notes};
use super::paint::Paint;
use super::record::Record;
use super::sections::Sections;
use super::spinner::{Spinner, TICK};
use super::tally::Tally;
use super::{clean, lines};

type Interrupt = Pin<Box<dyn Future<Output = io::Result<()>>>>;

/// The terminal, or whatever stands in its place.
pub(crate) struct Screen {
    output: Output,
    paint: Paint,
    spinner: Option<Spinner<Stderr>>,
    interrupt: Interrupt,
    tally: Tally,
    began: Instant,
    request_id: Option<String>,
    timings: bool,
}

/// What stdout gets.
enum Output {
    Sections(Sections<Stdout>),
    Lines,
    Record(Box<Record>),
}

impl Screen {
    /// A screen as the arguments want it, for one request.
    pub(crate) fn new(looks: &Looks) -> Self {
        let spins = io::stderr().is_terminal() && anstyle_query::term_supports_color();
        Self {
            output: Output::new(looks),
            paint: Paint::on(&io::stderr(), looks.no_color),
            spinner: spins.then(|| Spinner::new(io::stderr())),
            interrupt: Box::pin(tokio::signal::ctrl_c()),
            tally: Tally::default(),
            began: Instant::now(),
            request_id: None,
            timings: looks.timings,
        }
    }

    /// Starts the clock: a request is sent.
    pub(crate) fn begin(&mut self) {
        self.began = Instant::now();
    }

    /// Does some work that the next event, or the answer, depends on.
    pub(crate) async fn wait<F: Future>(&mut self, work: F) -> Result<F::Output, Failure> {
        self.wait_for(self.tally.waiting_for(), work).await
    }

    /// Does some work under a label of its own.
    pub(crate) async fn wait_for<F: Future>(
        &mut self,
        label: &str,
        work: F,
    ) -> Result<F::Output, Failure> {
        let mut work = pin!(work);
        let mut ticks = interval_at(Instant::now() + TICK, TICK);
        let mut spinner = self.spinner.as_mut().filter(|_| !self.output.holds_the_line());
        if let Some(spinner) = &mut spinner {
            spinner.wait_for(label);
        }
        let done = loop {
            tokio::select! {
                biased;
                _ = &mut self.interrupt => break Err(Failure::Interrupted),
                done = &mut work => break Ok(done),
                _ = ticks.tick(), if spinner.is_some() => {
                    if let Some(spinner) = &mut spinner {
                        spinner.draw();
                    }
                }
            }
        };
        if let Some(spinner) = spinner {
            spinner.clear();
        }
        done
    }

    /// Shows an event, and what there is to say about it.
    pub(crate) fn show(&mut self, event: &Event, request_id: Option<&str>) -> io::Result<()> {
        let t_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.request_id = request_id.map(str::to_owned);
        self.tally.note(event, t_ms);
        for (weight, text) in notes(event) {
            // What a text is worth is said before the text, and `[done]` is the last word.
            self.output.end_line()?;
            self.remark(weight, &text);
        }
        self.output.show(event, request_id, t_ms)
    }

    /// Says how it all went, and returns the exit code.
    pub(crate) fn finish(&mut self) -> io::Result<Exit> {
        self.output.finish(self.request_id.as_deref(), &self.tally)?;
        let footer = footer(&self.tally.timings(), self.tally.tokens());
        if self.timings && !footer.is_empty() {
            self.say(&self.paint.dim(&footer));
        }
        let exit = self.tally.exit();
        if let (Exit::Error, Some(id)) = (exit, self.request_id.as_deref()) {
            self.say(&format!("  (request id {})", clean::line(id)));
        }
        Ok(exit)
    }

    /// Says why it went wrong, and returns the exit code.
    pub(crate) fn fail(&mut self, failure: &Failure) -> Exit {
        let exit = failure.exit();
        // Output that can't be written was the failure, or comes after a worse one.
        let _ = self.output.fail(failure, exit, self.request_id.as_deref(), &self.tally);
        if let Failure::Help(help) = failure {
            self.say(help);
        }
        if let Some(message) = failure.message() {
            self.remark(Weight::Error, &message);
        }
        if let Some(hint) = failure.hint() {
            self.say(&hint);
        }
        exit
    }

    /// Prints a line on stderr. It may be closed: that is no reason to stop.
    pub(crate) fn say(&self, line: &str) {
        let _ = writeln!(io::stderr(), "{line}");
    }

    /// Prints what is beside the matter, on stderr.
    pub(crate) fn aside(&self, text: &str) {
        self.say(&self.paint.dim(text));
    }

    fn remark(&self, weight: Weight, text: &str) {
        let line = match weight {
            Weight::Error => format!("{} {text}", self.paint.red("error:")),
            Weight::Warning => format!("{} {text}", self.paint.yellow("warning:")),
            Weight::Note => self.paint.dim(&format!("note: {text}")),
        };
        self.say(&line);
    }
}

impl Output {
    fn new(looks: &Looks) -> Self {
        match (looks.json, looks.events) {
            (true, _) => Self::Record(Box::default()),
            (_, true) => Self::Lines,
            (false, false) => {
                let paint = Paint::on(&io::stdout(), looks.no_color);
                Self::Sections(Sections::new(io::stdout(), paint))
            }
        }
    }

    /// Whether the cursor stands where a spinner would be in the way.
    fn holds_the_line(&self) -> bool {
        match self {
            Self::Sections(sections) => sections.holds_the_line(),
            Self::Lines | Self::Record(_) => false,
        }
    }

    fn show(&mut self, event: &Event, request_id: Option<&str>, t_ms: u64) -> io::Result<()> {
        match self {
            Self::Sections(sections) => sections.show(event),
            Self::Lines => lines::print(&mut io::stdout(), event, request_id, t_ms),
            Self::Record(record) => record.keep(event),
        }
    }

    fn end_line(&mut self) -> io::Result<()> {
        match self {
            Self::Sections(sections) => sections.end_line(),
            Self::Lines | Self::Record(_) => Ok(()),
        }
    }

    fn finish(&mut self, request_id: Option<&str>, tally: &Tally) -> io::Result<()> {
        match self {
            Self::Sections(_) | Self::Lines => self.end_line(),
            Self::Record(record) => record.print(&mut io::stdout(), request_id, tally.timings()),
        }
    }

    fn fail(
        &mut self,
        failure: &Failure,
        exit: Exit,
        request_id: Option<&str>,
        tally: &Tally,
    ) -> io::Result<()> {
        if let (Self::Record(record), Some(message)) = (&mut *self, failure.message()) {
            record.fail(&message, exit);
        }
        match (&mut *self, failure) {
            (Self::Record(_), Failure::Help(_) | Failure::Usage(_)) => Ok(()),
            (Self::Sections(_), Failure::Interrupted) => {
                self.finish(request_id, tally)?;
                writeln!(io::stdout())
            }
            (_, _) => self.finish(request_id, tally),
        }
    }
}
