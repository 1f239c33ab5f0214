//! The gateway's process: reads the settings, builds the parts, serves, and stops when told to.

mod banner;
mod check;
mod descriptors;
mod healthcheck;
mod key_command;
mod reload;

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;

use inference_gateway::app;
use inference_gateway::app::access::Doors;
use inference_gateway::config::load;
use inference_gateway::config::settings::{Command, ConfigCommand, LogFormat, Settings};
use inference_gateway::config::start::{Configuration, configuration};
use inference_gateway::http::HttpConfig;
use inference_gateway::http::admin::admin_router;
use inference_gateway::http::router::router;
use inference_gateway::http::serve::serve as serve_http;
use inference_gateway::metrics::Metrics;
use inference_gateway::relay::serve::Relay;
use inference_gateway::relay::task::{Started, start};
use inference_gateway::traces::Tracer;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use self::descriptors::{make_room, wanted};
use self::reload::Reloader;

/// It returns memory after a rush, where the C library's keeps it, and takes less time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Lines of the log that may wait for whoever reads it.
const MAX_LOG_LINES: usize = 4096;

fn main() -> ExitCode {
    match configuration() {
        Ok(it) => match &it.settings.command {
            Some(Command::Check { online }) => match check::run(&it, *online) {
                Ok((report, code)) => say(std::io::stdout(), &report, code),
                Err(problem) => {
                    say(std::io::stderr(), &format!("inference-gateway: {problem}\n"), 2)
                }
            },
            Some(Command::Config { about: ConfigCommand::Schema }) => {
                say(std::io::stdout(), &format!("{}\n", load::schema()), 0)
            }
            Some(Command::Healthcheck) => match healthcheck::ask(it.settings.bind_addr) {
                Ok(()) => ExitCode::SUCCESS,
                Err(problem) => {
                    say(std::io::stderr(), &format!("inference-gateway: {problem}\n"), 1)
                }
            },
            None => run(it),
            Some(Command::Key(command)) => match key_command::run(command, &it) {
                Ok(text) => say(std::io::stdout(), &text, 0),
                Err(problem) => {
                    say(std::io::stderr(), &format!("inference-gateway: {problem}\n"), 1)
                }
            },
        },
        Err((text, 0)) => say(std::io::stdout(), &text, 0),
        Err((text, code)) => say(std::io::stderr(), &text, code),
    }
}

/// What can't be written can't be complained about either.
fn say(mut to: impl Write, text: &str, code: u8) -> ExitCode {
    let _ = to.write_all(text.as_bytes());
    ExitCode::from(code)
}

fn run(it: Configuration) -> ExitCode {
    let settings = &it.settings;
    make_room(wanted(settings.max_connections, settings.max_concurrent_streams));
    match runtime() {
        Ok(runtime) => runtime.block_on(run_on(it)),
        Err(problem) => {
            say(std::io::stderr(), &format!("inference-gateway: no thread: {problem}\n"), 1)
        }
    }
}

/// On one core no thread is woken for another's work, and what is ready is done in its order.
fn runtime() -> std::io::Result<Runtime> {
    let is_alone = available_parallelism().is_ok_and(|cores| cores.get() == 1);
    let mut builder =
        if is_alone { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.enable_all().build()
}

async fn run_on(it: Configuration) -> ExitCode {
    let (_log, dropped) = log_to_stderr(&it.settings);
    // This thread is no worker: what it awaits itself is handed over for each connection.
    match start(async move { serve(&it, dropped).await }).await {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(problem)) => say(std::io::stderr(), &format!("inference-gateway: {problem}\n"), 1),
        // The panic was told.
        None => ExitCode::FAILURE,
    }
}

