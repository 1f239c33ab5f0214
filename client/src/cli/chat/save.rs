//! A chat as a file: JSON that can be asked again, or Markdown to read.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use gateway_client::{Message, Role};
use serde_json::json;

use super::talk::Talk;
use crate::cli::clean;

/// Writes the chat to a file, and says so; a file that is there stays, unless it may go.
pub(super) fn save(talk: &Talk, path: &Path, replace: bool) -> Result<String, String> {
    if talk.is_empty() {
        return Err("nothing was said".to_owned());
    }
    let text = text(talk, path)?;
    let mut options = OpenOptions::new();
    options.write(true).truncate(replace).create(replace).create_new(!replace);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => Ok(format!("(saved to {})", shown(path))),
        Err(error) => Err(why(path, &error)),
    }
}

fn text(talk: &Talk, path: &Path) -> Result<String, String> {
    let messages = talk.messages_so_far();
    match path.extension().and_then(|end| end.to_str()) {
        Some("json") => Ok(json(talk.model(), &messages)),
        Some("md" | "markdown") => Ok(markdown(talk.model(), &messages)),
        _ => Err(format!("{} ends neither in .json nor in .md", shown(path))),
    }
}

fn why(path: &Path, error: &io::Error) -> String {
    let path = shown(path);
    if error.kind() == io::ErrorKind::AlreadyExists {
        return format!("{path} is there already; /save --force {path} replaces it");
    }
    format!("{path}: {error}")
}

fn shown(path: &Path) -> String {
    clean::line(&path.display().to_string())
}

/// The body of a request, without its next question.
fn json(model: Option<&str>, messages: &[Message]) -> String {
    let body = match model {
        Some(model) => json!({ "model": model, "messages": messages }),
        None => json!({ "messages": messages }),
    };
    format!("{body:#}\n")
}

fn markdown(model: Option<&str>, messages: &[Message]) -> String {
    let title = model.map(|model| format!("# Chat with {model}\n")).unwrap_or_default();
    let parts = messages.iter().map(|message| {
        let who = match message.role {
            Role::System => "System",
            Role::User => "You",
            Role::Assistant => "Model",
        };
        format!("\n## {who}\n\n{}\n", message.content.trim_end())
    });
    let text = title + &parts.collect::<String>();
    text.trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use gateway_client::{Message, Role};
    use serde_json::{Value, json};

    use super::{Talk, save};

    fn folder(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("gateway-client-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn talk() -> Talk {
        let system = Message { role: Role::System, content: "be brief".to_owned() };
        let mut talk = Talk::new(Some("m"), Some(system));
        talk.keep("6 × 7?".to_owned(), "42\n".to_owned());
        talk
    }

    #[test]
    fn writes_what_the_ending_says() {
        let folder = folder("formats");
        for (name, text) in [
            (
                "a.md",
                "# Chat with m\n\n## System\n\nbe brief\n\n## You\n\n6 × 7?\n\n## Model\n\n42\n",
            ),
            ("a.markdown", "# Chat with m\n\n## System\n"),
        ] {
            save(&talk(), &folder.join(name), false).unwrap();
            assert!(fs::read_to_string(folder.join(name)).unwrap().starts_with(text), "{name}");
        }
        save(&talk(), &folder.join("a.json"), false).unwrap();
        let body: Value =
            serde_json::from_slice(&fs::read(folder.join("a.json")).unwrap()).unwrap();
        let said = [("system", "be brief"), ("user", "6 × 7?"), ("assistant", "42\n")];
        let messages = said.map(|(role, content)| json!({"role": role, "content": content}));
        assert_eq!(body, json!({"model": "m", "messages": messages}));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn replaces_nothing_unasked() {
        let folder = folder("replaces");
        let path = folder.join("a.md");
        fs::write(&path, "precious and longer than what replaces it".repeat(9)).unwrap();
        let why = save(&talk(), &path, false).unwrap_err();
        assert!(why.contains("there already") && why.contains("--force"), "{why}");
        assert!(fs::read_to_string(&path).unwrap().starts_with("precious"));
        let told = save(&talk(), &path, true).unwrap();
        assert!(told.contains("saved to"), "{told}");
        assert!(fs::read_to_string(&path).unwrap().ends_with("42\n"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn says_why_not() {
        let folder = folder("why-not");
        for (talk, name, said) in [
            (talk(), "a.txt", ".json nor in .md"),
            (talk(), "a", ".json nor in .md"),
            (talk(), "no/such/folder/a.md", "o such file"),
            (Talk::new(None, None), "a.md", "nothing was said"),
        ] {
            let why = save(&talk, &folder.join(name), false).unwrap_err();
            assert!(why.contains(said), "{name}: {why}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
