//! Builds the models and their servers: from a configuration file, or one server of any model from
//! the settings alone.

use std::collections::HashMap;
use std::sync::Arc;

use reasoning_stream::ReaderOptions;
use serde_json::{Map, Value, json};

use super::place::place;
use super::{answer, routes, visibility};
use crate::config::file::kind::{self, Kind};
use crate::config::file::{self, File};
use crate::config::settings::Settings;
use crate::relay::answer::ask::AnswerConfig;
use crate::relay::catalog::{Catalog, Route, Server, Target};
use crate::store::digest::Digest;
use crate::upstream::Upstream;
use crate::upstream::dedicated::{Dedicated, WakeConfig};
use crate::upstream::echo::Echo;
use crate::upstream::llama::LlamaCompletion;
use crate::upstream::llama::template::{self, Template};
use crate::upstream::openai::{OpenAi, UpstreamConfig};
use crate::upstream::quirks::Quirks;

/// Where kinds of servers are known to be, by the end of the host's name.
const HOSTS: [(&str, Kind); 3] = [
    ("friendli.ai", Kind::Friendli),
    ("api.openai.com", Kind::Openai),
    ("openrouter.ai", Kind::Openrouter),
];

/// The models of the settings and the file.
pub(super) fn catalog(settings: &Settings, file: Option<&File>) -> Result<Catalog, String> {
    let Some(file) = file else { return Ok(Catalog::any(alone(settings)?)) };
    let mut servers = HashMap::new();
    for (name, upstream) in &file.upstreams.0 {
        servers.insert(name.as_str(), server(name, settings, upstream)?);
    }
    let places = Places { settings, file, servers };
    let mut catalog = Catalog::default();
    for (name, model) in &file.models.0 {
        catalog = catalog.with(name, places.route(name, model)?);
    }
    for (alias, name) in &file.aliases.0 {
        catalog = catalog.with_alias(alias, name);
    }
    for (name, choice) in &file.routes.0 {
        catalog = catalog.with_choice(name, routes::choice(file, choice));
    }
    if let Some(name) = &file.default_model
        && let Some(model) = file.models.get(name)
    {
        catalog = catalog.otherwise(places.route(name, model)?);
    }
    if let Some(name) = &file.default_upstream {
        let target = file::Target { upstream: name.clone(), ..file::Target::default() };
        let target = places.target(&file::Model::default(), &target)?;
        catalog = catalog.otherwise(unlisted(target, settings));
    }
    Ok(catalog)
}

/// One server for whatever model is asked for.
fn alone(settings: &Settings) -> Result<Route, String> {
    let kind = if settings.echo { Kind::Echo } else { kind_at(&settings.upstream_base_url) };
    let config = UpstreamConfig {
        base_url: settings.upstream_base_url.clone(),
        path: settings.upstream_path.clone(),
        api_key: settings.upstream_api_key.clone(),
        headers: vec![],
        connect_timeout: settings.connect_timeout,
    };
    let place = place(kind, &config.base_url);
    let wake = settings.upstream_auto_wake && !settings.echo;
    let wake = wake
        .then(|| WakeConfig { base_url: settings.upstream_management_url.clone(), token: None });
    let identity = identity(&json!([format!("{kind:?}"), config.base_url, config.path]));
    let upstream = upstream(kind, None, wake.as_ref(), &config)?;
    let server = Server::at(place, identity, "default", upstream);
    let answer = AnswerConfig { members: members(kind, settings), ..answer(settings) };
    let target = Target { quirks: quirks(kind), ..Target::new(server, answer) };
    Ok(unlisted(target, settings))
}

/// The route of whatever name is asked for.
fn unlisted(target: Target, settings: &Settings) -> Route {
    let mut route = Route::new(target, vec![]);
    route.max_prompt_tokens = settings.max_prompt_tokens;
    route
}