async fn serve(it: &Configuration, dropped: ErrorCounter) -> Result<(), String> {
    let settings = &it.settings;
    let doors = Arc::new(Doors::open(settings, it.file.as_ref()).await?);
    let relay = app::relay(settings, it.file.as_ref(), &doors)?;
    relay.metrics().watch_dropped_lines(move || dropped.dropped_lines() as u64);
    tell_panics(Arc::clone(relay.metrics()));
    let unheard = |error| format!("signals can't be heard: {error}");
    let signals = signals().map_err(unheard)?;
    let reloader =
        Reloader::new(Arc::clone(&relay), Arc::clone(&doors), it.clone()).map_err(unheard)?;
    let (listener, addr) = listen(settings.bind_addr, "BIND_ADDR").await?;
    let draining = CancellationToken::new();
    let (tracer, sending) = app::traces::traces(settings, relay.metrics())?;
    let config = edge(settings, tracer);
    let _admin = match settings.admin_addr {
        Some(addr) => Some(start_admin(addr, &relay, &config).await?),
        None => None,
    };
    let router = router(relay.clone(), config.clone(), draining.clone());
    say(std::io::stderr(), &banner::banner(addr, settings, std::io::stderr().is_terminal()), 0);
    info!(%addr, "listening on http://{addr}");
    let tended = Arc::clone(&doors);
    let _tending = start(async move { tended.tend().await });
    let _reloader = start(reloader.run());
    let _stopper = start(stop_when_told(signals, draining.clone()));
    serve_http(listener, router, &relay, &config, draining).await;
    doors.settle().await;
    sending.finish().await;
    info!("stopped");
    Ok(())
}

async fn listen(addr: SocketAddr, setting: &str) -> Result<(TcpListener, SocketAddr), String> {
    let listener = TcpListener::bind(addr).await.map_err(|error| {
        format!("can't listen on {addr}: {error}; {setting} chooses another address")
    })?;
    let addr =
        listener.local_addr().map_err(|error| format!("the socket has no address: {error}"))?;
    Ok((listener, addr))
}

/// Metrics on an address of their own, for as long as the handle lives: also while others drain.
async fn start_admin(
    addr: SocketAddr,
    relay: &Arc<Relay>,
    config: &HttpConfig,
) -> Result<Started<()>, String> {
    let (listener, addr) = listen(addr, "ADMIN_ADDR").await?;
    info!(%addr, "metrics are at http://{addr}/metrics");
    let (relay, config) = (Arc::clone(relay), config.clone());
    let router = admin_router(relay.metrics());
    let never = CancellationToken::new();
    Ok(start(async move { serve_http(listener, router, &relay, &config, never).await }))
}

/// Every panic is counted, and told by its place. A message that was put together may quote a text
/// that nobody may log; one that stands in the code may not.
fn tell_panics(metrics: Arc<Metrics>) {
    std::panic::set_hook(Box::new(move |panic| {
        metrics.panicked();
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload().downcast_ref::<&'static str>();
        let message = message.copied().unwrap_or("its message is left out");
        error!(place, "a panic at {place}: {message}");
    }));
}

fn edge(settings: &Settings, tracer: Tracer) -> HttpConfig {
    HttpConfig {
        allow_models: settings.allow_models.clone(),
        summary_model: settings.summary_model_default.clone(),
        visibility: app::visibility(settings.reasoning_visibility),
        cors_origins: settings.cors_origins.clone(),
        playground: settings.playground,
        max_body_bytes: settings.max_body_bytes,
        max_concurrent_streams: settings.max_concurrent_streams,
        max_connections: settings.max_connections,
        trusted_proxies: settings.trusted_proxies.clone(),
        metrics_apart: settings.admin_addr.is_some(),
        tracer,
        shutdown_grace: settings.shutdown_grace,
    }
}

fn signals() -> std::io::Result<[Signal; 2]> {
    Ok([signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?])
}

/// The first signal asks to stop in order, the second one to stop.
async fn stop_when_told([mut terminate, mut interrupt]: [Signal; 2], draining: CancellationToken) {
    let mut told = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    told().await;
    info!("asked to stop: open answers may finish");
    draining.cancel();
    told().await;
    error!("asked to stop again: stopping at once");
    std::process::exit(130);
}

/// Logs from here on, beside the work: when nobody reads, lines are lost, and nothing waits.
/// What the returned guard holds back is written when it is dropped.
/// The number is that of the lines that were lost.
fn log_to_stderr(settings: &Settings) -> (WorkerGuard, ErrorCounter) {
    let filter = EnvFilter::new(&settings.log_level);
    let terminal = std::io::stderr().is_terminal();
    let writer = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(MAX_LOG_LINES);
    let (writer, guard) = writer.finish(std::io::stderr());
    let dropped = writer.error_counter();
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let json = match settings.log_format {
        LogFormat::Json => true,
        LogFormat::Pretty => false,
        LogFormat::Auto => !terminal,
    };
    if json {
        subscriber.json().flatten_event(true).init();
    } else {
        subscriber.with_ansi(terminal).with_target(false).init();
    }
    (guard, dropped)
}
