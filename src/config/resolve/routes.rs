//! Looks at names that stand for several models: whether these are there, and fit the strategy.

use super::super::file::File;
use super::super::file::routes::{Choice, Small, Strategy};
use super::Notes;

const AT: &str = "routes";

/// Notes what does not fit together.
pub(super) fn check(notes: &mut Notes, file: &File) {
    for (name, choice) in &file.routes.0 {
        if file.models.get(name).is_some() || file.aliases.get(name).is_some() {
            let message = "there is a model or an alias of this name, which would hide it";
            notes.note([&AT, name], message);
        }
        match choice.strategy {
            Strategy::Size => by_size(notes, file, name, choice),
            Strategy::Latency | Strategy::Cost => by_what_is_known(notes, file, name, choice),
        }
    }
}

fn by_size(notes: &mut Notes, file: &File, name: &String, choice: &Choice) {
    let small = |small: &Option<Small>| small.as_ref().map(|it| it.model.clone());
    for (size, model) in [
        ("simple", small(&choice.simple)),
        ("medium", small(&choice.medium)),
        ("complex", choice.complex.as_ref().map(|it| it.model.clone())),
    ] {
        match model {
            None => notes.note([&AT, name, &size], "missing; expected the model for this size"),
            Some(model) if file.models.get(&model).is_none() => {
                notes.note([&AT, name, &size, &"model"], listed(file));
            }
            Some(_) => {}
        }
    }
    if !choice.models.is_empty() {
        notes.note(
            [&AT, name, &"models"],
            "is for latency and cost; expected simple, medium, complex",
        );
    }
}

fn by_what_is_known(notes: &mut Notes, file: &File, name: &String, choice: &Choice) {
    let is_given = [choice.simple.is_some(), choice.medium.is_some(), choice.complex.is_some()];
    for (size, is_given) in ["simple", "medium", "complex"].into_iter().zip(is_given) {
        if is_given {
            notes.note([&AT, name, &size], "is for strategy size; expected models");
        }
    }
    for (place, model) in choice.models.iter().enumerate() {
        match file.models.get(model) {
            None => notes.note([&AT, name, &"models", &place], listed(file)),
            Some(it) if choice.strategy == Strategy::Cost && it.price.is_none() => {
                let message = format!("models.{model} has no price to be chosen by");
                notes.note([&AT, name, &"models", &place], message);
            }
            Some(_) => {}
        }
    }
    let unpriced = file.models.0.iter().find(|(_, it)| it.price.is_none());
    if let (Strategy::Cost, true, Some((model, _))) =
        (choice.strategy, choice.models.is_empty(), unpriced)
    {
        let message =
            format!("models.{model} has no price to be chosen by; expected one, or models");
        notes.note([&AT, name, &"strategy"], message);
    }
}

fn listed(file: &File) -> String {
    format!("expected a model that is listed: {}", file.models.names())
}
