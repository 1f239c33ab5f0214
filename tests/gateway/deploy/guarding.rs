//! What the manifests promise of those who disturb or break in: replicas that stay, a number of them that
//! follows the streams, and containers that may do next to nothing.

use serde_json::{Value, json};

use super::read;

/// The objects of a manifest below `deploy/kubernetes`.
fn objects(file: &str) -> Vec<Value> {
    let text = read(&format!("deploy/kubernetes/{file}"));
    let parts = text.split("\n---\n").map(serde_saphyr::from_str::<Value>);
    parts.map(|part| part.unwrap_or_else(|error| panic!("{file}: {error}"))).collect()
}

/// The only object of its kind in a manifest.
fn object(file: &str, kind: &str) -> Value {
    let mut found = objects(file).into_iter().filter(|it| it["kind"] == kind);
    let object = found.next().unwrap_or_else(|| panic!("{file}: no {kind}"));
    assert!(found.next().is_none(), "{file}: several of {kind}");
    object
}

fn number(object: &Value, pointer: &str) -> Option<u64> {
    object.pointer(pointer).map(|it| it.as_u64().unwrap_or_else(|| panic!("{pointer}: {it}")))
}

#[test]
fn of_the_fewest_replicas_one_stays_and_one_may_go() {
    let budget = object("disruption.yaml", "PodDisruptionBudget");
    let fewest = [
        number(&object("autoscaler.yaml", "HorizontalPodAutoscaler"), "/spec/minReplicas"),
        number(&object("deployment.yaml", "Deployment"), "/spec/replicas"),
    ];
    let fewest = fewest.into_iter().flatten().min().expect("a number of replicas");
    let stay = match number(&budget, "/spec/maxUnavailable") {
        Some(gone) => fewest.saturating_sub(gone),
        None => number(&budget, "/spec/minAvailable").expect("a budget"),
    };
    assert!((1..fewest).contains(&stay), "{stay} of {fewest} stay");
    let labels = &object("deployment.yaml", "Deployment")["spec"]["template"]["metadata"]["labels"];
    assert_eq!(&budget["spec"]["selector"]["matchLabels"], labels, "whom it is about");
    let rollout = "/spec/strategy/rollingUpdate/maxUnavailable";
    assert_eq!(number(&object("deployment.yaml", "Deployment"), rollout), Some(0));
}

#[test]
fn open_streams_decide_how_many_replicas_there_are() {
    let scaler = object("autoscaler.yaml", "HorizontalPodAutoscaler");
    let deployment = object("deployment.yaml", "Deployment");
    let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment["metadata"]["name"]});
    assert_eq!(scaler["spec"]["scaleTargetRef"], target);
    let metrics = scaler["spec"]["metrics"].as_array().expect("metrics");
    let [metric] = &metrics[..] else { panic!("one metric, and no other: {metrics:?}") };
    assert_eq!(metric["pods"]["metric"]["name"], "gateway_open_streams");
    let wanted = metric["pods"]["target"]["averageValue"].as_str().expect("a number as a text");
    let wanted: u64 = wanted.parse().expect("a whole number");
    let most = number_of_streams();
    assert!(wanted > 0 && wanted < most, "{wanted} each, and {most} are refused");
    let [least, most] = ["min", "max"].map(|end| number(&scaler, &format!("/spec/{end}Replicas")));
    assert!(least < most, "{least:?} to {most:?}");
}

/// The streams that one gateway may have open, as the deployment or the default says.
fn number_of_streams() -> u64 {
    let deployment = object("deployment.yaml", "Deployment");
    let env = deployment.pointer("/spec/template/spec/containers/0/env").expect("variables");
    let given = env.as_array().expect("a list").iter();
    let own = given
        .filter(|it| it["name"] == "MAX_CONCURRENT_STREAMS")
        .find_map(|it| it["value"].as_str());
    let default = || {
        let example = read(".env.example");
        let line = example.lines().find(|line| line.contains("MAX_CONCURRENT_STREAMS="));
        line.and_then(|line| line.split_once('=')).expect("a default").1.trim().to_owned()
    };
    own.map_or_else(default, str::to_owned).parse().expect("a whole number")
}

/// The rules of Kubernetes's profile `restricted`, and a root that nobody writes to.
#[test]
fn containers_may_do_next_to_nothing() {
    for file in ["deployment.yaml", "redis.yaml"] {
        let deployment = object(file, "Deployment");
        let pod = &deployment["spec"]["template"]["spec"];
        let containers = pod["containers"].as_array().expect("containers");
        assert!(!containers.is_empty(), "{file}");
        for (pointer, expected) in [
            ("/securityContext/runAsNonRoot", json!(true)),
            ("/securityContext/seccompProfile/type", json!("RuntimeDefault")),
            ("/automountServiceAccountToken", json!(false)),
            ("/hostNetwork", Value::Null),
            ("/hostPID", Value::Null),
            ("/hostIPC", Value::Null),
        ] {
            let found = pod.pointer(pointer).unwrap_or(&Value::Null);
            assert_eq!(found, &expected, "{file}: {pointer}");
        }
        assert_ne!(number(pod, "/securityContext/runAsUser"), Some(0), "{file}");
        for container in
            containers.iter().chain(pod["initContainers"].as_array().into_iter().flatten())
        {
            let allowed = &container["securityContext"];
            for (member, expected) in [
                ("allowPrivilegeEscalation", json!(false)),
                ("readOnlyRootFilesystem", json!(true)),
                ("capabilities", json!({"drop": ["ALL"]})),
                ("privileged", Value::Null),
                ("runAsNonRoot", Value::Null),
                ("runAsUser", Value::Null),
                ("seccompProfile", Value::Null),
            ] {
                assert_eq!(allowed[member], expected, "{file}: {}: {member}", container["name"]);
            }
        }
    }
}
