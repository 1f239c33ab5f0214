//! Everything that a person sees: sections or JSON on stdout, all else on stderr.
//!
//! While something is waited for, the spinner turns and Ctrl-C is heard; what was waited for is
//! dropped then, and with it the connection.

use std::future::Future;
use std::io::{self, IsTerminal, Stderr, Stdout, Write};
use std::pin::{Pin, pin};

use anstyle::{AnsiColor, Style};
use gateway_client::Event;
use tokio::time::{Instant, interval_at};

use super::args::Looks;
use super::exit::Exit;
use super::failure::Failure;
use super::footer::footer;
use super::markdown::Markdown;
use super::notes::{Weight, notes};
use super::paint::Paint;
use super::pen::{Pen, Width};
use super::record::Record;
use super::sections::Sections;
use super::spinner::{Spinner, TICK};
use super::tally::Tally;
use super::terminal::{stderr_width, stdout_width};
use super::{clean, lines};

const DIM: Style = Style::new().dimmed();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

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
    Sections(Box<Sections<Stdout>>),
    Lines,
    Record(Box<Record>),
}

impl Screen {
    /// A screen as the arguments want it, for one request.
    pub(crate) fn new(looks: &Looks) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let spins = is_terminal && anstyle_query::term_supports_color();
        let by_itself = is_terminal && !looks.json && !looks.events;
        Self {
            output: Output::new(looks),
            paint: Paint::on(&io::stderr(), looks.no_color),
            spinner: spins.then(|| Spinner::new(io::stderr())),
            interrupt: Box::pin(tokio::signal::ctrl_c()),
            tally: Tally::default(),
            began: Instant::now(),
            request_id: None,
            timings: looks.timings || (by_itself && !looks.no_timings),
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
            spinner.wait_for(label, footer(&self.tally.timings(), None, None));
        }
        let done = loop {
            tokio::select! {
                biased;
                _ = &mut self.interrupt => break Err(Failure::Interrupted),
                done = &mut work => break Ok(done),
                _ = ticks.tick() => match &mut spinner {
                    Some(spinner) => spinner.draw(),
                    None => self.output.pause()?,
                },
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
        if self.timings {
            self.print_footer();
        }
        let exit = self.tally.exit();
        if let (Exit::Error, Some(id)) = (exit, self.request_id.as_deref()) {
            self.say(&format!("  (request id {})", clean::line(id)));
        }
        Ok(exit)
    }

    fn print_footer(&self) {
        let footer = footer(&self.tally.timings(), self.tally.tokens(), stderr_width());
        if !footer.is_empty() {
            self.say(&self.paint.dim(&footer));
        }
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
            self.tell(&[(&hint, Style::new())]);
        }
        exit
    }

    /// Prints a line on stderr. It may be closed: that is no reason to stop.
    pub(crate) fn say(&self, line: &str) {
        let _ = writeln!(io::stderr(), "{line}");
    }

    /// Prints what is beside the matter, on stderr.
    pub(crate) fn aside(&self, text: &str) {
        self.tell(&[(text, DIM)]);
    }

    fn remark(&self, weight: Weight, text: &str) {
        match weight {
            Weight::Error => self.tell(&[("error: ", ERROR), (text, Style::new())]),
            Weight::Warning => self.tell(&[("warning: ", WARNING), (text, Style::new())]),
            Weight::Note => self.tell(&[("note: ", DIM), (text, DIM)]),
        }
    }

    /// Prints a line on stderr that a narrow terminal may break between words.
    fn tell(&self, parts: &[(&str, Style)]) {
        let mut pen = Pen::new(io::stderr(), self.paint, stderr_width);
        // It may be closed: that is no reason to stop.
        let _ = parts.iter().try_for_each(|(text, style)| pen.text(text, *style));
        let _ = pen.line("", Style::new());
        let _ = pen.flush();
    }
}

impl Output {
    fn new(looks: &Looks) -> Self {
        match (looks.json, looks.events) {
            (true, _) => Self::Record(Box::default()),
            (_, true) => Self::Lines,
            (false, false) => {
                let paint = Paint::on(&io::stdout(), looks.no_color);
                let is_rendered = io::stdout().is_terminal() && !looks.plain;
                let width: Width = if is_rendered { stdout_width } else { || None };
                let pen = Pen::new(io::stdout(), paint, width);
                let markdown = is_rendered.then(Markdown::default);
                Self::Sections(Box::new(Sections::new(pen, markdown)))
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

    fn pause(&mut self) -> io::Result<()> {
        match self {
            Self::Sections(sections) => sections.pause(),
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
            (Self::Sections(sections), Failure::Interrupted) if sections.holds_the_line() => {
                self.finish(request_id, tally)?;
                writeln!(io::stdout())
            }
            (_, _) => self.finish(request_id, tally),
        }
    }
}
