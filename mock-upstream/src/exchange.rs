//! One request and its response: what is asked, which script holds, who answers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::call::{Call, Kind};
use crate::chat_request::{ChatRequest, Form, Invalid};
use crate::completion::as_chat;
use crate::fault::{At, Empty, Raw};
use crate::inbox::Request;
use crate::options::ColdStart;
use crate::outbox::{Manner, Outbox, Stop};
use crate::reply::Reply;
use crate::route::Route;
use crate::rules::Facts;
use crate::script::{Script, ScriptError};
use crate::shared::Shared;
use crate::turn::Turn;

const MODELS: [&str; 3] = ["mock-reasoner", "mock-chat", "mock-summary"];

/// A request that was understood as far as it can be, and what is to be done about it.
pub(crate) struct Exchange {
    request: Request,
    route: Route,
    body: Value,
    asked: Result<ChatRequest, Reply>,
    script: Script,
}

impl Exchange {
    /// Reads a request and finds its script. The body's bytes are not needed any longer then.
    pub(crate) fn new(shared: &Shared, mut request: Request) -> Self {
        let route = Route::of(&request.method, &request.path);
        let bytes = std::mem::take(&mut request.body);
        let parsed = serde_json::from_slice::<Value>(&bytes);
        let mut asked = match (&route, &parsed) {
            (Route::Chat { .. }, Ok(body)) => {
                ChatRequest::read(body).map_err(|invalid| refusal(&invalid))
            }
            (Route::Completion, Ok(body)) => as_chat(body)
                .and_then(|chat| ChatRequest::read(&chat))
                .map(|asked| ChatRequest { form: Form::Completion, ..asked })
                .map_err(|invalid| refusal(&invalid)),
            (Route::Chat { .. } | Route::Completion, Err(_)) => {
                Err(Reply::error(400, None, "the request body is not JSON"))
            }
            _ => Err(Reply::error(404, None, "no such path")),
        };
        let body = parsed.unwrap_or_default();
        let script = script(shared, &request, asked.as_ref().ok(), &body).unwrap_or_else(|error| {
            asked = Err(Reply::error(400, Some("mock"), &error.to_string()));
            Script::default()
        });
        Self { request, route, body, asked, script }
    }

    /// The call as the log keeps it.
    pub(crate) fn call(&self, connection: u64, began: Duration) -> Call {
        Call {
            method: self.request.method.clone(),
            path: self.request.path.clone(),
            headers: self.request.headers.clone(),
            body: self.body.clone(),
            kind: self.asked.as_ref().map_or(Kind::Other, |asked| asked.kind),
            stream: self.asked.as_ref().is_ok_and(|asked| asked.stream),
            connection,
            status: None,
            tokens: 0,
            began,
            ended: None,
        }
    }

    pub(crate) const fn script(&self) -> &Script {
        &self.script
    }

    /// Answers the request.
    pub(crate) async fn respond(&self, shared: &Shared, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let mut manner = Manner::new(&self.script, self.request.keep_alive(), !self.request.http10);
        manner.head_only = self.request.method == "HEAD";
        out.prepare(manner);
        self.before_head().await?;
        if let Some(refusal) = self.unauthorised(shared) {
            return out.reply(&refusal).await;
        }
        if let Some(reply) = self.scripted() {
            return out.reply(&reply).await;
        }
        match &self.route {
            Route::Chat { dedicated } => self.chat(shared, *dedicated, out).await,
            Route::Completion => self.chat(shared, false, out).await,
            Route::Models => out.reply(&models()).await,
            Route::Health => out.reply(&Reply::json(200, &json!({"status": "ok"}))).await,
            Route::Endpoint { id, order } => {
                let status = shared.endpoints().order(id, *order, Instant::now());
                out.reply(&Reply::json(200, &status)).await
            }
            Route::WrongMethod(allowed) => out.reply(&wrong_method(allowed)).await,
            Route::Unknown => out.reply(&Reply::error(404, None, "no such path")).await,
        }
    }

    /// What the script does before the first byte.
    async fn before_head(&self) -> Result<(), Stop> {
        sleep(Duration::from_millis(self.script.header_delay_ms)).await;
        if self.script.reset == Some(At::Head) {
            return Err(Stop::Reset);
        }
        let closes = [self.script.cut, self.script.end].contains(&Some(At::Head));
        if closes { Err(Stop::Cut) } else { Ok(()) }
    }

