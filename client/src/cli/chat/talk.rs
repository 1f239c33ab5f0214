//! What was said so far, to whom, and under which system message.

use gateway_client::{Message, Role};

use super::command::Change;
use crate::cli::clean;
use crate::cli::prompt::LIMIT;

/// A chat's questions and answers, in turns that went well.
pub(super) struct Talk {
    model: Option<String>,
    system: Option<String>,
    said: Vec<Message>,
}

impl Talk {
    pub(super) fn new(model: Option<&str>, system: Option<Message>) -> Self {
        let system = system.map(|message| message.content);
        Self { model: model.map(str::to_owned), system, said: Vec::new() }
    }

    pub(super) fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    pub(super) fn set_model(&mut self, name: String) {
        self.model = Some(name);
    }

    /// Changes the system message, and tells what it is.
    pub(super) fn change_system(&mut self, change: Change) -> String {
        match change {
            Change::Show => {}
            Change::Remove => self.system = None,
            Change::To(text) => self.system = Some(text),
        }
        match &self.system {
            Some(text) => format!("(the system message is: {})", clean::text(text)),
            None => "(there is no system message)".to_owned(),
        }
    }

    /// Keeps a turn.
    pub(super) fn keep(&mut self, question: String, answer: String) {
        let turn = [(Role::User, question), (Role::Assistant, answer)];
        self.said.extend(turn.map(|(role, content)| Message { role, content }));
    }

    /// Forgets all turns.
    pub(super) fn clear(&mut self) {
        self.said.clear();
    }

    /// Whether there is nothing to write down.
    pub(super) fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// All that was said, the system message first.
    pub(super) fn messages_so_far(&self) -> Vec<Message> {
        let system = self.system.clone().map(|content| Message { role: Role::System, content });
        system.into_iter().chain(self.said.iter().cloned()).collect()
    }

    /// What a question goes with; fails when that is too much.
    pub(super) fn messages(&self, question: &str) -> Result<Vec<Message>, String> {
        let mut messages = self.messages_so_far();
        messages.push(Message { role: Role::User, content: question.to_owned() });
        let bytes: usize = messages.iter().map(|message| message.content.len()).sum();
        if bytes > LIMIT {
            return Err(format!("the chat holds more than {LIMIT} bytes: /clear begins anew"));
        }
        Ok(messages)
    }
}

#[cfg(test)]
mod tests {
    use gateway_client::{Message, Role};

    use super::{Change, LIMIT, Talk};

    fn told(messages: &[Message]) -> String {
        let told: Vec<String> =
            messages.iter().map(|it| format!("{:?} {}", it.role, it.content)).collect();
        told.join(" | ")
    }

    #[test]
    fn a_question_goes_with_what_was_said() {
        let system = Message { role: Role::System, content: "s".to_owned() };
        let mut talk = Talk::new(Some("m"), Some(system));
        assert!(talk.is_empty());
        talk.keep("a".to_owned(), "b".to_owned());
        let all = talk.messages("c").unwrap();
        assert_eq!(told(&all), "System s | User a | Assistant b | User c");
        assert_eq!(talk.change_system(Change::Remove), "(there is no system message)");
        assert_eq!(told(&talk.messages("c").unwrap()), "User a | Assistant b | User c");
        talk.clear();
        assert_eq!(told(&talk.messages("c").unwrap()), "User c");
        assert_eq!(talk.model(), Some("m"));
    }

    #[test]
    fn shows_a_system_message_without_what_a_terminal_obeys() {
        let mut talk = Talk::new(None, None);
        let told = talk.change_system(Change::To("a\x1b[2J".to_owned()));
        assert_eq!(told, "(the system message is: a␛[2J)");
        assert_eq!(talk.change_system(Change::Show), told);
    }

    #[test]
    fn has_a_limit() {
        let mut talk = Talk::new(None, None);
        talk.keep(String::new(), "x".repeat(LIMIT - 1));
        assert!(talk.messages("c").is_ok());
        assert!(talk.messages("cc").unwrap_err().contains("/clear"));
    }
}
