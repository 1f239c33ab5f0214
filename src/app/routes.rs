//! Builds the names that stand for several models, and what models offer to be chosen by.

use crate::config::file::offer::Feature as Named;
use crate::config::file::routes::{Choice as Given, Small, Strategy};
use crate::config::file::{File, Model};
use crate::policy::price::Price;
use crate::policy::size::{Bound, Bounds};
use crate::relay::choice::Choice;
use crate::relay::need::{Feature, Offer};

/// What a model offers.
pub(super) fn offer(model: &Model) -> Offer {
    let feature = |named: &Named| match named {
        Named::Tools => Feature::Tools,
        Named::Reasoning => Feature::Reasoning,
        Named::Images => Feature::Images,
    };
    Offer {
        max_tokens: model.limits.max_tokens.map(|most| most.0),
        features: model.features.as_ref().map(|all| all.iter().map(feature).collect()),
        price: model.price.map(|it| Price { input: it.input.0, output: it.output.0 }),
    }
}

/// What chooses among the models of a file.
pub(super) fn choice(file: &File, given: &Given) -> Choice {
    let models = || {
        let all = || file.models.0.iter().map(|(name, _)| name.clone()).collect();
        if given.models.is_empty() { all() } else { given.models.clone() }
    };
    match given.strategy {
        Strategy::Size => by_size(given),
        Strategy::Latency => Choice::Latency(models()),
        Strategy::Cost => Choice::Cost(models()),
    }
}

fn by_size(given: &Given) -> Choice {
    let model = |small: &Option<Small>| small.as_ref().map(|it| it.model.clone());
    let complex = given.complex.as_ref().map(|it| it.model.clone());
    let usual = Bounds::default();
    Choice::Size {
        bounds: Bounds {
            simple: bound(given.simple.as_ref(), usual.simple),
            medium: bound(given.medium.as_ref(), usual.medium),
        },
        models: [model(&given.simple), model(&given.medium), complex]
            .map(Option::unwrap_or_default),
    }
}

fn bound(small: Option<&Small>, usual: Bound) -> Bound {
    let max_messages = small.and_then(|it| it.max_messages).map(u64::from);
    let below_characters = small.and_then(|it| it.below_characters).map(u64::from);
    Bound {
        max_messages: max_messages.unwrap_or(usual.max_messages),
        below_characters: below_characters.unwrap_or(usual.below_characters),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{choice, offer};
    use crate::config::load::read;
    use crate::policy::price::Price;
    use crate::policy::size::{Bound, Bounds};
    use crate::relay::choice::Choice;
    use crate::relay::need::{Feature, Offer};

    const FILE: &str = "upstreams: {a: {kind: echo}}\n\
        models:\n  big: {targets: [{upstream: a}], price: {input: 1, output: 2.5}, features: [tools, images], limits: {max_tokens: 9}}\n  \
        small: {targets: [{upstream: a}], price: {input: 0, output: 0}}\n\
        routes:\n  auto: {simple: {model: small, max_messages: 1}, medium: {model: small, below_characters: 7}, complex: {model: big}}\n  \
        quick: {strategy: latency, models: [small]}\n  cheap: {strategy: cost}\n";

    #[test]
    fn each_member_of_the_file_reaches_its_part() {
        let file = read("a.yaml", FILE, &HashMap::new()).unwrap_or_else(|told| panic!("{told}"));
        let route = |name| choice(&file, file.routes.get(name).unwrap());
        let Choice::Size { bounds, models } = route("auto") else { panic!("by size") };
        let expected = Bounds {
            simple: Bound { max_messages: 1, below_characters: 200 },
            medium: Bound { max_messages: 5, below_characters: 7 },
        };
        assert_eq!((bounds, models), (expected, ["small", "small", "big"].map(str::to_owned)));
        let Choice::Latency(models) = route("quick") else { panic!("by latency") };
        assert_eq!(models, ["small"]);
        let Choice::Cost(models) = route("cheap") else { panic!("by cost") };
        assert_eq!(models, ["big", "small"]);
        let expected = Offer {
            max_tokens: Some(9),
            features: Some(vec![Feature::Tools, Feature::Images]),
            price: Some(Price { input: 1.0, output: 2.5 }),
        };
        assert_eq!(offer(file.models.get("big").unwrap()), expected);
        assert_eq!(offer(file.models.get("small").unwrap()).max_tokens, None);
    }
}
