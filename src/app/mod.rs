//! Builds the parts from the settings: all but the edge.

pub mod access;
mod catalog;
mod keys;
mod place;
mod routes;
pub mod traces;

use std::sync::Arc;
use std::time::Duration;

use reasoning_stream::{ReaderOptions, sse};
use serde_json::Map;

use self::access::Doors;
use self::catalog::catalog;
use crate::config::file::File;
use crate::config::settings::{ReasoningFallback as Fallback, ReasoningVisibility, Settings};
use crate::policy::retry::RetryPolicy;
use crate::relay::answer::ask::AnswerConfig;
use crate::relay::request::Visibility;
use crate::relay::serve::{Relay, Setup};
use crate::relay::summary::{ReasoningFallback, SummaryConfig};

/// No retry of an answer waits longer by itself.
const MAX_BACKOFF: Duration = Duration::from_secs(8);
/// A server that asks for a longer wait is not asked again.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);

/// A relay to the models of the settings and the configuration file.
///
/// # Errors
/// When the HTTP client can't be built, or a key is none, as text.
pub fn relay(
    settings: &Settings,
    file: Option<&File>,
    doors: &Doors,
) -> Result<Arc<Relay>, String> {
    let relay = Relay::with(setup(settings, file, doors)?, doors.limits());
    doors.report_to(|| relay.metrics().store_meter());
    Ok(Arc::new(relay))
}

/// Gives a relay other models, listed keys and limits, in one step. Requests that were let in keep theirs;
/// nothing changes on an error.
///
/// # Errors
/// As [`relay`]; and when other machines could ask without a key from here on.
pub fn reload(
    relay: &Relay,
    settings: &Settings,
    file: Option<&File>,
    doors: &Doors,
) -> Result<(), String> {
    doors.check(settings, file)?;
    relay.replace(setup(settings, file, doors)?);
    Ok(())
}

fn setup(settings: &Settings, file: Option<&File>, doors: &Doors) -> Result<Setup, String> {
    Ok(Setup {
        catalog: catalog(settings, file)?,
        summary: summary(settings),
        access: doors.access(settings, file)?,
        cache: doors.cache(settings),
    })
}

/// How much of a model's reasoning is shown at most, as it is configured.
pub const fn visibility(configured: ReasoningVisibility) -> Visibility {
    match configured {
        ReasoningVisibility::Summary => Visibility::Summary,
        ReasoningVisibility::Raw => Visibility::Raw,
        ReasoningVisibility::None => Visibility::None,
    }
}

fn answer(settings: &Settings) -> AnswerConfig {
    let quiet = settings.request_timeout;
    AnswerConfig {
        headers_timeout: settings.headers_timeout.unwrap_or(quiet),
        first_token_timeout: settings.first_token_timeout.unwrap_or(quiet),
        idle_timeout: settings.idle_timeout.unwrap_or(quiet),
        deadline: settings.request_deadline,
        retry: RetryPolicy {
            max_retries: settings.upstream_max_retries,
            backoff: settings.upstream_retry_backoff,
            max_backoff: MAX_BACKOFF,
            max_retry_after: MAX_RETRY_AFTER,
        },
        max_restarts: settings.upstream_max_restarts,
        reader: ReaderOptions {
            parse_reasoning: settings.enable_parse_reasoning,
            on_missing_final: settings.on_missing_final,
            limits: sse::Limits::default(),
            ..ReaderOptions::default()
        },
        members: Map::new(),
    }
}

fn summary(settings: &Settings) -> SummaryConfig {
    SummaryConfig {
        model: settings.summary_model_default.clone(),
        second_model: settings.summary_model_fallback.clone(),
        timeout: settings.summary_timeout,
        max_stall: settings.summary_max_stall,
        max_prompt_chars: settings.max_prompt_chars,
        max_reasoning_chars: settings.max_reasoning_chars,
        reasoning_fallback: match settings.reasoning_fallback {
            Fallback::Excerpt => ReasoningFallback::Excerpt,
            Fallback::Metadata => ReasoningFallback::Metadata,
        },
        cached_prompts: settings.summary_cache,
        live: settings.summary_live,
        stream: settings.summary_stream,
        section_chars: settings.summary_section_chars,
        section_time: settings.summary_section_secs,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser;
    use reasoning_stream::OnMissingFinal;

    use super::{answer, summary};
    use crate::config::settings::Settings;
    use crate::relay::summary::ReasoningFallback;

    pub(super) fn settings(flags: &[&str]) -> Settings {
        Settings::try_parse_from(["inference-gateway"].iter().chain(flags)).unwrap()
    }

    #[test]
    fn each_setting_reaches_its_part() {
        let settings = settings(&[
            "--headers-timeout=2",
            "--first-token-timeout=3",
            "--idle-timeout=4",
            "--request-deadline=5",
            "--summary-timeout=6",
            "--upstream-retry-backoff=7",
            "--upstream-max-retries=8",
            "--upstream-max-restarts=9",
            "--enable-parse-reasoning=false",
            "--on-missing-final=answer",
            "--max-reasoning-chars=101",
            "--max-prompt-chars=102",
            "--summary-model-default=small",
            "--summary-model-fallback=tiny",
            "--summary-max-stall=0.5",
            "--summary-cache=104",
            "--summary-live=true",
            "--summary-stream=false",
            "--summary-section-chars=103",
            "--summary-section-secs=9",
            "--reasoning-fallback=metadata",
        ]);
        let secs = Duration::from_secs;
        let it = answer(&settings);
        let waits = [it.headers_timeout, it.first_token_timeout, it.idle_timeout, it.deadline];
        assert_eq!(waits, [2, 3, 4, 5].map(secs));
        assert_eq!((it.retry.backoff, it.retry.max_retries, it.max_restarts), (secs(7), 8, 9));
        assert!(!it.reader.parse_reasoning);
        assert_eq!(it.reader.on_missing_final, OnMissingFinal::Answer);
        let it = summary(&settings);
        assert_eq!((it.timeout, it.model.as_deref()), (secs(6), Some("small")));
        assert_eq!((it.max_reasoning_chars, it.max_prompt_chars), (101, 102));
        assert_eq!(it.second_model.as_deref(), Some("tiny"));
        assert_eq!(it.max_stall, Some(Duration::from_millis(500)));
        assert_eq!((it.live, it.stream, it.cached_prompts), (true, false, 104));
        assert_eq!((it.section_chars, it.section_time), (103, secs(9)));
        assert_eq!(it.reasoning_fallback, ReasoningFallback::Metadata);
    }

    #[test]
    fn one_timeout_stands_for_three() {
        let it = answer(&settings(&["--request-timeout=7"]));
        let waits = [it.headers_timeout, it.first_token_timeout, it.idle_timeout];
        assert_eq!(waits, [Duration::from_secs(7); 3]);
    }
}
