//! Whoever asks: the bearer of a key, or somebody at an address.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::catalog::Catalog;
use super::plan::Plan;
use super::request::{ChatRequest, Visibility};
use crate::policy::account::Quota;
use crate::store::key::{Key, Visibility as Seen};
use crate::store::limits::address;
use crate::store::table::Subject;

/// Whoever asks, and how much he may.
#[derive(Debug, Clone)]
pub struct Caller {
    key: Option<Arc<Key>>,
    whose: Subject,
    quota: Quota,
    /// What holds for his request, all of it.
    plan: Option<Arc<Plan>>,
}

impl Default for Caller {
    /// Somebody who has no key and needs none.
    fn default() -> Self {
        Self::at(IpAddr::V4(Ipv4Addr::UNSPECIFIED), Quota::default())
    }
}

impl Caller {
    /// Somebody without a key.
    pub(super) fn at(from: IpAddr, quota: Quota) -> Self {
        Self { key: None, whose: address(from), quota, plan: None }
    }

    /// The bearer of a key; `otherwise` holds where the key sets no limit of its own.
    pub(super) fn with_key(key: Arc<Key>, otherwise: &Quota) -> Self {
        let (whose, quota) = (Subject::Key(key.digest), key.quota(otherwise));
        Self { key: Some(key), whose, quota, plan: None }
    }

    /// The same, who was let in by this plan, and is answered by it.
    pub(super) fn under(self, plan: Arc<Plan>) -> Self {
        Self { plan: Some(plan), ..self }
    }

    /// What he was let in by.
    pub(super) const fn plan(&self) -> Option<&Arc<Plan>> {
        self.plan.as_ref()
    }

    /// Whose account this is charged to.
    pub(super) const fn whose(&self) -> Subject {
        self.whose
    }

    /// How much he may.
    pub(super) const fn quota(&self) -> &Quota {
        &self.quota
    }

    /// With whom he shares what was written before: with the bearers of his key, or with all who
    /// need none.
    pub(super) fn scope(&self) -> Option<[u8; 32]> {
        self.key.as_ref().map(|key| *key.digest.bytes())
    }

    /// The key's name.
    pub fn name(&self) -> Option<&str> {
        self.key.as_ref().map(|key| key.name.as_str())
    }

    /// Whether he may ask by this name: a model's own, another one of it, or one that stands for
    /// several models of which he may be given one.
    pub fn may_ask(&self, catalog: &Catalog, name: &str) -> bool {
        let Some(key) = &self.key else { return true };
        match catalog.choice(name) {
            Some(choice) => choice.models().iter().any(|it| self.may_be_given(catalog, name, it)),
            None => key.allows(name) || catalog.alias_of(name).is_some_and(|own| key.allows(own)),
        }
    }

    /// Whether a name that stands for several models may give him this one: what his key lists, or
    /// whatever it chooses where the key lists nothing but such names.
    pub(super) fn may_be_given(&self, catalog: &Catalog, by: &str, model: &str) -> bool {
        let Some(key) = &self.key else { return true };
        let is_it = |listed: &String| catalog.alias_of(listed) == Some(model);
        let is_choice = |listed: &String| catalog.choice(listed).is_some();
        key.allows(model)
            || key.models.iter().any(is_it)
            || key.allows(by) && key.models.iter().all(is_choice)
    }

    /// Takes out of a request what he may not see.
    pub(super) fn restrict(&self, request: &mut ChatRequest) {
        match self.key.as_ref().and_then(|key| key.visibility) {
            Some(Seen::None) => request.summaries.limit(Visibility::None),
            Some(Seen::Summary) => request.summaries.limit(Visibility::Summary),
            Some(Seen::Raw) | None => {}
        }
    }
}
