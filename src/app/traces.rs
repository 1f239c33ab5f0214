//! Builds what begins traces, and what sends them.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::config::collector::TracesSampler;
use crate::config::settings::Settings;
use crate::metrics::Metrics;
use crate::relay::task::Started;
use crate::traces::Tracer;
use crate::traces::sampler::Sampler;

/// How long what is left may take to be sent once nothing else is to be done.
const MAX_LAST: Duration = Duration::from_secs(2);

/// What sends traces, for as long as it lives.
#[derive(Debug, Default)]
pub struct Sending {
    work: Option<Started<()>>,
    closing: CancellationToken,
}

impl Sending {
    /// Sends what is left, as far as there is time.
    pub async fn finish(self) {
        self.closing.cancel();
        if let Some(work) = self.work {
            let _ = timeout(MAX_LAST, work).await;
        }
    }
}

/// What begins traces, and what sends them: neither does anything unless a collector is set.
///
/// # Errors
/// When the collector can't be what the settings say, as text.
#[cfg(feature = "otel")]
pub fn traces(settings: &Settings, metrics: &Arc<Metrics>) -> Result<(Tracer, Sending), String> {
    use crate::relay::task::start;
    use crate::traces::otlp::{OtlpConfig, otlp};

    let Some(endpoint) = &settings.otel_exporter_otlp_endpoint else {
        return Ok(Default::default());
    };
    let config = OtlpConfig {
        endpoint: endpoint.clone(),
        headers: settings
            .otel_exporter_otlp_headers
            .as_ref()
            .map_or_else(Vec::new, |headers| headers.0.clone()),
        service_name: settings.otel_service_name.clone(),
    };
    let metrics = Arc::clone(metrics);
    let (sink, exporter) = otlp(&config, move |count| metrics.spans_lost(count))?;
    let tracer = Tracer::new(sink, sampler(settings));
    let tracer = if settings.log_content { tracer.with_content() } else { tracer };
    let closing = CancellationToken::new();
    let work = Some(start(exporter.run(closing.clone())));
    Ok((tracer, Sending { work, closing }))
}

/// Nothing that begins traces: this program was built without them.
///
/// # Errors
/// None.
#[cfg(not(feature = "otel"))]
pub fn traces(settings: &Settings, _: &Arc<Metrics>) -> Result<(Tracer, Sending), String> {
    if let Some(line) = in_vain(settings) {
        tracing::warn!("{line}");
    }
    Ok(Default::default())
}

/// What a program without traces says to settings that ask for some.
#[cfg_attr(all(feature = "otel", not(test)), expect(dead_code, reason = "nothing is in vain"))]
fn in_vain(settings: &Settings) -> Option<&'static str> {
    settings.otel_exporter_otlp_endpoint.as_ref().map(|_| {
        "OTEL_EXPORTER_OTLP_ENDPOINT is set, and there are no traces: \
        this program was built without the feature otel"
    })
}

/// Which traces are sent.
#[cfg_attr(not(any(feature = "otel", test)), expect(dead_code, reason = "there are no traces"))]
fn sampler(settings: &Settings) -> Sampler {
    use TracesSampler::{AlwaysOff, AlwaysOn, ParentOff, ParentOn, ParentRatio, Ratio};

    let sampler = settings.otel_traces_sampler;
    Sampler {
        ratio: match sampler {
            AlwaysOn | ParentOn => 1.0,
            AlwaysOff | ParentOff => 0.0,
            Ratio | ParentRatio => settings.otel_traces_sampler_arg,
        },
        is_parent_based: match sampler {
            ParentOn | ParentOff | ParentRatio => true,
            AlwaysOn | AlwaysOff | Ratio => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{in_vain, sampler};
    use crate::app::tests::settings;

    #[test]
    fn whoever_wants_traces_in_vain_is_told() {
        assert_eq!(in_vain(&settings(&[])), None);
        let set = settings(&["--otel-exporter-otlp-endpoint=http://h:4318"]);
        assert!(in_vain(&set).unwrap().contains("built without the feature otel"));
    }

    #[test]
    fn samplers_are_what_opentelemetry_calls_so() {
        for (name, ratio, is_parent_based) in [
            ("always_on", 1.0, false),
            ("always_off", 0.0, false),
            ("traceidratio", 0.25, false),
            ("parentbased_always_on", 1.0, true),
            ("parentbased_always_off", 0.0, true),
            ("parentbased_traceidratio", 0.25, true),
        ] {
            let name = format!("--otel-traces-sampler={name}");
            let it = sampler(&settings(&[&name, "--otel-traces-sampler-arg=0.25"]));
            assert_eq!((it.ratio, it.is_parent_based), (ratio, is_parent_based), "{name}");
        }
    }
}
