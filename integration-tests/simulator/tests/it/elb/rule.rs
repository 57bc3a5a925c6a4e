//! Rules, and the tags of everything.

use super::Stage;

struct Rules {
    stage: Stage,
    listener: String,
}

impl Rules {
    async fn new() -> Self {
        let stage = Stage::calm().await;
        let balancer = stage.active(&[]).await;
        let group = stage.targets(&[]).await.good().text("TargetGroupArn");
        let listener = stage.forward(&balancer, &group).await;
        Self { stage, listener }
    }

    async fn create(&self, more: &[(&str, &str)]) -> crate::client::Answer {
        let params = [
            ("ListenerArn", &*self.listener),
            ("Priority", "10"),
            ("Conditions.member.1.Field", "path-pattern"),
            ("Conditions.member.1.Values.member.1", "/metrics"),
            ("Actions.member.1.Type", "fixed-response"),
            ("Actions.member.1.FixedResponseConfig.StatusCode", "403"),
        ];
        let kept = params.iter().filter(|it| !more.iter().any(|other| other.0 == it.0));
        let params: Vec<_> = kept.chain(more).filter(|it| !it.1.is_empty()).copied().collect();
        self.stage.elb("CreateRule", &params).await
    }
}

#[tokio::test(start_paused = true)]
async fn rules_are_in_order_and_the_last_is_the_listener_s_own() {
    let rules = Rules::new().await;
    let stage = &rules.stage;
    let first = rules.create(&[]).await.good();
    let arn = first.text("RuleArn");
    assert!(arn.contains(":listener-rule/app/gui/"), "{arn}");
    assert_eq!((first.text("Priority"), first.text("IsDefault")), ("10".into(), "false".into()));
    assert!(first.body.contains("<PathPatternConfig><Values><member>/metrics</member>"));
    assert_eq!(rules.create(&[]).await.code(), "PriorityInUse");
    let host = [
        ("Priority", "5"),
        ("Conditions.member.1.Field", "host-header"),
        ("Conditions.member.1.Values.member.1", ""),
        ("Conditions.member.1.HostHeaderConfig.Values.member.1", "*.example.com"),
    ];
    let second = rules.create(&host).await.good().text("RuleArn");
    let of = [("ListenerArn", &*rules.listener)];
    let seen = stage.elb("DescribeRules", &of).await.good();
    assert_eq!(seen.texts("Priority"), ["5", "10", "default"]);
    let default = seen.texts("RuleArn")[2].clone();
    let order = [
        ("RulePriorities.member.1.RuleArn", &*arn),
        ("RulePriorities.member.1.Priority", "5"),
        ("RulePriorities.member.2.RuleArn", &*second),
        ("RulePriorities.member.2.Priority", "10"),
    ];
    stage.elb("SetRulePriorities", &order).await.good();
    let seen = stage.elb("DescribeRules", &[("RuleArns.member.1", &*arn)]).await.good();
    assert_eq!(seen.text("Priority"), "5");
    assert_eq!(stage.elb("SetRulePriorities", &order[2..]).await.code(), "");
    let taken = [order[0], ("RulePriorities.member.1.Priority", "10")];
    assert_eq!(stage.elb("SetRulePriorities", &taken).await.code(), "PriorityInUse");
    let change = [
        ("RuleArn", &*arn),
        ("Conditions.member.1.Field", "path-pattern"),
        ("Conditions.member.1.Values.member.1", "/debug/*"),
    ];
    let changed = stage.elb("ModifyRule", &change).await.good();
    assert!(changed.body.contains("/debug/*") && changed.text("StatusCode") == "403");
    for action in ["ModifyRule", "DeleteRule"] {
        let refused = stage.elb(action, &[("RuleArn", &*default)]).await;
        assert_eq!(refused.code(), "OperationNotPermitted", "{action}");
    }
    stage.elb("DeleteRule", &[("RuleArn", &*arn)]).await.good();
    for action in ["ModifyRule", "DeleteRule"] {
        let gone = stage.elb(action, &[("RuleArn", &*arn)]).await;
        assert_eq!(gone.code(), "RuleNotFound", "{action}");
    }
    let of = [("RuleArns.member.1", &*arn)];
    assert_eq!(stage.elb("DescribeRules", &of).await.code(), "RuleNotFound");
    stage.elb("DeleteListener", &[("ListenerArn", &*rules.listener)]).await.good();
    let left = stage
        .client
        .simulator
        .with(|world| world.objects().into_iter().filter(|it| it.kind == "listener-rule").count());
    assert_eq!(left, 0);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_refused() {
    let rules = Rules::new().await;
    let value = "Conditions.member.1.Values.member.1";
    for (name, wrong, code) in [
        ("ListenerArn", &*rules.listener.replace("/gui/", "/x/"), "ListenerNotFound"),
        ("Priority", "0", "ValidationError"),
        ("Priority", "50001", "ValidationError"),
        ("Priority", "", "ValidationError"),
        ("Conditions.member.1.Field", "nonsense", "ValidationError"),
        ("Conditions.member.1.Field", "source-ip", "ClctlSimulatorUnsupported"),
        ("Conditions.member.1.Field", "host-header", "ValidationError"),
        (value, "", "ValidationError"),
        (value, "/a b", "ValidationError"),
        ("Actions.member.1.Type", "", "ValidationError"),
        ("Transforms.member.1.Type", "url-rewrite", "ClctlSimulatorUnsupported"),
    ] {
        let refused = rules.create(&[(name, wrong)]).await;
        assert_eq!(refused.code(), code, "{name} {wrong}: {}", refused.body);
    }
    let twice = [
        ("Conditions.member.2.Field", "path-pattern"),
        ("Conditions.member.2.Values.member.1", "/a"),
    ];
    assert_eq!(rules.create(&twice).await.code(), "ValidationError");
    let names: Vec<_> = (2..=6).map(|n| format!("Conditions.member.1.Values.member.{n}")).collect();
    let many: Vec<_> = names.iter().map(|it| (it.as_str(), "/a")).collect();
    assert_eq!(rules.create(&many).await.code(), "ValidationError");
}

#[tokio::test(start_paused = true)]
async fn everything_has_tags() {
    let rules = Rules::new().await;
    let stage = &rules.stage;
    let tag = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a")];
    let rule = rules.create(&tag).await.good().text("RuleArn");
    let group = [("Name", "tagged"), tag[0], tag[1]];
    let group = stage.targets(&group).await.good().text("TargetGroupArn");
    let of = [("ResourceArns.member.1", &*rule), ("ResourceArns.member.2", &*group)];
    let seen = stage.elb("DescribeTags", &of).await.good();
    assert_eq!(seen.texts("Value"), ["a", "a"]);
    let more = [of[0], of[1], ("Tags.member.1.Key", "stage"), ("Tags.member.1.Value", "b")];
    stage.elb("AddTags", &more).await.good();
    stage.elb("RemoveTags", &[of[0], ("TagKeys.member.1", "team")]).await.good();
    let seen = stage.elb("DescribeTags", &of).await.good();
    assert_eq!(seen.texts("Key"), ["stage", "stage", "team"]);
    // They are found by the tagging API, too.
    let filter = serde_json::json!({ "TagFilters": [{ "Key": "stage" }] });
    let found = stage.client.tagging("GetResources", filter).await.good();
    assert!(found.body.contains(&rule) && found.body.contains(&group), "{}", found.body);
    let unknown = [("ResourceArns.member.1", &*group.replace("/tagged/", "/x/"))];
    assert_eq!(stage.elb("DescribeTags", &unknown).await.code(), "TargetGroupNotFound");
    let both = [unknown[0], more[2], more[3]];
    assert_eq!(stage.elb("AddTags", &both).await.code(), "TargetGroupNotFound");
    let gone = [unknown[0], ("TagKeys.member.1", "a")];
    assert_eq!(stage.elb("RemoveTags", &gone).await.code(), "TargetGroupNotFound");
    assert_eq!(stage.elb("AddTags", &of).await.code(), "ValidationError");
    assert_eq!(stage.elb("RemoveTags", &of).await.code(), "ValidationError");
    assert_eq!(stage.elb("DescribeTags", &[]).await.code(), "ValidationError");
    let twice = [of[0], ("Tags.member.1.Key", "a"), ("Tags.member.2.Key", "a")];
    assert_eq!(stage.elb("AddTags", &twice).await.code(), "DuplicateTagKeys");
}
