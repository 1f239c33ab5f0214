//! One name that stands for several models: which of them a request gets.
//!
//! ```text
//!  auto ──▶ those that the caller may ask ──▶ that can do it ──▶ by size, latency or cost ──▶ the first
//! ```
//!
//! Models for which the prompt is too long, and those that nobody can be called for at the moment,
//! come last, whatever the order.

use std::sync::Arc;

use super::caller::Caller;
use super::catalog::{Catalog, Route};
use super::failure::Failure;
use super::need::Need;
use crate::policy::size::{Bounds, Size};

/// What a choice goes by, and among which models.
#[derive(Debug, Clone)]
pub enum Choice {
    /// How large the request is.
    Size {
        /// Where the sizes end.
        bounds: Bounds,
        /// The model for each size, the simple one first.
        models: [String; 3],
    },
    /// How soon the first token comes.
    Latency(Vec<String>),
    /// What the request costs.
    Cost(Vec<String>),
}

/// A model that may be chosen.
struct Candidate<'a> {
    name: &'a String,
    route: Arc<Route>,
}

impl Choice {
    /// The model for a request that asks by this choice's name.
    ///
    /// # Errors
    /// 403 when the caller may ask none of the models, 422 when none can do what is needed.
    pub(super) fn choose(
        &self,
        name: &str,
        catalog: &Catalog,
        need: &Need,
        caller: &Caller,
    ) -> Result<String, Failure> {
        let mut candidates = self.candidates(catalog, need);
        candidates.retain(|it| caller.may_be_given(catalog, name, it.name));
        if candidates.is_empty() {
            return Err(Failure::model_forbidden());
        }
        candidates.retain(|it| need.is_met_by(&it.route.offer));
        match self {
            Self::Size { .. } => {}
            Self::Latency(_) => candidates.sort_by_key(|it| it.route.speed.standing()),
            Self::Cost(_) => candidates.sort_by(|one, other| {
                f64::total_cmp(&cost(&one.route, need), &cost(&other.route, need))
            }),
        }
        candidates.sort_by_key(|it| {
            let too_long = it.route.max_prompt_tokens.is_some_and(|most| need.prompt_tokens > most);
            (too_long, it.route.is_refused(it.name))
        });
        let chosen = candidates.first().ok_or_else(|| Failure::no_model_fits(need))?;
        if matches!(self, Self::Latency(_)) {
            chosen.route.speed.attempt();
        }
        Ok(chosen.name.clone())
    }

    /// Every model that it may choose.
    pub(super) fn models(&self) -> &[String] {
        match self {
            Self::Size { models, .. } => models,
            Self::Latency(models) | Self::Cost(models) => models,
        }
    }

    fn candidates<'a>(&'a self, catalog: &Catalog, need: &Need) -> Vec<Candidate<'a>> {
        let names = match self {
            Self::Size { bounds, models: [simple, medium, complex] } => {
                match bounds.size(need.extent) {
                    Size::Simple => vec![simple, medium, complex],
                    Size::Medium => vec![medium, complex, simple],
                    Size::Complex => vec![complex, medium, simple],
                }
            }
            Self::Latency(models) | Self::Cost(models) => models.iter().collect(),
        };
        let candidate = |name| Some(Candidate { name, route: catalog.resolve(name)? });
        names.into_iter().filter_map(candidate).collect()
    }
}

/// What has no price is not cheap.
fn cost(route: &Route, need: &Need) -> f64 {
    let price = route.offer.price;
    price.map_or(f64::INFINITY, |price| price.of(need.prompt_tokens, need.max_tokens))
}

impl Failure {
    fn no_model_fits(need: &Need) -> Self {
        let message = format!("no model that may be chosen can do all that is asked for: {need}");
        Self::gateway(422, "no_model_fits", &message, false)
    }
}
