//! The HTML Standard, section 9.2.6, over a whole stream at once, line by line.

use reasoning_stream::sse::SseEvent;

/// An event with texts of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: String,
    pub(crate) id: String,
}

impl From<SseEvent<'_>> for Event {
    fn from(event: SseEvent<'_>) -> Self {
        Self { name: event.name.into(), data: event.data.into(), id: event.id.into() }
    }
}

/// The events of a stream that ends here.
pub(crate) fn events(bytes: &[u8]) -> Vec<Event> {
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = text.split('\n').collect();
    // What follows the last line end is no line.
    lines.pop();
    let mut events = Vec::new();
    let mut block = Event::default();
    for line in lines {
        if line.is_empty() {
            events.extend(dispatched(&mut block));
        } else {
            read(line, &mut block);
        }
    }
    events
}

fn read(line: &str, block: &mut Event) {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    let value = value.strip_prefix(' ').unwrap_or(value);
    match name {
        "data" => block.data.extend([value, "\n"]),
        "event" => value.clone_into(&mut block.name),
        "id" if !value.contains('\0') => value.clone_into(&mut block.id),
        _ => {}
    }
}

/// The event that a blank line ends; the id stays for the next.
fn dispatched(block: &mut Event) -> Option<Event> {
    let next = Event { id: block.id.clone(), ..Event::default() };
    let mut event = std::mem::replace(block, next);
    event.data.pop()?;
    if event.name.is_empty() {
        "message".clone_into(&mut event.name);
    }
    Some(event)
}
