//! One question, from the request to the exit code.

use std::io;

use futures::StreamExt;
use gateway_client::{Client, Event, Message, Request, Role};
use serde_json::json;

use super::args::{Args, Server, given};
use super::clean;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;

/// Asks, and shows what comes.
pub(crate) async fn ask(args: &Args, prompt: String, screen: &mut Screen) -> Result<Exit, Failure> {
    let client = client(&args.server)?;
    converse(args, &client, &request(args, prompt), screen, |_| Ok(())).await
}

/// The request that the arguments and the prompt make.
pub(crate) fn request(args: &Args, prompt: String) -> Request {
    let question = Message { role: Role::User, content: prompt };
    let messages = args.wishes.system().into_iter().chain([question]).collect();
    args.wishes.request(args.model(), messages)
}

/// Sends a request and shows what comes; `heard` gets to know it, too.
pub(crate) async fn converse(
    args: &Args,
    client: &Client,
    request: &Request,
    screen: &mut Screen,
    mut heard: impl FnMut(&Event) -> io::Result<()>,
) -> Result<Exit, Failure> {
    if args.looks.debug {
        screen.say(&debug(client, request, &args.server));
    }
    screen.begin();
    let mut conversation = screen.wait(client.ask(request)).await??;
    while let Some(event) = screen.wait(conversation.next()).await? {
        let event = event?;
        screen.show(&event, conversation.request_id())?;
        heard(&event)?;
    }
    Ok(screen.finish()?)
}

/// The client of the gateway that the arguments name.
pub(crate) fn client(server: &Server) -> Result<Client, Failure> {
    let client = Client::new(server.url())?;
    let client = match server.timeout {
        Some(timeout) => client.timeout(timeout),
        None => client,
    };
    match given(&server.api_key) {
        Some(key) => Ok(client.api_key(key)?),
        None => Ok(client),
    }
}

/// The request as it is sent, its key masked.
fn debug(client: &Client, request: &Request, server: &Server) -> String {
    let key = given(&server.api_key).map(|_| "Bearer ***");
    let shown = json!({
        "method": "POST", "url": client.url(), "headers": { "authorization": key }, "body": request,
    });
    clean::json(&format!("{shown:#}"))
}
