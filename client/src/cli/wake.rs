//! A Friendli Dedicated endpoint: what it is, and getting it to serve.

use std::io::{self, Write};

use gateway_client::friendli::policy::Policy;
use gateway_client::friendli::status::Readiness;
use gateway_client::friendli::{Dedicated, WakeError};

use super::args::{Args, given};
use super::clean;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;

/// Prints the endpoint's status; whether it serves is the exit code.
pub(crate) async fn show_status(args: &Args, screen: &mut Screen) -> Result<Exit, Failure> {
    let endpoint = endpoint(args)?;
    let looked = screen.wait_for("looking at the endpoint…", endpoint.status()).await?;
    let status = looked.map_err(WakeError::Api)?;
    writeln!(io::stdout(), "{}", clean::line(&status.to_string()))?;
    Ok(if status.readiness() == Readiness::Serves { Exit::Ok } else { Exit::Error })
}

/// Waits until the endpoint serves, and wakes it if it sleeps; each change is told on stderr.
pub(crate) async fn wake(args: &Args, screen: &mut Screen) -> Result<(), Failure> {
    let endpoint = endpoint(args)?;
    let policy = Policy::new(args.friendli.wake_interval, args.friendli.wake_timeout);
    let mut waking = endpoint.waking(policy);
    let mut told = String::new();
    while let Some(status) = screen.wait_for("waking the endpoint…", waking.next()).await?? {
        let line = clean::line(&format!("the endpoint is {status}"));
        if line != told {
            screen.say(&line);
            told = line;
        }
    }
    Ok(())
}

fn endpoint(args: &Args) -> Result<Dedicated, Failure> {
    let friendli = &args.friendli;
    let Some(id) = given(&friendli.endpoint_id) else {
        return Err(Failure::Usage("the endpoint's id is empty".to_owned()));
    };
    let mut endpoint = Dedicated::new(friendli.api(), id).map_err(WakeError::Api)?;
    if let Some(token) = given(&friendli.upstream_api_key) {
        endpoint = endpoint.token(token).map_err(WakeError::Api)?;
    }
    if let Some(team) = given(&friendli.team) {
        endpoint = endpoint.team(team).map_err(WakeError::Api)?;
    }
    Ok(endpoint)
}
