//! Security groups, key pairs, endpoints and flow logs, after
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    arn, calm,
    networks::{act, make, name, ours, tags},
    takes, to,
};

#[tokio::test(start_paused = true)]
async fn a_security_group_takes_a_permission_for_each_call() {
    let both = calm().await;
    let vpc = both.0.vpc().await;
    let within = vec![to("ec2:CreateSecurityGroup", arn("ec2", &format!("vpc/{vpc}")))];
    let params = [("VpcId", &*vpc), ("GroupName", "g"), ("GroupDescription", "d")];
    let group = make(&both, "ec2:CreateSecurityGroup", "security-group", within, &params).await;
    let group = group.text("groupId");
    let g = ("GroupId", &*group);
    let on = |action| ours(action, "security-group", &group);
    let rule = [
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "443"),
        ("IpPermissions.1.ToPort", "443"),
        ("IpPermissions.1.IpRanges.1.CidrIp", "10.0.0.0/8"),
    ];
    let plain = [&[g], &rule[..]].concat();
    // A rule with tags is a thing of its own; one without is part of its group.
    let tagged = [&plain[..], &tags("security-group-rule")].concat();
    let new = arn("ec2", "security-group-rule/*");
    let grants = [
        on("ec2:AuthorizeSecurityGroupIngress"),
        to("ec2:AuthorizeSecurityGroupIngress", &new).when("aws:RequestTag/owner", "us"),
        to("ec2:CreateTags", &new).when("ec2:CreateAction", "AuthorizeSecurityGroupIngress"),
    ];
    let made = act(&both, &grants, &tagged).await.text("securityGroupRuleId");
    act(&both, &[on("ec2:AuthorizeSecurityGroupEgress")], &plain).await;
    for action in [
        "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
    ] {
        let text = ("IpPermissions.1.IpRanges.1.Description", "d");
        act(&both, &[on(action)], &[&plain[..], &[text]].concat()).await;
    }
    let modify = [
        on("ec2:ModifySecurityGroupRules"),
        ours("ec2:ModifySecurityGroupRules", "security-group-rule", &made),
    ];
    let change = [
        g,
        ("SecurityGroupRule.1.SecurityGroupRuleId", &*made),
        ("SecurityGroupRule.1.SecurityGroupRule.IpProtocol", "tcp"),
        ("SecurityGroupRule.1.SecurityGroupRule.FromPort", "444"),
        ("SecurityGroupRule.1.SecurityGroupRule.ToPort", "444"),
        ("SecurityGroupRule.1.SecurityGroupRule.CidrIpv4", "10.0.0.0/8"),
    ];
    act(&both, &modify, &change).await;
    let by_id = [g, ("SecurityGroupRuleId.1", &*made)];
    act(&both, &[on("ec2:RevokeSecurityGroupIngress")], &by_id).await;
    act(&both, &[on("ec2:RevokeSecurityGroupEgress")], &plain).await;
    act(&both, &[on("ec2:DeleteSecurityGroup")], &[g]).await;
}

