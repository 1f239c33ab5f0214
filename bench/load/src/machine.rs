//! The machine: which core runs what, and how many files may be open.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Connections of the largest workload, at both ends, and some more.
const FILES: u64 = 16_000;

/// Streams of the largest workload.
const LARGEST: usize = 5_000;

/// What the figures were measured on.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
}

impl Machine {
    /// Allows this process, and those that it starts, enough files; keeps it on its core.
    ///
    /// # Errors
    /// When there is one core only, or the limit of files is too low and can't be raised.
    pub(crate) fn prepare() -> io::Result<Self> {
        let machine = Self::pinned()?;
        allow_files()?;
        Ok(machine)
    }

    /// The same with whatever files it has.
    ///
    /// # Errors
    /// When there is one core only.
    pub(crate) fn pinned() -> io::Result<Self> {
        let cores = usize::try_from(sched_getaffinity(None)?.count()).unwrap_or(usize::MAX);
        if cores < 2 {
            return Err(io::Error::other("two cores are needed: one for the server, one for us"));
        }
        stay_on(LOAD_CORE)?;
        let processor = std::fs::read_to_string("/proc/cpuinfo")?;
        let model = processor.lines().find_map(|line| line.strip_prefix("model name"));
        let model = model.unwrap_or_default().trim_start_matches([' ', '\t', ':']);
        Ok(Self { processor: model.to_owned(), cores })
    }
}

/// The core of the server that is measured.
pub(crate) const SERVER_CORE: usize = 0;
/// The core of the upstream and the client.
pub(crate) const LOAD_CORE: usize = 1;

/// Keeps this thread, and the processes that it starts from here on, on one core.
pub(crate) fn stay_on(core: usize) -> io::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    Ok(sched_setaffinity(None, &cores)?)
}

/// How many of so many streams fit into the limit of files, raised as far as that is allowed.
pub(crate) fn fitting(streams: usize) -> usize {
    let _ = allow_files();
    let limit = getrlimit(Resource::Nofile);
    if let (Some(current), Some(maximum)) = (limit.current, limit.maximum)
        && current < maximum.min(FILES)
    {
        let raised = Rlimit { current: Some(maximum.min(FILES)), maximum: Some(maximum) };
        let _ = setrlimit(Resource::Nofile, raised);
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(FILES).min(FILES);
    fit(streams, files)
}

/// Each stream needs a place at both ends, and some for its summaries.
fn fit(streams: usize, files: u64) -> usize {
    let fit = LARGEST * usize::try_from(files).unwrap_or(usize::MAX) / FILES as usize;
    streams.min(fit)
}

fn allow_files() -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= FILES) {
        return Ok(());
    }
    let maximum = limit.maximum.map(|maximum| maximum.max(FILES));
    setrlimit(Resource::Nofile, Rlimit { current: Some(FILES), maximum }).map_err(|error| {
        io::Error::other(format!("{FILES} open files are needed, and ulimit -n says no: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::{FILES, LARGEST, fit};

    #[test]
    fn as_many_streams_as_there_are_files_for() {
        for (streams, files, expected) in [
            (LARGEST, FILES, LARGEST),
            (LARGEST, FILES * 2, LARGEST),
            (LARGEST, FILES / 4, LARGEST / 4),
            (100, FILES / 4, 100),
            (LARGEST, 0, 0),
        ] {
            assert_eq!(fit(streams, files), expected, "{streams} streams, {files} files");
        }
    }
}
