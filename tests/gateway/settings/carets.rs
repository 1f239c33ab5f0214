//! Where a mistake in the configuration file is pointed at.

use std::collections::HashMap;

use inference_gateway::config::load::read;

/// A caret points at what is shown, or at the stars that stand for it.
#[test]
fn a_caret_points_at_what_is_shown() {
    for (text, lines) in [
        (
            "upstreams: {a: {base_url: \"http://h\", api_key: canary, kindd: vllm}}\ndefault_upstream: a\n",
            [
                "    1 | upstreams: {a: {base_url: \"http://h\", api_key: ***",
                "      |                                                ^",
            ],
        ),
        (
            "upstreams: {a: {api_key: \"canary\", headers: {X: \"canary\\n\"}}}\ndefault_upstream: a\n",
            ["    1 | upstreams: ***", "      |            ^"],
        ),
        (
            "upstreams:\n  a:\n    base_url: http://h\n    api_key: canary\ndefault_upstream: a\n",
            ["    4 |     api_key: ***", "      |              ^"],
        ),
        (
            "upstreams: {a: {base_url: \"http://h\", kindd: vllm}}\ndefault_upstream: a\n",
            [
                "    1 | upstreams: {a: {base_url: \"http://h\", kindd: vllm}}",
                "      |                                       ^",
            ],
        ),
        (
            "models: {m: {targets: [], summary_model: x}, token_of_mine: {targets: 7}}\nupstreams: {a: {kind: echo}}\n",
            ["    1 | models: ***", "      |         ^"],
        ),
    ] {
        let told = read("gateway.yaml", text, &HashMap::new()).expect_err("it is wrong");
        let shown: Vec<&str> = told.lines().skip(1).take(2).collect();
        assert_eq!(shown, lines, "{text}: {told}");
        assert!(!told.contains("canary"), "{told}");
    }
    let long = format!(
        "models: {{{}: {{targets: 7}}}}\nupstreams: {{a: {{kind: echo}}}}\n",
        "m".repeat(150)
    );
    let told = read("gateway.yaml", &long, &HashMap::new()).expect_err("it is wrong");
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[2].len() <= lines[1].len(), "it points at nothing: {told}");
}

/// Its value may be what was meant.
#[test]
fn a_caret_points_at_a_name_that_is_unknown() {
    let yaml =
        "upstreams: {a: {kind: echo}}\nmodels:\n  m:\n    targets: [{upstream: a, wieght: 2}]\n";
    let toml =
        "[upstreams.a]\nkind = \"echo\"\n\n[[models.m.targets]]\nupstream = \"a\"\nwieght = 2\n";
    let inline = "[upstreams.a]\nkind = \"echo\"\n[models.m]\ntargets = [{ upstream = \"a\", wieght = 2 }]\n";
    let table =
        "default_upstream = \"a\"\n[upstreams.a]\nkind = \"echo\"\n[modles.m]\ntargets = []\n";
    for (name, text, at, word) in [
        ("c.yaml", yaml, "c.yaml:4:29: models.m.targets[0].wieght", "wieght"),
        ("c.toml", toml, "c.toml:6:1: models.m.targets[0].wieght", "wieght"),
        ("c.toml", inline, "c.toml:4:30: models.m.targets[0].wieght", "wieght"),
        ("c.toml", table, "c.toml:4:2: modles", "modles"),
    ] {
        let told = read(name, text, &HashMap::new()).expect_err("it is wrong");
        assert!(told.starts_with(at), "{told}");
        let lines: Vec<&str> = told.lines().collect();
        let caret = lines[2].find('^').expect("a caret");
        assert!(lines[1][caret..].starts_with(word), "{told}");
    }
}