/// A key pair is known by its name: the page's `key-pair/${KeyPairName}`.
#[tokio::test(start_paused = true)]
async fn a_key_pair_takes_a_permission_for_each_call() {
    let both = calm().await;
    let material = STANDARD
        .encode("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILcGii0oVoRSVPTKJlMQaDiXSo+D396YLQ0Zc1/mIybg");
    let new = arn("ec2", "key-pair/operator");
    let import = [
        to("ec2:ImportKeyPair", &new).when("aws:RequestTag/owner", "us"),
        to("ec2:CreateTags", &new).when("ec2:CreateAction", "ImportKeyPair"),
    ];
    let params = [("KeyName", "operator"), ("PublicKeyMaterial", &*material)];
    let params = [&params[..], &tags("key-pair")].concat();
    let id = act(&both, &import, &params).await.text("keyPairId");
    let delete = [ours("ec2:DeleteKeyPair", "key-pair", "operator")];
    act(&both, &delete, &[("KeyPairId", &*id)]).await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_takes_a_permission_for_each_call() {
    let both = calm().await;
    let admin = &both.0;
    let vpc = admin.vpc().await;
    let names = [("VpcId", &*vpc), ("EnableDnsHostnames.Value", "true")];
    admin.ec2("ModifyVpcAttribute", &names).await.good();
    let subnet = admin.subnet(&vpc, "10.0.1.0/24").await;
    let group = admin.group(&vpc, "g").await;
    let new = [("VpcId", &*vpc)];
    let one = admin.ec2("CreateRouteTable", &new).await.good().text("routeTableId");
    let two = admin.ec2("CreateRouteTable", &new).await.good().text("routeTableId");
    let on = |action, kind: &str, id: &str| to(action, arn("ec2", &format!("{kind}/{id}")));

    let create = "ec2:CreateVpcEndpoint";
    let within = vec![on(create, "vpc", &vpc), on(create, "route-table", &one)];
    let params = [
        ("VpcId", &*vpc),
        ("ServiceName", "com.amazonaws.us-east-1.s3"),
        ("VpcEndpointType", "Gateway"),
        ("RouteTableId.1", &*one),
    ];
    let gateway = make(&both, create, "vpc-endpoint", within, &params).await.text("vpcEndpointId");
    let e = ("VpcEndpointId", &*gateway);
    let change = [
        ours("ec2:ModifyVpcEndpoint", "vpc-endpoint", &gateway),
        on("ec2:ModifyVpcEndpoint", "route-table", &two),
        on("ec2:ModifyVpcEndpoint", "route-table", &one),
    ];
    let tables = [e, ("AddRouteTableId.1", &*two), ("RemoveRouteTableId.1", &*one)];
    act(&both, &change, &tables).await;

    let within = vec![
        on(create, "vpc", &vpc),
        on(create, "subnet", &subnet),
        on(create, "security-group", &group),
    ];
    let params = [
        ("VpcId", &*vpc),
        ("ServiceName", "com.amazonaws.us-east-1.logs"),
        ("VpcEndpointType", "Interface"),
        ("SubnetId.1", &*subnet),
        ("SecurityGroupId.1", &*group),
    ];
    let interface = make(&both, create, "vpc-endpoint", within, &params).await;
    let interface = interface.text("vpcEndpointId");
    let delete = [
        ours("ec2:DeleteVpcEndpoints", "vpc-endpoint", &gateway),
        ours("ec2:DeleteVpcEndpoints", "vpc-endpoint", &interface),
    ];
    let ids = [("VpcEndpointId.1", &*gateway), ("VpcEndpointId.2", &*interface)];
    act(&both, &delete, &ids).await;
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html>: whoever makes a flow
/// log hands its role on.
#[tokio::test(start_paused = true)]
async fn a_flow_log_takes_a_permission_for_each_call_and_passes_its_role() {
    let both = calm().await;
    let admin = &both.0;
    let vpc = admin.vpc().await;
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let role = [("RoleName", "deliver"), ("AssumeRolePolicyDocument", trust)];
    let role = admin.iam("CreateRole", &role).await.good().text("Arn");
    let create = "ec2:CreateFlowLogs";
    let new = arn("ec2", "vpc-flow-log/*");
    let grants = [
        to(create, arn("ec2", &format!("vpc/{vpc}"))),
        to(create, &new).when("aws:RequestTag/owner", "us"),
        to("ec2:CreateTags", &new).when("ec2:CreateAction", name(create)),
        to("iam:PassRole", &role).when("iam:PassedToService", "vpc-flow-logs.amazonaws.com"),
    ];
    let params = [
        ("ResourceType", "VPC"),
        ("ResourceId.1", &*vpc),
        ("TrafficType", "ALL"),
        ("LogGroupName", "/flows"),
        ("DeliverLogsPermissionArn", &*role),
    ];
    let params = [&params[..], &tags("vpc-flow-log")].concat();
    let made = takes(&both, &grants, async |it| it.ec2(name(create), &params).await).await;
    let id = made.texts("item").first().unwrap().clone();
    let delete = [ours("ec2:DeleteFlowLogs", "vpc-flow-log", &id)];
    act(&both, &delete, &[("FlowLogId.1", &*id)]).await;
}
