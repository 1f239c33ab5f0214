//! A real terminal, by tmux: keys go in, and what it shows is looked at until it is there.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::gateway::PATIENCE;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// One terminal with the client in it. Dropped, it is gone, and so is what ran in it.
pub(crate) struct Terminal {
    socket: PathBuf,
    process: String,
}

impl Terminal {
    /// The client with these arguments, in a terminal of so many columns, at home in a folder.
    pub(crate) fn start(columns: usize, home: &Path, setting: &str, args: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("gateway-client-{}-{count}", std::process::id());
        let socket = std::env::temp_dir().join(name);
        let client = env!("CARGO_BIN_EXE_gateway-client");
        let home = home.display();
        // What holds the pane open afterwards is ended with it.
        let line = format!(
            "cd '{home}'; env -i TERM=\"$TERM\" LANG=C.UTF-8 HOME='{home}' {setting} '{client}' {args}; \
             echo \"exit code $?\"; exec sleep 600"
        );
        let mut terminal = Self { socket, process: String::new() };
        let size = columns.to_string();
        let told = terminal.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &size,
            "-y",
            "50",
            &line,
        ]);
        assert!(told.status.success(), "tmux: {}", String::from_utf8_lossy(&told.stderr));
        let pane = terminal.tmux(&["list-panes", "-F", "#{pane_pid}"]).stdout;
        terminal.process = String::from_utf8(pane).unwrap().trim().to_owned();
        terminal
    }

    /// Types text, and then a key by its name.
    pub(crate) fn types(&self, text: &str, key: &str) -> &Self {
        assert!(self.tmux(&["send-keys", "-l", "--", text]).status.success());
        self.press(key)
    }

    /// Presses a key by its name, such as `Enter` or `C-c`.
    pub(crate) fn press(&self, key: &str) -> &Self {
        assert!(self.tmux(&["send-keys", key]).status.success());
        self
    }

    /// Pastes text, marked as pasted where that is wanted.
    pub(crate) fn pastes(&self, text: &str) -> &Self {
        assert!(self.tmux(&["set-buffer", "--", text]).status.success());
        assert!(self.tmux(&["paste-buffer", "-p"]).status.success());
        self
    }

    /// Looks until this is to be seen so many times, and returns all that is.
    #[track_caller]
    pub(crate) fn sees_times(&self, times: usize, text: &str) -> String {
        let began = now();
        loop {
            let shown = self.shown();
            if shown.matches(text).count() >= times {
                return shown;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{text:?} is not to be seen {times} times:\n{shown}"
            );
            thread::sleep(PAUSE);
        }
    }

    /// Looks until this is to be seen, and returns all that is.
    #[track_caller]
    pub(crate) fn sees(&self, text: &str) -> String {
        self.sees_times(1, text)
    }

    /// All that the terminal has shown, as text.
    pub(crate) fn shown(&self) -> String {
        self.capture(&[])
    }

    /// The same with its colours.
    pub(crate) fn painted(&self) -> String {
        self.capture(&["-e"])
    }

    /// The window's title.
    pub(crate) fn title(&self) -> String {
        let told = self.tmux(&["display-message", "-p", "#{pane_title}"]).stdout;
        String::from_utf8(told).unwrap().trim().to_owned()
    }

    fn capture(&self, how: &[&str]) -> String {
        let args = [&["capture-pane", "-p", "-S", "-500"], how].concat();
        String::from_utf8_lossy(&self.tmux(&args).stdout).into_owned()
    }

    fn tmux(&self, args: &[&str]) -> Output {
        let mut tmux = Command::new("tmux");
        tmux.arg("-u").arg("-S").arg(&self.socket).args(args).env_remove("TMUX");
        tmux.output().unwrap_or_else(|_| panic!("tmux is missing: sh scripts/test-tools.sh"))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
        let _ = std::fs::remove_file(&self.socket);
        let (began, process) = (now(), Path::new("/proc").join(&self.process));
        while !self.process.is_empty() && process.exists() && !thread::panicking() {
            assert!(began.elapsed() < PATIENCE, "process {} is left behind", self.process);
            thread::sleep(PAUSE);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "another program's terminal runs on the real clock")]
fn now() -> Instant {
    Instant::now()
}
