//! What the crates of the workspace depend on.

use super::source::read;

/// The dependencies of a crate in a manifest, those for development and building left out.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_listed = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            is_listed = section == "dependencies]" || section.ends_with(".dependencies]");
            is_listed &= !section.starts_with("workspace.");
        } else if is_listed && line.starts_with(char::is_alphabetic) {
            let end = line.find(['.', ' ', '=']).unwrap_or(line.len());
            found.push(line[..end].to_owned());
        }
    }
    found.sort();
    found
}

#[test]
fn reads_the_dependencies_of_a_manifest() {
    let manifest = "[package]\nname = \"a\"\n[dependencies]\n# why\nd.workspace = true\nb = \"1\"\n\n\
        [dev-dependencies]\nx = \"1\"\n[target.'cfg(unix)'.dependencies]\nc = { version = \"1\" }\n\
        [workspace.dependencies]\ny = \"1\"\n";
    assert_eq!(dependencies(manifest), ["b", "c", "d"]);
}

#[test]
fn the_parser_depends_on_nothing_that_waits() {
    let got = dependencies(&read("reasoning-stream/Cargo.toml"));
    assert_eq!(got, ["memchr", "serde", "serde_json", "thiserror"]);
}

#[test]
fn client_and_mock_know_the_parser_alone() {
    let own = ["mock-upstream", "gateway-client", "inference-gateway"];
    for manifest in ["client/Cargo.toml", "mock-upstream/Cargo.toml"] {
        let mut found = dependencies(&read(manifest));
        found.retain(|name| own.contains(&name.as_str()));
        assert_eq!(found, Vec::<String>::new(), "{manifest}");
    }
}
