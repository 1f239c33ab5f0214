//! Takes a changed configuration over while the gateway runs: on `SIGHUP`, and when the file changes.
//!
//! Upstreams, models, how they are asked, listed keys and limits are replaced as a whole; what a request
//! has begun with stays its own. What can't be used changes nothing. What holds until the next start
//! (addresses, the edge, the log, where keys are kept) is named, if it has changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use inference_gateway::app;
use inference_gateway::app::access::Doors;
use inference_gateway::config::start::{Configuration, configuration};
use inference_gateway::relay::serve::Relay;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};
use tracing::{error, info, warn};

/// How often the file is looked at. A look costs one call to the system.
const LOOK: Duration = Duration::from_secs(1);

/// Waits for changes.
pub(crate) struct Reloader {
    relay: Arc<Relay>,
    doors: Arc<Doors>,
    started: Configuration,
    path: Option<PathBuf>,
    seen: Option<Look>,
    hangup: Signal,
}

/// What tells one state of a file from another; a link is followed.
type Look = (SystemTime, u64);

impl Reloader {
    /// Hears `SIGHUP` from here on.
    pub(crate) fn new(
        relay: Arc<Relay>,
        doors: Arc<Doors>,
        started: Configuration,
    ) -> std::io::Result<Self> {
        let path = started.settings.gateway_config.clone();
        let seen = path.as_deref().and_then(look);
        let hangup = signal(SignalKind::hangup())?;
        Ok(Self { relay, doors, started, path, seen, hangup })
    }

    /// For ever.
    pub(crate) async fn run(mut self) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                _ = self.hangup.recv() => self.reload("asked to"),
                _ = looks.tick(), if self.path.is_some() => {
                    let found = self.path.as_deref().and_then(look);
                    // A file that is being replaced is missing for a moment.
                    if found.is_some() && found != self.seen {
                        self.reload("the file has changed");
                    }
                }
            }
        }
    }

    fn reload(&mut self, why: &str) {
        // Looked at first: what changes while it is read is read again.
        self.seen = self.path.as_deref().and_then(look).or(self.seen);
        let reloaded = configuration().map_err(|(text, _)| text).and_then(|it| {
            app::reload(&self.relay, &it.settings, it.file.as_ref(), &self.doors).map(|()| it)
        });
        match reloaded {
            Ok(it) => {
                let held = it.held_back(&self.started).join(", ");
                if !held.is_empty() {
                    warn!(
                        held,
                        "these settings have changed, and hold until the next start: {held}"
                    );
                }
                info!("the configuration was read again: {why}");
            }
            Err(text) => error!("the configuration can't be used, and nothing was changed: {text}"),
        }
    }
}

fn look(path: &Path) -> Option<Look> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.modified().ok()?, found.len()))
}