fn server(name: &str, settings: &Settings, it: &file::Upstream) -> Result<Arc<Server>, String> {
    let config = UpstreamConfig {
        base_url: it.base_url.as_ref().map_or_else(String::new, |url| url.0.clone()),
        path: it.path.as_ref().map_or_else(|| default_path(it.kind), |path| path.0.clone()),
        api_key: it.key.clone(),
        headers: it
            .headers
            .0
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect(),
        connect_timeout: it.timeouts.connect.map_or(settings.connect_timeout, |it| it.0),
    };
    let upstream = upstream(it.kind, it.template, wake(settings, it).as_ref(), &config)
        .map_err(|error| format!("upstream {name}: {error}"))?;
    let kind = format!("{:?} {:?}", it.kind, it.template);
    let identity = identity(&json!([kind, config.base_url, config.path, it.headers.0]));
    Ok(Server::at(place(it.kind, &config.base_url), identity, name, upstream))
}

/// What tells a server from others: where it is asked, and with which headers. Its key is none of it: one
/// that takes another's place asks the same models.
fn identity(it: &Value) -> Digest {
    Digest::of(it.to_string().as_bytes())
}

/// How it is woken, if it is.
fn wake(settings: &Settings, it: &file::Upstream) -> Option<WakeConfig> {
    let url = it.management_url.as_ref().map(|url| &url.0);
    let base_url = url.unwrap_or(&settings.upstream_management_url).clone();
    it.auto_wake.then(|| WakeConfig { base_url, token: it.wake_token.clone() })
}

fn default_path(kind: Kind) -> String {
    let path = if kind == Kind::LlamaCompletion { "/completion" } else { "/chat/completions" };
    path.to_owned()
}

fn upstream(
    kind: Kind,
    template: Option<kind::Template>,
    wake: Option<&WakeConfig>,
    config: &UpstreamConfig,
) -> Result<Arc<dyn Upstream>, String> {
    if let Some(wake) = wake {
        return Ok(Arc::new(Dedicated::new(config, wake)?));
    }
    Ok(match kind {
        Kind::Echo => Arc::new(Echo),
        Kind::LlamaCompletion => {
            Arc::new(LlamaCompletion::new(config, template_of(template.unwrap_or_default()))?)
        }
        Kind::Generic
        | Kind::Openai
        | Kind::Friendli
        | Kind::Vllm
        | Kind::Ollama
        | Kind::Openrouter => Arc::new(OpenAi::new(config)?),
    })
}

fn template_of(name: kind::Template) -> &'static Template {
    match name {
        kind::Template::Chatml => &template::CHATML,
        kind::Template::Llama3 => &template::LLAMA3,
        kind::Template::Gemma => &template::GEMMA,
        kind::Template::Mistral => &template::MISTRAL,
        kind::Template::Deepseek => &template::DEEPSEEK,
        kind::Template::Phi => &template::PHI,
    }
}

fn quirks(kind: Kind) -> Quirks {
    match kind {
        Kind::Generic | Kind::LlamaCompletion | Kind::Echo => Quirks::NONE,
        Kind::Openai => Quirks::OPENAI,
        Kind::Friendli => Quirks::FRIENDLI,
        Kind::Vllm => Quirks::VLLM,
        Kind::Ollama => Quirks::OLLAMA,
        Kind::Openrouter => Quirks::OPENROUTER,
    }
}

/// Friendli separates reasoning only when it is told to, and its default differs by endpoint.
fn members(kind: Kind, settings: &Settings) -> Map<String, Value> {
    if kind != Kind::Friendli {
        return Map::new();
    }
    let parse = settings.enable_parse_reasoning;
    let mut members = Map::from_iter([("parse_reasoning".to_owned(), parse.into())]);
    if parse {
        members.insert("include_reasoning".to_owned(), true.into());
    }
    members
}

/// What is at a URL, as far as its host tells.
fn kind_at(url: &str) -> Kind {
    let host = url.split("//").nth(1).and_then(|rest| rest.split(['/', ':']).next());
    let host = host.unwrap_or_default();
    let fits = |known: &str| {
        host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    HOSTS.iter().find(|(known, _)| fits(known)).map_or(Kind::Generic, |(_, kind)| *kind)
}

/// What targets are made of.
struct Places<'a> {
    settings: &'a Settings,
    file: &'a File,
    servers: HashMap<&'a str, Arc<Server>>,
}

