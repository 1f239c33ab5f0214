//! Replicas count together: what the manifests say of Redis fits, from the gateway's variable to the door
//! that it is reached by.

use super::read;

#[test]
fn replicas_share_one_redis() {
    let (gateway, redis) =
        (read("deploy/kubernetes/deployment.yaml"), read("deploy/kubernetes/redis.yaml"));
    assert!(read("deploy/kubernetes/kustomization.yaml").contains("- redis.yaml"));
    let sources = gateway.split_once("envFrom:").expect("sources of variables").1;
    let at = |words: &str| sources.find(words).unwrap_or_else(|| panic!("no {words}"));
    let (shared, secret) = (at("configMapRef:"), at("secretRef:"));
    assert!(shared < secret, "what the secret says comes last, and so holds");
    assert!(sources[shared..secret].contains("name: inference-gateway-redis"));
    assert!(sources[shared..secret].contains("optional: true"), "it may be left out");

    let parts: Vec<&str> = redis.split("\n---\n").collect();
    let of_kind = |kind: &str| {
        let kind = format!("kind: {kind}\n");
        *parts.iter().find(|part| part.contains(&kind)).unwrap_or_else(|| panic!("no {kind}"))
    };
    let name = "app.kubernetes.io/name: inference-gateway-redis";
    let host = of_kind("Service").split_once("  name: ").expect("a name").1;
    let host = host.lines().next().expect("a line");
    let url = format!("REDIS_URL: redis://{host}:6379/0");
    assert!(of_kind("ConfigMap").contains(&url), "{url}");
    for kind in ["Deployment", "Service", "NetworkPolicy"] {
        assert!(of_kind(kind).contains(name), "{kind}");
    }
    let door = of_kind("NetworkPolicy").split_once("ingress:").expect("who may").1;
    assert!(door.contains("app.kubernetes.io/name: inference-gateway\n"), "{door}");
}
