//! The models that a gateway serves.

use std::io::{self, Write};

use gateway_client::{Client, Model};
use serde_json::json;

use super::args::Args;
use super::ask;
use super::clean;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;

/// Prints the list.
pub(crate) async fn show(args: &Args, screen: &mut Screen) -> Result<Exit, Failure> {
    let models = ask(&ask::client(&args.server)?, screen).await?;
    let text = if args.looks.json {
        clean::json(&format!("{:#}", json!(models)))
    } else {
        list(&models, args.model())
    };
    writeln!(io::stdout(), "{text}")?;
    Ok(Exit::Ok)
}

/// Asks for the list.
pub(crate) async fn ask(client: &Client, screen: &mut Screen) -> Result<Vec<Model>, Failure> {
    Ok(screen.wait_for("asking for the models…", client.models()).await??)
}

/// One line for each model; the chosen one has a mark.
pub(crate) fn list(models: &[Model], chosen: Option<&str>) -> String {
    let names: Vec<String> = models.iter().map(|model| clean::line(&model.id)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let lines = models.iter().zip(&names).map(|(model, name)| {
        let mark = if chosen == Some(&model.id) { '*' } else { ' ' };
        let capability = clean::line(model.capability.as_deref().unwrap_or_default());
        format!("{mark} {name:<width$}  {capability}").trim_end().to_owned()
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { "(the gateway lists no models)".to_owned() } else { lines.join("\n") }
}

#[cfg(test)]
mod tests {
    use gateway_client::Model;
    use serde_json::json;

    use super::list;

    #[test]
    fn lists_names_and_formats() {
        let model = |model| serde_json::from_value::<Model>(model).unwrap();
        let models = [
            model(json!({"id": "a\x1b", "capability": "auto"})),
            model(json!({"id": "longer", "capability": "tags"})),
            model(json!({"id": "b"})),
        ];
        let expected = "  a␛      auto\n* longer  tags\n  b";
        assert_eq!(list(&models, Some("longer")), expected);
        assert_eq!(list(&[], None), "(the gateway lists no models)");
    }
}