impl Places<'_> {
    fn route(&self, name: &str, model: &file::Model) -> Result<Route, String> {
        let mut targets = Vec::new();
        for (at, target) in (0..).zip(&model.targets) {
            let own_name = target.model.clone().unwrap_or_else(|| name.to_owned());
            targets.push(Target {
                model: Some(own_name),
                rank: target.rank.unwrap_or(at),
                weight: target.weight.unwrap_or(1),
                ..self.target(model, target)?
            });
        }
        let first = if targets.is_empty() { None } else { Some(targets.remove(0)) };
        let first = first.ok_or_else(|| format!("model {name} has no target"))?;
        let mut route = Route::new(first, targets);
        route.summary_model.clone_from(&model.summary_model);
        route.visibility = model.visibility.map(visibility);
        route.offer = routes::offer(model);
        let own = model.limits.max_prompt_tokens.map(|most| most.0);
        route.max_prompt_tokens = own.or(self.settings.max_prompt_tokens);
        Ok(route)
    }

    fn target(&self, model: &file::Model, target: &file::Target) -> Result<Target, String> {
        let missing = || format!("there is no upstream {}", target.upstream);
        let upstream = self.file.upstreams.get(&target.upstream).ok_or_else(missing)?;
        let server = self.servers.get(target.upstream.as_str()).ok_or_else(missing)?;
        let answer = self.answer(upstream, model, target);
        Ok(Target {
            quirks: quirks(upstream.kind),
            capability: model.capability,
            streams: target.stream.unwrap_or(true),
            ..Target::new(Arc::clone(server), answer)
        })
    }

    fn answer(
        &self,
        it: &file::Upstream,
        model: &file::Model,
        target: &file::Target,
    ) -> AnswerConfig {
        let (base, limits) = (answer(self.settings), &model.limits);
        let on_missing_final = model.on_missing_final.unwrap_or(base.reader.on_missing_final);
        let mut members = members(it.kind, self.settings);
        members.extend(target.members.clone());
        let mut retry = base.retry;
        retry.max_retries = limits.max_retries.unwrap_or(retry.max_retries);
        AnswerConfig {
            headers_timeout: it.timeouts.headers.map_or(base.headers_timeout, |it| it.0),
            first_token_timeout: it
                .timeouts
                .first_token
                .map_or(base.first_token_timeout, |it| it.0),
            idle_timeout: it.timeouts.idle.map_or(base.idle_timeout, |it| it.0),
            deadline: limits.deadline.map_or(base.deadline, |it| it.0),
            retry,
            max_restarts: limits.max_restarts.unwrap_or(base.max_restarts),
            reader: ReaderOptions { on_missing_final, ..base.reader },
            members,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{kind_at, members};
    use crate::app::tests::settings;
    use crate::config::file::kind::Kind;

    #[test]
    fn known_hosts_tell_their_kind() {
        for (url, expected) in [
            ("https://api.friendli.ai/serverless/v1", Kind::Friendli),
            ("https://friendli.ai:443", Kind::Friendli),
            ("https://notfriendli.ai/v1", Kind::Generic),
            ("https://friendli.ai.example/v1", Kind::Generic),
            ("https://api.openai.com/v1", Kind::Openai),
            ("https://openrouter.ai/api/v1", Kind::Openrouter),
            ("http://localhost:8001", Kind::Generic),
        ] {
            assert_eq!(kind_at(url), expected, "{url}");
        }
    }

    #[test]
    fn friendli_alone_is_told_to_separate_reasoning() {
        for (kind, parse, expected) in [
            (Kind::Friendli, "true", json!({"parse_reasoning": true, "include_reasoning": true})),
            (Kind::Friendli, "false", json!({"parse_reasoning": false})),
            (Kind::Generic, "true", json!({})),
        ] {
            let parse = format!("--enable-parse-reasoning={parse}");
            let members = members(kind, &settings(&[&parse]));
            assert_eq!(Value::from(members), expected, "{kind:?} {parse}");
        }
    }
}
