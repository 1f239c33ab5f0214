//! A running server: accepts connections until it is dropped.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use crate::call::Call;
use crate::call_log::Counts;
use crate::connection;
use crate::options::Options;
use crate::rules::Rules;
use crate::shared::Shared;

/// How long accepting rests when the system has no room for another connection.
const REST: Duration = Duration::from_millis(20);

/// A model server. Dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

impl Server {
    /// Opens the port and begins to serve.
    ///
    /// # Errors
    /// When the port can't be opened.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind(options.bind).await?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared::new(options));
        let accepting = start(accept(listener, Arc::clone(&shared)));
        Ok(Self { addr, shared, accepting })
    }

    /// The address it listens on.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The URL before `/chat/completions` and `/v1/chat/completions`, without a slash at its end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The calls so far, oldest first; at most `kept_calls` of them.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.log.calls()
    }

    /// How many calls there were, and how they ended.
    pub fn counts(&self) -> Counts {
        self.shared.log.counts()
    }

    /// Streams that go on.
    pub fn open_streams(&self) -> u64 {
        self.counts().open_streams
    }

    /// Waits until the calls are as wanted, and returns them. Looks again whenever one begins or ends.
    pub async fn until(&self, wanted: impl Fn(&[Call]) -> bool) -> Vec<Call> {
        self.shared.log.until(wanted).await
    }

    /// Waits until the last of so many calls has begun, and returns all calls.
    pub async fn until_calls(&self, count: usize) -> Vec<Call> {
        self.until(|calls| calls.len() >= count).await
    }

    /// Waits until no call goes on, and returns all calls.
    pub async fn until_idle(&self) -> Vec<Call> {
        self.until(|calls| calls.iter().all(|call| call.ended.is_some())).await
    }

    /// What calls are to do: a script, a rule, rules, or JSON of any of these. Counting of attempts
    /// starts anew; calls that go on keep their script.
    ///
    /// # Errors
    /// When JSON has an unknown member or one of the wrong type.
    pub fn set_script<R: TryInto<Rules>>(&self, script: R) -> Result<(), R::Error> {
        self.shared.set_rules(script.try_into()?);
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Begins work that ends when its handle is aborted, together with all that it began itself.
#[expect(
    clippy::disallowed_methods,
    reason = "the one spawn site; `Server` aborts it when dropped"
)]
fn start(work: impl Future<Output = Infallible> + Send + 'static) -> AbortHandle {
    tokio::spawn(work).abort_handle()
}

/// Accepts connections; the set of them ends with this future.
async fn accept(listener: TcpListener, shared: Arc<Shared>) -> Infallible {
    let mut open = JoinSet::new();
    loop {
        if open.len() >= shared.options.max_connections {
            open.join_next().await;
            continue;
        }
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => serve(&mut open, &shared, stream),
                Err(_) => tokio::time::sleep(REST).await,
            },
            Some(_) = open.join_next() => {}
        }
    }
}

fn serve(open: &mut JoinSet<()>, shared: &Arc<Shared>, stream: TcpStream) {
    open.spawn(connection::serve(Arc::clone(shared), stream));
}
