//! The sentences that made-up reasoning and answers are built from.
//!
//! `{q}` is the prompt's question, `{a}`, `{b}` and `{c}` are key words, with a capital letter as
//! `{A}`, `{B}` and `{C}`.

use crate::text::topic::Intent;

/// One paragraph: a choice of wordings for each of its sentences.
pub(crate) type Paragraph = &'static [&'static [&'static str]];

/// What the model thinks, paragraph by paragraph.
pub(crate) const REASONING: &[Paragraph] = &[
    &[
        &[
            "The user wants to know: “{q}”.",
            "Let me first restate what is asked here: “{q}”.",
            "So the request is “{q}”.",
            "I start from the question itself, “{q}”.",
        ],
        &[
            "The words that carry it are {a}, {b} and {c}.",
            "It turns on {a}; which side of it matters depends on {b} and {c}.",
            "The centre of it is {a}, framed by {b} and narrowed down by {c}.",
        ],
        &[
            "The prompt says little more than that, so I should not assume a special situation behind it.",
            "Nothing tells me how much they know already, so I will avoid jargon where a plain word does.",
            "They will probably want to use the answer at once, so it should be concrete.",
        ],
    ],
    &[
        &[
            "One way in is to define {a} and then show what follows for {b}.",
            "I could begin with {b} and work back to {a}.",
            "A first idea is to answer in one sentence and then unfold {a} step by step.",
        ],
        &[
            "Another is to start from a small example with {c} and let the general rule appear by itself.",
            "The alternative, a full survey of {c}, would bury the point.",
            "Or I could list everything about {c}, but a list without an order helps nobody.",
        ],
        &[
            "The first is shorter and easier to check, so I prefer it.",
            "I think a direct answer first, reasons second, serves them better.",
            "Hmm, both work; the one that can be read in a minute wins.",
        ],
    ],
    &[
        &[
            "Wait, is there a trap in how {a} and {b} are connected?",
            "Let me check that thinking about {a} really leads to {b}, and not only seems to.",
            "Before I go on, I should test the link between {a} and {b}.",
        ],
        &[
            "If I leave {b} out, the explanation of {a} no longer stands, so that belongs near the beginning.",
            "Leaving {c} aside changes the picture only a little, so that can wait until the end.",
            "With {c} held fixed the relation is clear; when it changes, a caveat is due.",
        ],
        &[
            "I have no figures that I could vouch for, so I will not quote any.",
            "Where I am not certain I should say so in half a sentence and move on.",
            "An exact number would look convincing, but I can't back it up, so I leave it out.",
        ],
    ],
    &[
        &[
            "So the plan: the short answer, then {a}, then {b}, and a remark about {c}.",
            "That gives the outline: what matters most about {a}, how {b} fits in, what to watch for with {c}.",
            "Good. I will open with the conclusion, support it by {a} and {b}, and close with a next step.",
        ],
        &[
            "Three points are enough, each with one reason.",
            "I keep it to a handful of short points, so that each can be checked by itself.",
            "It should fit on one screen.",
        ],
    ],
];

/// What it goes on thinking when it is to think for longer.
pub(crate) const MORE_REASONING: &[Paragraph] = &[
    &[
        &[
            "Let me look at {b} once more.",
            "I want to go over {b} a second time.",
            "One more pass over {b}.",
        ],
        &[
            "Suppose {a} were different: would {c} still hold?",
            "What would someone object who knows {c} well?",
            "If a reader only remembers {a}, have they understood the rest?",
        ],
        &[
            "I think so, as long as {b} is named first.",
            "Mostly yes, and the exception deserves one sentence.",
            "That speaks for keeping {a} and {b} together.",
        ],
    ],
    &[
        &[
            "Another angle is to ask what happens when {c} is missing.",
            "It may help to picture someone who meets {c} for the first time.",
            "I can also compare {a} with the case where nothing of {c} applies.",
        ],
        &[
            "Then {a} is the only thing left to go by.",
            "They would ask about {a} before anything else.",
            "The contrast makes {b} easier to see.",
        ],
    ],
];

/// How the answer opens.
pub(crate) const fn opening(intent: Intent) -> Paragraph {
    match intent {
        Intent::How => &[
            &[
                "The short version: get {a} right first, because {b} and {c} both depend on that.",
                "In brief, begin with {a}, add {b} once that works, and leave {c} for last.",
            ],
            &["Here is an order that works for “{q}”:", "Step by step, “{q}” comes down to this:"],
        ],
        Intent::Why => &[
            &[
                "The main reason lies in how {a} and {b} act on each other.",
                "It comes down to {a}: take that away, and nothing about {b} would look the same.",
            ],
            &["Three things work together here:", "Looked at one by one, these are the causes:"],
        ],
        Intent::Compare => &[
            &[
                "The choices differ less in what they do than in when {a} will pay off.",
                "Which one fits depends mostly on {a}, and only then on {b}.",
            ],
            &["Side by side:", "These are the points on which to decide:"],
        ],
        Intent::Write => &[
            &[
                "Here is a draft that puts {a} in the first line and lets {b} answer.",
                "This version opens with {a} and comes back to it at the end.",
            ],
            &["It is built from three parts:", "Its shape:"],
        ],
        Intent::Code => &[
            &[
                "The cleanest solution deals with {a} in one small function and leaves {b} to its caller.",
                "I would separate {a} from {b}: one part computes, the other part talks to the outside.",
            ],
            &["The pieces are these:", "In order of how I would write them:"],
        ],
        Intent::Explain => &[
            &[
                "In one sentence: the best way to understand {a} is by way of {b}.",
                "Put simply, {a} and {b} are two sides of one thing, and {c} will show you both.",
            ],
            &["To unfold “{q}” a little:", "Three points make up the picture:"],
        ],
    }
}

/// The three points of the answer's list: what each is about, and what it says.
pub(crate) const POINTS: &[Paragraph] = &[
    &[
        &["1. **{A}.**"],
        &[
            "Make it explicit first; most misunderstandings come from leaving it vague.",
            "This is the part that everything else refers to, so it comes first.",
            "Start here, and change nothing else until it is clear.",
        ],
    ],
    &[
        &["2. **{B}.**"],
        &[
            "It follows from the first point, and it is where the effect can be seen.",
            "Take one typical case and go through it from beginning to end.",
            "Look at it in the simplest setting, then add what your own case needs.",
        ],
    ],
    &[
        &["3. **{C}.**"],
        &[
            "Treat it as a check: if it surprises you, go back to the first point.",
            "It decides the details, and a short test will tell you more than a long argument.",
            "Keep an eye on it, since it tends to change after everything else has settled.",
        ],
    ],
];

/// Code, for prompts that ask for it.
pub(crate) const PYTHON: &str = "```python\ndef solve(items):\n    \"\"\"Keeps what passes the check, in order.\"\"\"\n    return [item for item in items if check(item)]\n```";
/// The same for prompts that speak of Rust.
pub(crate) const RUST: &str = "```rust\nfn solve(items: &[Item]) -> Vec<&Item> {\n    items.iter().filter(|item| item.passes()).collect()\n}\n```";

/// What follows the list.
pub(crate) const BODY: Paragraph = &[
    &[
        "A small example helps: picture {a} alone, then let {b} enter, and watch what changes.",
        "In practice one rarely meets {a} without {b}, so it pays to look at both together.",
        "If time is short, the link from {a} to {b} is the part to remember.",
    ],
    &[
        "Where you have more to do with {c}, look closer before you commit to anything.",
        "The exception is {c}: there, a second opinion is worth more than a quick rule.",
        "As for {c}, a rough idea is enough to begin with.",
    ],
];

/// How the answer closes; it says that no model wrote it.
pub(crate) const CLOSING: Paragraph = &[
    &[
        "If you tell me more about {b}, I can be more specific.",
        "A good next step is to try this with one real case, and to begin with {a}.",
        "Should {c} turn out differently for you, the second point is the one to revisit.",
    ],
    &[
        "*(This text was made up by the mock upstream from your own words; connect a model for facts.)*",
    ],
];

/// What it goes on saying when it is to say more.
pub(crate) const MORE_ANSWER: &[Paragraph] = &[
    &[
        &[
            "There is more to say about {b}.",
            "A word on {b}, too.",
            "It is worth staying with {b} for a moment.",
        ],
        &[
            "Seen from {a}, it is a consequence; seen from {c}, it is a condition.",
            "It looks like a detail next to {a}, and yet most of the work is there.",
            "People who know {c} tend to begin here, and for a good reason.",
        ],
        &[
            "Either way, the order given above stays the same.",
            "So give it the time that it needs.",
            "Write down what you expect before you try it.",
        ],
    ],
    &[
        &[
            "Another case is {c} without {a}.",
            "Consider also what {c} means when {b} is missing.",
            "The opposite question is useful as well: when does {a} not matter?",
        ],
        &[
            "Then the first point can be skipped, and the third decides.",
            "The answer is shorter there, but built in the same way.",
            "That happens seldom, and it is easy to notice.",
        ],
    ],
];
