//! One question, from the request to the exit code.

use futures::StreamExt;
use gateway_client::{Client, Request};
use serde_json::json;

use super::args::{Args, given};
use super::clean;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;

/// Asks, and shows what comes.
pub(crate) async fn ask(args: &Args, prompt: String, screen: &mut Screen) -> Result<Exit, Failure> {
    let request = args.request(prompt);
    let client = client(args)?;
    if args.debug {
        screen.say(&debug(&client, &request, args));
    }
    screen.begin();
    let mut conversation = screen.wait(client.ask(&request)).await??;
    while let Some(event) = screen.wait(conversation.next()).await? {
        screen.show(&event?, conversation.request_id())?;
    }
    Ok(screen.finish()?)
}

fn client(args: &Args) -> Result<Client, Failure> {
    let client = Client::new(args.url())?;
    let client = match args.timeout {
        Some(timeout) => client.timeout(timeout),
        None => client,
    };
    match given(&args.api_key) {
        Some(key) => Ok(client.api_key(key)?),
        None => Ok(client),
    }
}

/// The request as it is sent, its key masked.
fn debug(client: &Client, request: &Request, args: &Args) -> String {
    let key = given(&args.api_key).map(|_| "Bearer ***");
    let shown = json!({
        "method": "POST", "url": client.url(), "headers": { "authorization": key }, "body": request,
    });
    clean::json(&format!("{shown:#}"))
}