    fn unauthorised(&self, shared: &Shared) -> Option<Reply> {
        let key = shared.options.require_key.as_ref().filter(|_| self.route != Route::Health)?;
        let given = self.request.header("authorization").unwrap_or_default();
        let right = given.strip_prefix("Bearer ").is_some_and(|given| given == key);
        (!right).then(|| Reply::error(401, None, "a valid bearer key is required"))
    }

    /// The response that the script dictates as a whole.
    fn scripted(&self) -> Option<Reply> {
        let status = self.script.status.unwrap_or(200);
        match &self.script.body {
            Some(body) => Some(Reply::scripted(status, body)),
            None if (200..300).contains(&status) => None,
            None => Some(Reply::error(status, None, "the request was refused, as the script says")),
        }
    }

    async fn chat(
        &self,
        shared: &Shared,
        dedicated: bool,
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        let asked = match &self.asked {
            Ok(asked) => asked,
            Err(refusal) => return out.reply(refusal).await,
        };
        if dedicated && let Some(refusal) = cold_start(shared, &asked.model).await {
            return out.reply(&refusal).await;
        }
        if let Some(raw) = &self.script.raw {
            return self.raw(raw, out).await;
        }
        if let Some(empty) = self.script.empty {
            return self.empty(empty, out).await;
        }
        let mut turn = Turn::new(shared, &self.script, asked, shared.next_id(), unix_seconds());
        if asked.stream && !self.script.whole {
            turn.stream(out).await
        } else {
            turn.whole(out).await
        }
    }

    async fn raw(&self, raw: &Raw, out: &mut Outbox<'_>) -> Result<(), Stop> {
        self.open(out).await?;
        out.body(raw.bytes()).await?;
        out.finish().await
    }

    async fn empty(&self, empty: Empty, out: &mut Outbox<'_>) -> Result<(), Stop> {
        self.open(out).await?;
        match empty {
            Empty::Nothing => out.finish().await,
            Empty::Done => {
                out.event(None, "[DONE]").await?;
                out.finish().await
            }
        }
    }

    async fn open(&self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        out.open(self.script.status.unwrap_or(200), "text/event-stream; charset=utf-8").await
    }
}

/// The script of a call: the rules', then the header's, then the body's; later members win.
fn script(
    shared: &Shared,
    request: &Request,
    asked: Option<&ChatRequest>,
    body: &Value,
) -> Result<Script, ScriptError> {
    let facts = Facts {
        path: &request.path,
        model: asked.map_or("", |asked| &asked.model),
        stream: asked.is_some_and(|asked| asked.stream),
        kind: asked.map_or(Kind::Other, |asked| asked.kind),
    };
    let mut script = shared.rules().pick(&facts);
    if let Some(header) = request.header("x-mock-script") {
        let over = serde_json::from_str(header)
            .map_err(|error| ScriptError::new("", &format!("X-Mock-Script: {error}")))?;
        script = script.overlaid(&over)?;
    }
    if let Some(over) = body.get("mock") {
        let Some(over) = over.as_object() else {
            return Err(ScriptError::new("mock", "expected an object"));
        };
        script = script.overlaid(over)?;
    }
    Ok(script)
}

/// Waits until a dedicated endpoint is awake, or says that it isn't.
async fn cold_start(shared: &Shared, model: &str) -> Option<Reply> {
    let id = model.split(':').next().unwrap_or_default();
    let wait = shared.endpoints().request(id, Instant::now());
    if wait.is_zero() {
        return None;
    }
    match shared.options.cold_start {
        ColdStart::Hold => {
            sleep(wait).await;
            None
        }
        ColdStart::Refuse => {
            let refusal = Reply::error(503, None, "the endpoint is waking up");
            Some(match shared.options.retry_after {
                Some(seconds) => refusal.with("retry-after", seconds.to_string()),
                None => refusal,
            })
        }
    }
}

fn refusal(invalid: &Invalid) -> Reply {
    Reply::error(400, Some(invalid.param), invalid.message)
}

fn wrong_method(allowed: &str) -> Reply {
    Reply::error(405, None, "this path does not know that method").with("allow", allowed.to_owned())
}

fn models() -> Reply {
    let data = MODELS.iter().map(|id| {
        json!({"id": id, "object": "model", "created": 1_767_225_600, "owned_by": "mock-upstream"})
    });
    Reply::json(200, &json!({"object": "list", "data": data.collect::<Vec<_>>()}))
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
