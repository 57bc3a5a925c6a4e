//! How to declare one object of each kind, with the usual value or another one of every field.
//!
//! A new kind needs a sample here and nothing else: a table of what it stands on, the usual value
//! and another one of every field.

use std::{collections::BTreeMap, sync::OnceLock};

use clctl::{
    aws::{
        Aws, Environment,
        autoscaling::{AutoScalingGroup, AutoScalingGroupConfig},
        backup::{
            BackupPlan, BackupPlanConfig, BackupSelection, BackupSelectionConfig, BackupVault,
            BackupVaultConfig,
        },
        cloudwatch::{Alarm, AlarmConfig, Body, Dashboard, DashboardConfig, Query},
        devops_guru::{NotificationChannel, NotificationChannelConfig, ResourceCollection},
        ec2::{
            DefaultRules, DhcpOptions, DhcpOptionsConfig, Direction, Eip, EipConfig, FlowLog,
            FlowLogConfig, ImageId, InternetGateway, InternetGatewayConfig, KeyName, KeyPair,
            KeyPairConfig, LaunchTags, LaunchTemplate, LaunchTemplateConfig, Leads, Metadata,
            NatGateway, NatGatewayConfig, Peer, PublicKey, RouteTable, RouteTableConfig, Rule,
            SecurityGroup, SecurityGroupConfig, SecurityGroupRules, SecurityGroupRulesConfig,
            Subnet, SubnetConfig, UserData, Volume, Vpc, VpcConfig, VpcEndpoint, VpcEndpointConfig,
        },
        elb::{
            Action, Certificate, Condition, FixedResponse, HealthCheck, Listener, ListenerConfig,
            ListenerRule, ListenerRuleConfig, LoadBalancer, LoadBalancerConfig,
            NetworkLoadBalancer, NetworkLoadBalancerConfig, Redirect, TargetGroup,
            TargetGroupConfig,
        },
        fleet::Instances,
        iam::{InstanceProfile, InstanceProfileConfig, Role, RoleConfig},
        kinds,
        kms::{Key, KeyConfig, Rotation},
        logs::{
            LogGroup, LogGroupArn, LogGroupConfig, MetricFilter, MetricFilterConfig, Named,
            Retention,
        },
        policy::{Policy, Statement},
        rds::{
            Cluster, ClusterConfig, ClusterInstance, ClusterInstanceConfig, ClusterParameterGroup,
            EventSubscription, EventSubscriptionConfig, Instance, InstanceConfig, ParameterGroup,
            ParameterGroupConfig, Storage, SubnetGroup, SubnetGroupConfig,
        },
        route53::{DnsRecord, DnsRecordConfig},
        secrets::{Origin, ResourcePolicy, Secret, SecretConfig},
        sns::{Receivers, Subscriptions, SubscriptionsConfig, Topic, TopicConfig},
    },
    engine::{
        After, AnyKind, Cell, Declared, Graph, Initially, Kinds, Loose, OnChange, Outputs, Plan,
        Resource, Row, Told,
    },
    field,
};
use clctl_simulator::World;
use tokio::sync::OnceCell;

use crate::{
    harness::{Bench, Wanted},
    stand::{
        ANYWHERE, ClusterBase, InstanceBase, LaunchBase, NAME, PUBLIC_KEY, SAMPLE, Stand, Variant,
        attached, destination, eip_id, encrypted, group_id, held, key_arn, listener_arn, named,
        role_arn, route, sample_name, subnet_id, table_id, target_group_arn, tcp, to_gateway,
        to_nat, topic_arn, vpc_id,
    },
    truth::{CERTIFICATE, OTHER_CERTIFICATE},
};

/// How to declare one object of a kind, with the usual value or another one of each field.
pub(crate) struct Sample {
    pub(crate) kind: &'static str,
    declare: fn(&mut Stand<'_>),
    /// Fields that can be declared in one way only.
    pub(crate) fixed: &'static [&'static str],
    /// Writes of what is declared beside it and comes and goes with it.
    pub(crate) beside: &'static [&'static str],
    /// Writes that no life of one object needs, where a test of its own says when they are made; and
    /// what changes nothing and is not for those who only read.
    pub(crate) rare: &'static [&'static str],
    /// Reads of what is there only where the object is not.
    pub(crate) seldom_read: &'static [&'static str],
    /// What somebody else has to do so that every write is needed.
    pub(crate) meddling: &'static [(&'static str, &'static str)],
    /// Whether it, or what it stands on, costs more than a cent or two an hour in a real account.
    pub(crate) costs: bool,
    /// An id under which there is nothing.
    pub(crate) nowhere: &'static str,
}

impl Sample {
    const fn of<R: Resource>(declare: fn(&mut Stand<'_>), nowhere: &'static str) -> Self {
        let (fixed, beside, rare, seldom_read, meddling) = (&[], &[], &[], &[], &[]);
        let (kind, costs) = (R::ABOUT.name, false);
        Self { kind, declare, fixed, beside, rare, seldom_read, meddling, costs, nowhere }
    }
}

/// One of each kind, in their order; two of a kind that has two forms.
pub(crate) static SAMPLES: &[Sample] = &[
    Sample {
        fixed: &["default_security_group_rules"],
        ..Sample::of::<Vpc>(vpc, "vpc-0123456789abcdef0")
    },
    Sample {
        fixed: &["associated"],
        ..Sample::of::<DhcpOptions>(dhcp_options, "dopt-0123456789abcdef0")
    },
    Sample::of::<Subnet>(subnet, "subnet-0123456789abcdef0"),
    Sample {
        fixed: &["attached"],
        ..Sample::of::<InternetGateway>(gateway, "igw-0123456789abcdef0")
    },
    Sample::of::<Eip>(eip, "eipalloc-0123456789abcdef0"),
    Sample { costs: true, ..Sample::of::<NatGateway>(nat, "nat-0123456789abcdef0") },
    Sample {
        meddling: &[
            ("CreateRouteTable", "VpcId=@vpc/main"),
            (
                "ReplaceRouteTableAssociation",
                "RouteTableId=@1&AssociationId=@association/subnet/main",
            ),
        ],
        costs: true,
        ..Sample::of::<RouteTable>(table, "rtb-0123456789abcdef0")
    },
    Sample {
        beside: &["ec2:RevokeSecurityGroupEgress"],
        ..Sample::of::<SecurityGroup>(group, "sg-0123456789abcdef0")
    },
    Sample::of::<SecurityGroupRules>(rules, "sg-0123456789abcdef0"),
    Sample {
        fixed: &["subnets", "security_groups", "private_dns"],
        ..Sample::of::<VpcEndpoint>(gateway_endpoint, "vpce-0123456789abcdef0")
    },
    Sample {
        fixed: &["route_tables", "leads"],
        costs: true,
        ..Sample::of::<VpcEndpoint>(interface_endpoint, "vpce-0123456789abcdef0")
    },
    Sample::of::<KeyPair>(key_pair, "key-0123456789abcdef0"),
    Sample::of::<Role>(role, "arn:aws:iam::123456789012:role/nobody"),
    Sample::of::<InstanceProfile>(profile, "arn:aws:iam::123456789012:instance-profile/nothing"),
    Sample {
        fixed: &["enabled", "aliased"],
        rare: &["kms:UpdateAlias"],
        meddling: &[("kms:DisableKey", "KeyId=@kms-key/sample")],
        ..Sample::of::<Key>(
            key,
            "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
        )
    },
    Sample {
        fixed: &["resource_policy"],
        rare: &["secretsmanager:GetRandomPassword"],
        meddling: &[(
            "secretsmanager:PutResourcePolicy",
            r#"SecretId=@secret/sample&ResourcePolicy={"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"210987654321"},"Action":"secretsmanager:GetSecretValue","Resource":"*"}]}"#,
        )],
        ..Sample::of::<Secret>(
            secret,
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:/clctl/contract/nothing-AbCdEf",
        )
    },
    Sample::of::<LogGroup>(
        log_group,
        "arn:aws:logs:us-east-1:123456789012:log-group:/clctl/contract/nothing",
    ),
    Sample::of::<FlowLog>(flow_log, "fl-0123456789abcdef0"),
    Sample::of::<SubnetGroup>(
        subnet_group,
        "arn:aws:rds:us-east-1:123456789012:subgrp:clctl-contract-nothing",
    ),
    Sample::of::<ParameterGroup>(
        parameter_group,
        "arn:aws:rds:us-east-1:123456789012:pg:clctl-contract-nothing",
    ),
    Sample {
        fixed: &[
            "version",
            "running",
            "copy_tags_to_snapshot",
            "publicly_accessible",
            "storage_type",
        ],
        rare: &[
            "secretsmanager:GetSecretValue",
            "rds:RestoreDBInstanceFromDBSnapshot",
            "rds:RestoreDBInstanceToPointInTime",
        ],
        seldom_read: &[
            "rds:DescribeDBInstanceAutomatedBackups",
            "rds:DescribeDBClusters",
            "rds:DescribeDBClusterSnapshots",
        ],
        meddling: &[(
            "rds:StopDBInstance",
            "DBInstanceIdentifier=clctl-contract-db-instance-sample",
        )],
        costs: true,
        ..Sample::of::<Instance>(
            instance,
            "arn:aws:rds:us-east-1:123456789012:db:clctl-contract-nothing",
        )
    },
    Sample::of::<ClusterParameterGroup>(
        cluster_parameter_group,
        "arn:aws:rds:us-east-1:123456789012:cluster-pg:clctl-contract-nothing",
    ),
    Sample {
        fixed: &[
            "version",
            "running",
            "copy_tags_to_snapshot",
            "instance_parameter_group",
            "http_endpoint",
        ],
        rare: &[
            "secretsmanager:GetSecretValue",
            "rds:RestoreDBClusterFromSnapshot",
            "rds:RestoreDBClusterToPointInTime",
        ],
        seldom_read: &[
            "rds:DescribeDBClusterAutomatedBackups",
            "rds:DescribeDBInstances",
            "rds:DescribeDBSnapshots",
        ],
        meddling: &[
            (
                "rds:EnableHttpEndpoint",
                "ResourceArn=arn:aws:rds:us-east-1:123456789012:cluster:clctl-contract-db-cluster-sample",
            ),
            ("rds:StopDBCluster", "DBClusterIdentifier=clctl-contract-db-cluster-sample"),
        ],
        costs: true,
        ..Sample::of::<Cluster>(
            cluster,
            "arn:aws:rds:us-east-1:123456789012:cluster:clctl-contract-nothing",
        )
    },
    Sample {
        fixed: &["publicly_accessible"],
        costs: true,
        ..Sample::of::<ClusterInstance>(cluster_instance, "db-NOTHING")
    },
    Sample {
        fixed: &["access_policy"],
        rare: &["backup:DeleteRecoveryPoint"],
        seldom_read: &["backup:ListBackupVaults"],
        meddling: &[(
            "backup:PutBackupVaultAccessPolicy",
            r#"BackupVaultName=clctl-contract-backup-vault-sample&Policy={"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"210987654321"},"Action":"backup:CopyIntoBackupVault","Resource":"*"}]}"#,
        )],
        ..Sample::of::<BackupVault>(
            vault,
            "arn:aws:backup:us-east-1:123456789012:backup-vault:clctl-contract-nothing",
        )
    },
    Sample {
        seldom_read: &["backup:ListBackupPlans"],
        ..Sample::of::<BackupPlan>(
            backup_plan,
            "arn:aws:backup:us-east-1:123456789012:backup-plan:01234567-89ab-cdef-0123-456789abcdef",
        )
    },
    Sample {
        fixed: &["other"],
        ..Sample::of::<BackupSelection>(
            backup_selection,
            "01234567-89ab-cdef-0123-456789abcdef|01234567-89ab-cdef-0123-456789abcdef",
        )
    },
    Sample {
        fixed: &["ip_address_type", "needs"],
        // Its addresses are of version 4.
        rare: &["elasticloadbalancing:SetIpAddressType"],
        costs: true,
        ..Sample::of::<LoadBalancer>(
            load_balancer,
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/nothing/0123456789abcdef",
        )
    },
    Sample {
        fixed: &["ip_address_type", "needs"],
        // Its addresses are of version 4.
        rare: &["elasticloadbalancing:SetIpAddressType"],
        costs: true,
        ..Sample::of::<NetworkLoadBalancer>(
            network_load_balancer,
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/nothing/0123456789abcdef",
        )
    },
    Sample {
        fixed: &["target_type", "protocol_version", "ip_address_type"],
        ..Sample::of::<TargetGroup>(
            target_group,
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/nothing/0123456789abcdef",
        )
    },
    Sample {
        fixed: &["vpc", "target_type", "protocol", "protocol_version", "ip_address_type"],
        ..Sample::of::<TargetGroup>(
            network_target_group,
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/nothing/0123456789abcdef",
        )
    },
    Sample {
        // Without HTTPS it has nothing of what is about it.
        fixed: &["mutual_authentication", "protocol"],
        costs: true,
        ..Sample::of::<Listener>(
            listener,
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/nothing/0123456789abcdef/0123456789abcdef",
        )
    },
    Sample {
        fixed: &["protocol", "certificate", "ssl_policy", "mutual_authentication"],
        costs: true,
        ..Sample::of::<Listener>(
            network_listener,
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/net/nothing/0123456789abcdef/0123456789abcdef",
        )
    },
    Sample {
        fixed: &["transforms"],
        costs: true,
        ..Sample::of::<ListenerRule>(
            listener_rule,
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/nothing/0123456789abcdef/0123456789abcdef/0123456789abcdef",
        )
    },
    Sample {
        fixed: &["other_settings", "foreign_versions"],
        meddling: &[(
            "CreateLaunchTemplateVersion",
            "LaunchTemplateId=@launch-template/sample&SourceVersion=1&VersionDescription=by hand&LaunchTemplateData.InstanceType=m5.large",
        )],
        ..Sample::of::<LaunchTemplate>(launch_template, "lt-0123456789abcdef0")
    },
    Sample {
        fixed: &[
            // AWS has one word for each that is not that of somebody else's feature.
            "max_instance_lifetime",
            "deletion_protection",
            "propagated_tags",
            // What another node is saved before: `rolling` tests it.
            "database",
            "image",
        ],
        rare: &[
            // Only for a key that is not the environment's own.
            "kms:CreateGrant",
            "rds:CreateDBSnapshot",
            "rds:CreateDBClusterSnapshot",
            "rds:AddTagsToResource",
        ],
        seldom_read: &[
            "ec2:DescribeInstances",
            "rds:ListTagsForResource",
            "rds:DescribeDBSnapshots",
            "rds:DescribeDBClusterSnapshots",
        ],
        costs: true,
        ..Sample::of::<AutoScalingGroup>(
            scaling_group,
            "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:01234567-89ab-cdef-0123-456789abcdef:autoScalingGroupName/clctl-contract-nothing",
        )
    },
    Sample {
        // No group is replaced. Another version is its affair as well: how instances come to it, `rolling` tests.
        fixed: &["group", "versions", "stuck", "unmarked", "image"],
        rare: &["autoscaling:TerminateInstanceInAutoScalingGroup", "ec2:CreateTags"],
        seldom_read: &["ec2:GetConsoleOutput"],
        ..Sample::of::<Instances>(
            instances,
            "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:01234567-89ab-cdef-0123-456789abcdef:autoScalingGroupName/clctl-contract-nothing/instances",
        )
    },
    Sample {
        // Another zone is another account's affair, and a test of its own.
        fixed: &["zone", "marked", "noted"],
        // A permission, not a call.
        rare: &["ssm:AddTagsToResource"],
        costs: true,
        ..Sample::of::<DnsRecord>(dns_record, "Z0NOWHERE/nothing.oracles.example.com/A")
    },
    Sample::of::<Topic>(topic, "arn:aws:sns:us-east-1:123456789012:clctl-contract-nothing"),
    Sample {
        // Those of another topic are another node. Nobody has confirmed that they want it: there is nothing to end.
        fixed: &["topic"],
        rare: &["sns:Unsubscribe"],
        ..Sample::of::<Subscriptions>(
            subscriptions,
            "arn:aws:sns:us-east-1:123456789012:clctl-contract-nothing/subscriptions",
        )
    },
    Sample {
        // It has no tags, so that nobody but clctl can say which one it is.
        fixed: &["group", "other_settings"],
        ..Sample::of::<MetricFilter>(
            metric_filter,
            "metric-filter//clctl/contract/nothing:clctl-contract-metric-filter-nothing",
        )
    },
    Sample {
        fixed: &["other_settings"],
        ..Sample::of::<Alarm>(
            alarm,
            "arn:aws:cloudwatch:us-east-1:123456789012:alarm:clctl-contract-nothing",
        )
    },
    Sample::of::<Dashboard>(
        dashboard,
        "arn:aws:cloudwatch::123456789012:dashboard/clctl-contract-nothing",
    ),
    Sample {
        // Of another type there are other sources and categories; how sources come and go, `monitoring` tests.
        fixed: &["source_type", "sources"],
        rare: &[
            "rds:AddSourceIdentifierToSubscription",
            "rds:RemoveSourceIdentifierFromSubscription",
        ],
        costs: true,
        ..Sample::of::<EventSubscription>(
            event_subscription,
            "arn:aws:rds:us-east-1:123456789012:es:clctl-contract-nothing",
        )
    },
    Sample {
        // Those of another tag are those of another environment.
        fixed: &["app_boundary_key", "tag_value"],
        ..Sample::of::<ResourceCollection>(collection, "AWS_TAGS:devops-guru-clctl=nothing")
    },
    Sample {
        // One that tells another topic is another node.
        fixed: &["topic"],
        ..Sample::of::<NotificationChannel>(
            channel,
            "arn:aws:sns:us-east-1:123456789012:clctl-contract-nothing/devops-guru-channel",
        )
    },
];

fn dhcp_options(stand: &mut Stand<'_>) {
    let vpcs = ["main", "other"].map(|name| stand.vpc(name));
    let vpc = stand.pick(field!(DhcpOptionsConfig.vpc), &vpcs[0], &vpcs[1]);
    let usual = stand.dhcp_options(SAMPLE, vpc);
    let text = |field: &str, usual: &str, other: &str| stand.pick(field, usual, other).to_owned();
    let servers = field!(DhcpOptionsConfig.domain_name_servers);
    let declared = DhcpOptionsConfig {
        domain_name: text(field!(DhcpOptionsConfig.domain_name), "ec2.internal", "example.com"),
        domain_name_servers: vec![text(servers, "AmazonProvidedDNS", "10.1.0.2")],
        ntp_servers: stand.pick(
            field!(DhcpOptionsConfig.ntp_servers),
            Vec::new(),
            vec!["169.254.169.123".to_owned()],
        ),
        ..usual
    };
    stand.sample::<DhcpOptions>(declared);
}

fn dns_record(stand: &mut Stand<'_>) {
    let balancers = ["main", "other"].map(|name| {
        let vpc = stand.vpc(name);
        stand.balanced(name, &vpc)
    });
    let other = "other.oracles.example.com";
    let name = stand.pick(field!(DnsRecordConfig.name), NAME, other);
    let target = stand.pick(field!(DnsRecordConfig.target), &balancers[0], &balancers[1]);
    let declared = DnsRecordConfig {
        evaluate_target_health: stand.changes(field!(DnsRecordConfig.evaluate_target_health)),
        ..named(name, target)
    };
    stand.sample::<DnsRecord>(declared);
}

fn launch_template(stand: &mut Stand<'_>) {
    let vpc = stand.vpc("main");
    let groups = ["main", "other"].map(|name| stand.closed_group(name, &vpc));
    let profiles = ["main", "other"].map(|name| stand.profile(name));
    let keys = ["main", "other"].map(|name| stand.key(name));
    let base = LaunchBase {
        group: stand.pick(field!(LaunchTemplateConfig.security_groups), &groups[0], &groups[1]),
        profile: stand.pick(
            field!(LaunchTemplateConfig.instance_profile),
            &profiles[0],
            &profiles[1],
        ),
        key: &keys[0],
    };
    let usual = stand.launch_template(SAMPLE, &base);
    let metadata = field!(LaunchTemplateConfig.metadata);
    let disk = field!(LaunchTemplateConfig.root_volume);
    let tags = stand.launch_tags(field!(LaunchTemplateConfig.launch_tags));
    let text = |field: &str, usual: &str, other: &str| stand.pick(field, usual, other).to_owned();
    let image = stand.image();
    let declared = LaunchTemplateConfig {
        version_description: stand.signed(stand.pick(
            field!(LaunchTemplateConfig.version_description),
            "sample",
            "other sample",
        )),
        image: Initially::Always(ImageId::new(text(
            field!(LaunchTemplateConfig.image),
            &image,
            "ami-0123456789abcdef0",
        ))),
        instance_type: text(field!(LaunchTemplateConfig.instance_type), "m6i.large", "m6i.xlarge"),
        key_name: KeyName(stand.pick(
            field!(LaunchTemplateConfig.key_name),
            None,
            Some("other".to_owned()),
        ))
        .into(),
        user_data: UserData::new(text(
            field!(LaunchTemplateConfig.user_data),
            "#cloud-config\n",
            "#cloud-config\nruncmd: [[\"true\"]]\n",
        ))
        .into(),
        public_address: stand.pick(field!(LaunchTemplateConfig.public_address), false, true),
        metadata: Metadata { hop_limit: stand.pick(metadata, 1, 2), ..Metadata::strict() },
        root_volume: Volume {
            size: stand.pick(disk, 8, 10),
            key: key_arn(stand.pick(disk, &keys[0], &keys[1])),
            ..usual.root_volume
        },
        detailed_monitoring: stand.pick(
            field!(LaunchTemplateConfig.detailed_monitoring),
            false,
            true,
        ),
        tenancy: text(field!(LaunchTemplateConfig.tenancy), "default", "dedicated"),
        shutdown_behavior: text(
            field!(LaunchTemplateConfig.shutdown_behavior),
            "terminate",
            "stop",
        ),
        launch_tags: LaunchTags::everywhere(&tags),
        ..usual
    };
    stand.sample::<LaunchTemplate>(declared);
}

fn load_balancer(stand: &mut Stand<'_>) {
    let (main, other) = (stand.vpc("main"), stand.vpc("other"));
    let (subnets, table) = stand.open_subnets("main", &main);
    let third = stand.subnet_in("c", "main-c", &main, "10.1.10.0/24");
    let groups = ["one", "two"].map(|name| stand.closed_group(name, &main));
    let (elsewhere, _) = stand.open_subnets("other", &other);
    let stranger = stand.closed_group("three", &other);
    let second = stand.pick(field!(LoadBalancerConfig.subnets), &subnets[1], &third);
    let group = stand.pick(field!(LoadBalancerConfig.security_groups), &groups[0], &groups[1]);
    // Nothing of one VPC can be in a load balancer of another.
    let usual = if stand.changes(field!(LoadBalancerConfig.vpc)) {
        stand.load_balancer(SAMPLE, &other, &[&elsewhere[0], &elsewhere[1]], &stranger)
    } else {
        stand.load_balancer(SAMPLE, &main, &[&subnets[0], second], group)
    };
    let mut attributes = usual.attributes;
    if stand.changes(field!(LoadBalancerConfig.attributes)) {
        attributes.insert("routing.http2.enabled".to_owned(), "false".to_owned());
    }
    let text = |field: &str, usual: &str, other: &str| stand.pick(field, usual, other).to_owned();
    let declared = LoadBalancerConfig {
        scheme: text(field!(LoadBalancerConfig.scheme), "internal", "internet-facing"),
        idle_timeout: stand.pick(field!(LoadBalancerConfig.idle_timeout), 60, 120),
        deletion_protection: stand.changes(field!(LoadBalancerConfig.deletion_protection)),
        drop_invalid_header_fields: !stand
            .changes(field!(LoadBalancerConfig.drop_invalid_header_fields)),
        desync_mitigation_mode: text(
            field!(LoadBalancerConfig.desync_mitigation_mode),
            "defensive",
            "strictest",
        ),
        attributes,
        needs: After::node(&table),
        ..usual
    };
    stand.sample::<LoadBalancer>(declared);
}

fn network_load_balancer(stand: &mut Stand<'_>) {
    let (main, other) = (stand.vpc("main"), stand.vpc("other"));
    let (subnets, table) = stand.open_subnets("main", &main);
    // In the same zone: it has to be left before.
    let third = stand.subnet_in("b", "main-third", &main, "10.1.10.0/24");
    let groups = ["one", "two"].map(|name| stand.closed_group(name, &main));
    let (elsewhere, _) = stand.open_subnets("other", &other);
    let stranger = stand.closed_group("three", &other);
    let second = stand.pick(field!(NetworkLoadBalancerConfig.zones), &subnets[1], &third);
    let group =
        stand.pick(field!(NetworkLoadBalancerConfig.security_groups), &groups[0], &groups[1]);
    let eips = ["a", "b"].map(|name| stand.eip(name));
    let internal = stand.changes(field!(NetworkLoadBalancerConfig.scheme));
    // Nothing inside has an address outside.
    let [first_eip, second_eip] = eips.each_ref().map(|eip| (!internal).then_some(eip));
    let is_elsewhere = stand.changes(field!(NetworkLoadBalancerConfig.vpc));
    let usual = if is_elsewhere {
        let zones = [
            stand.place("a", &elsewhere[0], first_eip),
            stand.place("b", &elsewhere[1], second_eip),
        ];
        stand.network_load_balancer(SAMPLE, &other, zones, &stranger)
    } else {
        let zones =
            [stand.place("a", &subnets[0], first_eip), stand.place("b", second, second_eip)];
        stand.network_load_balancer(SAMPLE, &main, zones, group)
    };
    let mut attributes = usual.attributes;
    if stand.changes(field!(NetworkLoadBalancerConfig.attributes)) {
        let (key, value) = ("dns_record.client_routing_policy", "availability_zone_affinity");
        attributes.insert(key.to_owned(), value.to_owned());
    }
    let scheme =
        stand.pick(field!(NetworkLoadBalancerConfig.scheme), "internet-facing", "internal");
    let declared = NetworkLoadBalancerConfig {
        scheme: scheme.to_owned(),
        cross_zone: !stand.changes(field!(NetworkLoadBalancerConfig.cross_zone)),
        deletion_protection: stand.changes(field!(NetworkLoadBalancerConfig.deletion_protection)),
        attributes,
        needs: After::node(&table),
        ..usual
    };
    stand.sample::<NetworkLoadBalancer>(declared);
}

fn network_target_group(stand: &mut Stand<'_>) {
    let vpc = stand.vpc("main");
    let usual = stand.network_target_group(SAMPLE, &vpc);
    let mut attributes = usual.attributes;
    if stand.changes(field!(TargetGroupConfig.attributes)) {
        attributes.insert("preserve_client_ip.enabled".to_owned(), "false".to_owned());
    }
    let check = field!(TargetGroupConfig.health_check);
    let declared = TargetGroupConfig {
        port: stand.pick(field!(TargetGroupConfig.port), 6690, 6691),
        health_check: HealthCheck {
            path: stand.pick(check, "/health", "/").to_owned(),
            port: stand.pick(check, "6688", "6689").to_owned(),
            ..usual.health_check
        },
        deregistration_delay: stand.pick(field!(TargetGroupConfig.deregistration_delay), 15, 30),
        attributes,
        ..usual
    };
    stand.sample::<TargetGroup>(declared);
}

fn network_listener(stand: &mut Stand<'_>) {
    let vpc = stand.vpc("main");
    let (subnets, _) = stand.open_subnets("main", &vpc);
    let group = stand.closed_group("main", &vpc);
    let balancers = ["main", "other"].map(|name| {
        let zones = [stand.place("a", &subnets[0], None), stand.place("b", &subnets[1], None)];
        let declared = stand.network_load_balancer(name, &vpc, zones, &group);
        stand.add::<NetworkLoadBalancer>(name, declared)
    });
    let targets = ["main", "other"].map(|name| {
        let declared = stand.network_target_group(name, &vpc);
        stand.add::<TargetGroup>(name, declared)
    });
    let balancer = stand.pick(field!(ListenerConfig.load_balancer), &balancers[0], &balancers[1]);
    let targets = stand.pick(field!(ListenerConfig.default_action), &targets[0], &targets[1]);
    let usual = stand.network_listener(SAMPLE, balancer, targets);
    let mut attributes = usual.attributes;
    if stand.changes(field!(ListenerConfig.attributes)) {
        attributes.insert("tcp.idle_timeout.seconds".to_owned(), "600".to_owned());
    }
    let port = stand.pick(field!(ListenerConfig.port), 6690, 6691);
    stand.sample::<Listener>(ListenerConfig { port, attributes, ..usual });
}

fn target_group(stand: &mut Stand<'_>) {
    let (main, other) = (stand.vpc("main"), stand.vpc("other"));
    let vpc = stand.pick(field!(TargetGroupConfig.vpc), &main, &other);
    let usual = stand.target_group(SAMPLE, vpc);
    let mut attributes = usual.attributes;
    if stand.changes(field!(TargetGroupConfig.attributes)) {
        attributes.insert("slow_start.duration_seconds".to_owned(), "30".to_owned());
    }
    let check = field!(TargetGroupConfig.health_check);
    let declared = TargetGroupConfig {
        protocol: stand.pick(field!(TargetGroupConfig.protocol), "HTTP", "HTTPS").to_owned(),
        port: stand.pick(field!(TargetGroupConfig.port), 6688, 6689),
        health_check: HealthCheck {
            path: stand.pick(check, "/health", "/").to_owned(),
            matcher: stand.pick(check, "200-299", "200").to_owned(),
            interval: stand.pick(check, 10, 15),
            ..usual.health_check
        },
        deregistration_delay: stand.pick(field!(TargetGroupConfig.deregistration_delay), 15, 30),
        attributes,
        ..usual
    };
    stand.sample::<TargetGroup>(declared);
}

fn listener(stand: &mut Stand<'_>) {
    let vpc = stand.vpc("main");
    let (subnets, _) = stand.open_subnets("main", &vpc);
    let group = stand.closed_group("main", &vpc);
    let balancers = ["main", "other"].map(|name| {
        let declared = stand.load_balancer(name, &vpc, &[&subnets[0], &subnets[1]], &group);
        stand.add::<LoadBalancer>(name, declared)
    });
    let targets = ["main", "other"].map(|name| {
        let declared = stand.target_group(name, &vpc);
        stand.add::<TargetGroup>(name, declared)
    });
    let balancer = stand.pick(field!(ListenerConfig.load_balancer), &balancers[0], &balancers[1]);
    let targets = stand.pick(field!(ListenerConfig.default_action), &targets[0], &targets[1]);
    let (first, second) = (CERTIFICATE, OTHER_CERTIFICATE);
    let certificate = stand.pick(field!(ListenerConfig.certificate), first, second).to_owned();
    let usual = stand.listener(SAMPLE, balancer);
    let mut attributes = usual.attributes;
    if stand.changes(field!(ListenerConfig.attributes)) {
        attributes.insert("routing.http.response.server.enabled".to_owned(), "false".to_owned());
    }
    let declared = ListenerConfig {
        port: stand.pick(field!(ListenerConfig.port), 443, 8443),
        protocol: "HTTPS".to_owned(),
        certificate: Certificate(Some(certificate)).into(),
        ssl_policy: stand
            .pick(
                field!(ListenerConfig.ssl_policy),
                "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
                "ELBSecurityPolicy-TLS13-1-3-2021-06",
            )
            .to_owned(),
        default_action: Action::Forward(target_group_arn(targets)),
        attributes,
        ..usual
    };
    stand.sample::<Listener>(declared);
}

fn listener_rule(stand: &mut Stand<'_>) {
    let vpc = stand.vpc("main");
    let balancer = stand.balanced("main", &vpc);
    let listeners = [("main", 80), ("other", 8080)].map(|(name, port)| {
        let declared = ListenerConfig { port, ..stand.listener(name, &balancer) };
        stand.add::<Listener>(name, declared)
    });
    let listener = stand.pick(field!(ListenerRuleConfig.listener), &listeners[0], &listeners[1]);
    let usual = Action::FixedResponse(FixedResponse::not_found());
    let other = Action::Redirect(Redirect { path: "/".to_owned(), ..Redirect::to_https() });
    let declared = ListenerRuleConfig {
        listener: listener_arn(listener),
        priority: stand.pick(field!(ListenerRuleConfig.priority), 10, 20),
        conditions: vec![stand.pick(
            field!(ListenerRuleConfig.conditions),
            Condition::path(["/metrics"]),
            Condition::path(["/debug", "/debug/*"]),
        )],
        action: stand.pick(field!(ListenerRuleConfig.action), usual, other),
        transforms: Vec::new(),
        tags: stand.tags::<ListenerRule>(SAMPLE),
    };
    stand.sample::<ListenerRule>(declared);
}

fn instances(stand: &mut Stand<'_>) {
    let vpc = stand.vpc("main");
    let subnet = stand.subnet_in("a", "a", &vpc, "10.1.1.0/24");
    let group = stand.closed_group("main", &vpc);
    let (profile, key) = (stand.profile("main"), stand.launching_key("main"));
    let base = LaunchBase { group: &group, profile: &profile, key: &key };
    let declared = stand.launch_template("main", &base);
    let template = stand.add::<LaunchTemplate>("main", declared);
    let declared = stand.scaling_group(SAMPLE, &template, &[&subnet]);
    let group = &stand.add::<AutoScalingGroup>(SAMPLE, declared);
    stand.sample::<Instances>(Stand::instances(group, &template));
}

fn scaling_group(stand: &mut Stand<'_>) {
    let vpc = stand.vpc("main");
    let subnets = [("a", "10.1.1.0/24"), ("b", "10.1.2.0/24"), ("c", "10.1.3.0/24")]
        .map(|(zone, cidr)| stand.subnet_in(zone, zone, &vpc, cidr));
    let group = stand.closed_group("main", &vpc);
    let (profile, key) = (stand.profile("main"), stand.launching_key("main"));
    let base = LaunchBase { group: &group, profile: &profile, key: &key };
    let templates = ["main", "other"].map(|name| {
        let declared = stand.launch_template(name, &base);
        stand.add::<LaunchTemplate>(name, declared)
    });
    let template =
        stand.pick(field!(AutoScalingGroupConfig.template), &templates[0], &templates[1]);
    let second = stand.pick(field!(AutoScalingGroupConfig.subnets), &subnets[1], &subnets[2]);
    let usual = stand.scaling_group(SAMPLE, template, &[&subnets[0], second]);
    let targets = ["main", "other"].map(|name| {
        let declared = stand.target_group(name, &vpc);
        stand.add::<TargetGroup>(name, declared)
    });
    let targets =
        stand.pick(field!(AutoScalingGroupConfig.target_groups), &targets[0], &targets[1]);
    let number = |field: &str, usual: i32, other: i32| stand.pick(field, usual, other);
    let text = |field: &str, usual: &str, other: &str| stand.pick(field, usual, other).to_owned();
    let flag = |field: &str| stand.pick(field, false, true);
    let some = |field: &str, usual: &str, other: &str| vec![text(field, usual, other)];
    let declared = AutoScalingGroupConfig {
        min_size: number(field!(AutoScalingGroupConfig.min_size), 1, 0),
        max_size: number(field!(AutoScalingGroupConfig.max_size), 2, 3),
        desired_capacity: number(field!(AutoScalingGroupConfig.desired_capacity), 1, 2),
        health_check_type: text(field!(AutoScalingGroupConfig.health_check_type), "EC2", "ELB"),
        health_check_grace_period: number(
            field!(AutoScalingGroupConfig.health_check_grace_period),
            300,
            120,
        ),
        default_cooldown: number(field!(AutoScalingGroupConfig.default_cooldown), 300, 200),
        default_instance_warmup: number(
            field!(AutoScalingGroupConfig.default_instance_warmup),
            -1,
            30,
        ),
        termination_policies: some(
            field!(AutoScalingGroupConfig.termination_policies),
            "Default",
            "NewestInstance",
        ),
        new_instances_protected: flag(field!(AutoScalingGroupConfig.new_instances_protected)),
        capacity_rebalance: flag(field!(AutoScalingGroupConfig.capacity_rebalance)),
        instance_maintenance: text(
            field!(AutoScalingGroupConfig.instance_maintenance),
            "none",
            "50-100",
        ),
        zone_distribution: text(
            field!(AutoScalingGroupConfig.zone_distribution),
            "balanced-best-effort",
            "balanced-only",
        ),
        suspended_processes: some(
            field!(AutoScalingGroupConfig.suspended_processes),
            "AZRebalance",
            "ScheduledActions",
        ),
        enabled_metrics: some(
            field!(AutoScalingGroupConfig.enabled_metrics),
            "GroupInServiceInstances",
            "GroupTotalInstances",
        ),
        target_groups: vec![target_group_arn(targets)],
        ..usual
    };
    stand.sample::<AutoScalingGroup>(declared);
}

fn subnet_group(stand: &mut Stand<'_>) {
    let (main, other) = (stand.vpc("main"), stand.vpc("other"));
    let subnets = [("a", "10.1.1.0/24"), ("b", "10.1.2.0/24"), ("c", "10.1.3.0/24")]
        .map(|(zone, cidr)| stand.subnet_in(zone, zone, &main, cidr));
    let others = [("a", "10.1.1.0/24"), ("b", "10.1.2.0/24")]
        .map(|(zone, cidr)| stand.subnet_in(zone, &format!("other-{zone}"), &other, cidr));
    let second = stand.pick(field!(SubnetGroupConfig.subnets), &subnets[1], &subnets[2]);
    let moves = stand.changes(field!(SubnetGroupConfig.vpc));
    let declared = SubnetGroupConfig {
        vpc: vpc_id(if moves { &other } else { &main }),
        description: stand.pick(field!(SubnetGroupConfig.description), "this", "that").to_owned(),
        // Nothing of one VPC can be in a group of another.
        subnets: if moves {
            others.iter().map(subnet_id).collect()
        } else {
            vec![subnet_id(&subnets[0]), subnet_id(second)]
        },
        tags: stand.tags::<SubnetGroup>(SAMPLE),
    };
    stand.sample::<SubnetGroup>(declared);
}

fn parameter_group(stand: &mut Stand<'_>) {
    let usual = encrypted([("max_connections", "200"), ("work_mem", "8192")]);
    let changed = encrypted([("max_connections", "300"), ("log_min_duration_statement", "500")]);
    let declared = ParameterGroupConfig {
        family: stand
            .pick(field!(ParameterGroupConfig.family), "postgres17", "postgres16")
            .to_owned(),
        description: stand
            .pick(field!(ParameterGroupConfig.description), "this", "that")
            .to_owned(),
        parameters: stand.pick(field!(ParameterGroupConfig.parameters), usual, changed),
        tags: stand.tags::<ParameterGroup>(SAMPLE),
    };
    stand.sample::<ParameterGroup>(declared);
}

fn instance(stand: &mut Stand<'_>) {
    let vpc = stand.vpc("main");
    let groups = ["main", "other"].map(|name| stand.closed_group(name, &vpc));
    let parameters = ["main", "other"].map(|name| stand.parameter_group(name));
    let keys = ["main", "other"].map(|name| stand.key(name));
    let secrets = ["main", "other"].map(|name| stand.secret(name, &keys[0]));
    let subnets = stand.subnet_group("main", &vpc);
    let base = InstanceBase {
        subnets: &subnets,
        group: stand.pick(field!(InstanceConfig.security_groups), &groups[0], &groups[1]),
        parameters: stand.pick(
            field!(InstanceConfig.parameter_group),
            &parameters[0],
            &parameters[1],
        ),
        key: stand.pick(field!(InstanceConfig.key), &keys[0], &keys[1]),
        secret: stand.pick(field!(InstanceConfig.login), &secrets[0], &secrets[1]),
    };
    let usual = stand.instance(SAMPLE, &base);
    let text = |field: &str, usual: &str, other: &str| {
        Told::of(stand.pick(field, usual, other).to_owned())
    };
    let flag = |field: &str, usual: bool| Told(Some(stand.pick(field, usual, !usual)));
    let number = |field: &str, usual: i32, other: i32| Told(Some(stand.pick(field, usual, other)));
    let logs =
        stand.pick(field!(InstanceConfig.log_exports), vec!["postgresql".to_owned()], vec![]);
    let declared = InstanceConfig {
        class: text(field!(InstanceConfig.class), "db.m6g.large", "db.m6g.xlarge"),
        multi_az: flag(field!(InstanceConfig.multi_az), true),
        allocated_storage: Storage::AtLeast(stand.pick(
            field!(InstanceConfig.allocated_storage),
            20,
            40,
        )),
        max_allocated_storage: number(field!(InstanceConfig.max_allocated_storage), 100, 200),
        port: stand.pick(field!(InstanceConfig.port), 5432, 5433),
        backup_retention_period: number(field!(InstanceConfig.backup_retention_period), 7, 14),
        preferred_backup_window: text(
            field!(InstanceConfig.preferred_backup_window),
            "03:00-03:30",
            "05:00-05:30",
        ),
        preferred_maintenance_window: text(
            field!(InstanceConfig.preferred_maintenance_window),
            "sun:04:00-sun:04:30",
            "mon:04:00-mon:04:30",
        ),
        auto_minor_version_upgrade: flag(field!(InstanceConfig.auto_minor_version_upgrade), false),
        deletion_protection: flag(field!(InstanceConfig.deletion_protection), false),
        performance_insights: flag(field!(InstanceConfig.performance_insights), true),
        log_exports: Told(Some(logs)),
        iam_authentication: flag(field!(InstanceConfig.iam_authentication), false),
        ..usual
    };
    stand.sample::<Instance>(declared);
}

fn cluster_parameter_group(stand: &mut Stand<'_>) {
    let usual = encrypted([("max_connections", "200"), ("timezone", "utc")]);
    let changed = encrypted([("max_connections", "300"), ("log_min_duration_statement", "500")]);
    let declared = ParameterGroupConfig {
        family: stand
            .pick(field!(ParameterGroupConfig.family), "aurora-postgresql16", "aurora-postgresql15")
            .to_owned(),
        description: stand
            .pick(field!(ParameterGroupConfig.description), "this", "that")
            .to_owned(),
        parameters: stand.pick(field!(ParameterGroupConfig.parameters), usual, changed),
        tags: stand.tags::<ClusterParameterGroup>(SAMPLE),
    };
    stand.sample::<ClusterParameterGroup>(declared);
}

fn cluster(stand: &mut Stand<'_>) {
    let vpc = stand.vpc("main");
    let groups = ["main", "other"].map(|name| stand.closed_group(name, &vpc));
    let parameters = ["main", "other"].map(|name| stand.cluster_parameter_group(name));
    let keys = ["main", "other"].map(|name| stand.key(name));
    let secrets = ["main", "other"].map(|name| stand.secret(name, &keys[0]));
    let subnets = stand.subnet_group("main", &vpc);
    let base = ClusterBase {
        subnets: &subnets,
        group: stand.pick(field!(ClusterConfig.security_groups), &groups[0], &groups[1]),
        parameters: stand.pick(
            field!(ClusterConfig.parameter_group),
            &parameters[0],
            &parameters[1],
        ),
        key: stand.pick(field!(ClusterConfig.key), &keys[0], &keys[1]),
        secret: stand.pick(field!(ClusterConfig.login), &secrets[0], &secrets[1]),
    };
    let usual = stand.cluster(SAMPLE, &base);
    let text = |field: &str, usual: &str, other: &str| {
        Told::of(stand.pick(field, usual, other).to_owned())
    };
    let flag = |field: &str, usual: bool| Told(Some(stand.pick(field, usual, !usual)));
    let number = |field: &str, usual: i32, other: i32| Told(Some(stand.pick(field, usual, other)));
    let logs = stand.pick(field!(ClusterConfig.log_exports), vec!["postgresql".to_owned()], vec![]);
    let declared = ClusterConfig {
        storage_type: text(field!(ClusterConfig.storage_type), "aurora", "aurora-iopt1"),
        port: number(field!(ClusterConfig.port), 5432, 5433),
        backup_retention_period: number(field!(ClusterConfig.backup_retention_period), 7, 14),
        preferred_backup_window: text(
            field!(ClusterConfig.preferred_backup_window),
            "03:00-03:30",
            "05:00-05:30",
        ),
        preferred_maintenance_window: text(
            field!(ClusterConfig.preferred_maintenance_window),
            "sun:04:00-sun:04:30",
            "mon:04:00-mon:04:30",
        ),
        deletion_protection: flag(field!(ClusterConfig.deletion_protection), false),
        log_exports: Told(Some(logs)),
        iam_authentication: flag(field!(ClusterConfig.iam_authentication), false),
        ..usual
    };
    stand.sample::<Cluster>(declared);
}

fn cluster_instance(stand: &mut Stand<'_>) {
    let vpc = stand.vpc("main");
    let group = stand.closed_group("main", &vpc);
    let parameters = stand.cluster_parameter_group("main");
    let own = ["main", "other"].map(|name| stand.aurora_parameter_group(name));
    let keys = ["main", "other"].map(|name| stand.key(name));
    let secret = stand.secret("main", &keys[0]);
    let subnets = stand.subnet_group("main", &vpc);
    let (subnets, group, parameters) = (&subnets, &group, &parameters);
    let base = ClusterBase { subnets, group, parameters, key: &keys[0], secret: &secret };
    let moves = stand.changes(field!(ClusterInstanceConfig.cluster));
    let clusters = ["main", "other"].map(|name| {
        let declared = stand.cluster(name, &base);
        stand.add::<Cluster>(name, declared)
    });
    let (class, zone) = (field!(ClusterInstanceConfig.class), field!(ClusterInstanceConfig.zone));
    let group = field!(ClusterInstanceConfig.parameter_group);
    let key = field!(ClusterInstanceConfig.insights_key);
    let minor = field!(ClusterInstanceConfig.auto_minor_version_upgrade);
    let tier = field!(ClusterInstanceConfig.promotion_tier);
    let window = field!(ClusterInstanceConfig.preferred_maintenance_window);
    let insights = field!(ClusterInstanceConfig.performance_insights);
    let window = stand.pick(window, "sun:04:00-sun:04:30", "mon:04:00-mon:04:30");
    let usual = stand.cluster_instance(
        SAMPLE,
        if moves { &clusters[1] } else { &clusters[0] },
        stand.pick(group, &own[0], &own[1]),
        stand.pick(key, &keys[0], &keys[1]),
    );
    let declared = ClusterInstanceConfig {
        class: Told::of(stand.pick(class, "db.r6g.large", "db.r6g.xlarge").to_owned()),
        zone: Told::of(stand.zone(stand.pick(zone, "a", "b"))),
        auto_minor_version_upgrade: Told(Some(stand.pick(minor, false, true))),
        preferred_maintenance_window: Told::of(window.to_owned()),
        promotion_tier: Told(Some(stand.pick(tier, 1, 2))),
        performance_insights: Told(Some(stand.pick(insights, true, false))),
        ..usual
    };
    stand.sample::<ClusterInstance>(declared);
}

fn vpc(stand: &mut Stand<'_>) {
    let declared = VpcConfig {
        cidr: stand.pick(field!(VpcConfig.cidr), "10.2.0.0/16", "10.3.0.0/16").parse().unwrap(),
        dns_support: stand.pick(field!(VpcConfig.dns_support), true, false),
        dns_hostnames: stand.pick(field!(VpcConfig.dns_hostnames), false, true),
        default_security_group_rules: DefaultRules::NONE,
        tags: stand.tags::<Vpc>(SAMPLE),
    };
    stand.sample::<Vpc>(declared);
}

fn subnet(stand: &mut Stand<'_>) {
    let (main, other) = (stand.vpc("main"), stand.vpc("other"));
    let declared = SubnetConfig {
        vpc: vpc_id(stand.pick(field!(SubnetConfig.vpc), &main, &other)),
        zone: stand.zone(stand.pick(field!(SubnetConfig.zone), "a", "b")),
        cidr: stand.pick(field!(SubnetConfig.cidr), "10.1.1.0/24", "10.1.1.0/25").parse().unwrap(),
        map_public_ip: stand.pick(field!(SubnetConfig.map_public_ip), true, false),
        tags: stand.tags::<Subnet>(SAMPLE),
    };
    stand.sample::<Subnet>(declared);
}

fn gateway(stand: &mut Stand<'_>) {
    let (main, other) = (stand.vpc("main"), stand.vpc("other"));
    let declared = InternetGatewayConfig {
        vpc: attached(stand.pick(field!(InternetGatewayConfig.vpc), &main, &other)),
        attached: true,
        tags: stand.tags::<InternetGateway>(SAMPLE),
    };
    stand.sample::<InternetGateway>(declared);
}

fn eip(stand: &mut Stand<'_>) {
    let tags = stand.tags::<Eip>(SAMPLE);
    stand.sample::<Eip>(EipConfig { tags });
}

fn nat(stand: &mut Stand<'_>) {
    let vpc = stand.vpc("main");
    let gateway = stand.gateway("main", &vpc);
    let subnets = ["10.1.0.0/24", "10.1.1.0/24"].map(|cidr| stand.subnet(cidr, &vpc, cidr));
    let eips = ["main", "other"].map(|name| stand.eip(name));
    let declared = NatGatewayConfig {
        subnet: subnet_id(stand.pick(field!(NatGatewayConfig.subnet), &subnets[0], &subnets[1])),
        eip: eip_id(stand.pick(field!(NatGatewayConfig.eip), &eips[0], &eips[1])),
        internet_gateway: After::node(&gateway),
        tags: stand.tags::<NatGateway>(SAMPLE),
    };
    stand.sample::<NatGateway>(declared);
}

fn table(stand: &mut Stand<'_>) {
    let (main, other) = (stand.vpc("main"), stand.vpc("other"));
    let gateway = stand.gateway("main", &main);
    let subnets = ["main", "public"];
    let subnets = [(subnets[0], "10.1.0.0/24"), (subnets[1], "10.1.1.0/24")]
        .map(|(name, cidr)| stand.subnet(name, &main, cidr));
    let eip = stand.eip("main");
    let nat = stand.nat("main", &subnets[1], &eip, &gateway);
    let usual =
        [route(ANYWHERE, to_gateway(&gateway)), route("192.0.2.0/24", to_gateway(&gateway))];
    let changed = [route(ANYWHERE, to_nat(&nat)), route("198.51.100.0/24", to_gateway(&gateway))];
    let mut declared = RouteTableConfig {
        vpc: vpc_id(&main),
        routes: stand.pick(field!(RouteTableConfig.routes), usual, changed).into(),
        subnets: vec![Loose(subnet_id(stand.pick(
            field!(RouteTableConfig.subnets),
            &subnets[0],
            &subnets[1],
        )))],
        tags: stand.tags::<RouteTable>(SAMPLE),
    };
    // Nothing of one VPC can be in a table of another.
    if stand.changes(field!(RouteTableConfig.vpc)) {
        let tags = declared.tags;
        declared =
            RouteTableConfig { vpc: vpc_id(&other), routes: [].into(), subnets: Vec::new(), tags };
    }
    stand.sample::<RouteTable>(declared);
}

fn group(stand: &mut Stand<'_>) {
    let (main, other) = (stand.vpc("main"), stand.vpc("other"));
    let declared = SecurityGroupConfig {
        vpc: vpc_id(stand.pick(field!(SecurityGroupConfig.vpc), &main, &other)),
        description: stand.pick(field!(SecurityGroupConfig.description), "this", "that").to_owned(),
        tags: stand.tags::<SecurityGroup>(SAMPLE),
    };
    // Every group's rules are declared with it; these are the ones it is made with.
    if let Some(group) = stand.sample::<SecurityGroup>(declared) {
        stand.rules(&group, vec![Rule::all_out()]);
    }
}

fn rules(stand: &mut Stand<'_>) {
    let vpc = stand.vpc("main");
    // Rules are of another group if their group is replaced.
    let about = stand.pick(field!(SecurityGroupRulesConfig.group), "this", "that");
    let group = stand.group(SAMPLE, &vpc, about);
    let among = Rule::tcp(Direction::Ingress, 80, Peer::Group(group_id(&group)), "among us");
    let usual = vec![
        tcp(Direction::Ingress, 22, "in"),
        among.clone(),
        tcp(Direction::Egress, 443, "out"),
        tcp(Direction::Egress, 80, "out"),
    ];
    let changed = vec![
        tcp(Direction::Ingress, 22, "said otherwise"),
        tcp(Direction::Ingress, 8080, "in"),
        tcp(Direction::Egress, 443, "said otherwise"),
        tcp(Direction::Egress, 8080, "out"),
    ];
    let rules = stand.pick(field!(SecurityGroupRulesConfig.rules), usual, changed);
    stand.sample::<SecurityGroupRules>(SecurityGroupRulesConfig { group: group_id(&group), rules });
}

fn gateway_endpoint(stand: &mut Stand<'_>) {
    let (main, other) = (stand.vpc("main"), stand.vpc("other"));
    let tables = [("main", &main), ("side", &main), ("other", &other)]
        .map(|(name, vpc)| stand.table(name, vpc));
    let mut declared = VpcEndpointConfig {
        vpc: vpc_id(&main),
        service: stand.service(stand.pick(field!(VpcEndpointConfig.service), "s3", "dynamodb")),
        leads: Leads::Gateway,
        route_tables: vec![table_id(stand.pick(
            field!(VpcEndpointConfig.route_tables),
            &tables[0],
            &tables[1],
        ))],
        subnets: Vec::new(),
        security_groups: Vec::new(),
        private_dns: false,
        policy: stand.pick(field!(VpcEndpointConfig.policy), Policy::open(), reading()),
        tags: stand.tags::<VpcEndpoint>(SAMPLE),
    };
    if stand.changes(field!(VpcEndpointConfig.vpc)) {
        declared = VpcEndpointConfig {
            vpc: vpc_id(&other),
            route_tables: vec![table_id(&tables[2])],
            ..declared
        };
    }
    let subnet = stand.subnet("main", &main, "10.1.0.0/24");
    let group = stand.closed_group("main", &main);
    if stand.changes(field!(VpcEndpointConfig.leads)) {
        let service = stand.service("secretsmanager");
        declared = VpcEndpointConfig {
            service,
            leads: Leads::Interface,
            route_tables: Vec::new(),
            subnets: vec![subnet_id(&subnet)],
            security_groups: vec![group_id(&group)],
            ..declared
        };
    }
    stand.sample::<VpcEndpoint>(declared);
}

/// Reads only.
fn reading() -> Policy<Declared> {
    let all = || ["*".to_owned()];
    Policy::of([Statement::allow("Read", ["s3:GetObject"]).to(all()).by("AWS", "*".to_owned())])
}

fn interface_endpoint(stand: &mut Stand<'_>) {
    let (main, other) = (stand.vpc("main"), stand.vpc("other"));
    // One in each zone: an endpoint has no two in one.
    let subnets = [("a", "main", "10.1.0.0/24"), ("b", "side", "10.1.1.0/24")]
        .map(|(zone, name, cidr)| stand.subnet_in(zone, name, &main, cidr));
    let groups = ["main", "side"].map(|name| stand.closed_group(name, &main));
    let mut declared = VpcEndpointConfig {
        vpc: vpc_id(&main),
        service: stand.service(stand.pick(
            field!(VpcEndpointConfig.service),
            "secretsmanager",
            "logs",
        )),
        leads: Leads::Interface,
        route_tables: Vec::new(),
        subnets: vec![subnet_id(stand.pick(
            field!(VpcEndpointConfig.subnets),
            &subnets[0],
            &subnets[1],
        ))],
        security_groups: vec![group_id(stand.pick(
            field!(VpcEndpointConfig.security_groups),
            &groups[0],
            &groups[1],
        ))],
        private_dns: stand.pick(field!(VpcEndpointConfig.private_dns), true, false),
        policy: stand.pick(field!(VpcEndpointConfig.policy), Policy::open(), reading()),
        tags: stand.tags::<VpcEndpoint>(SAMPLE),
    };
    let subnet = stand.subnet("other", &other, "10.1.0.0/24");
    let group = stand.closed_group("other", &other);
    if stand.changes(field!(VpcEndpointConfig.vpc)) {
        declared = VpcEndpointConfig {
            vpc: vpc_id(&other),
            subnets: vec![subnet_id(&subnet)],
            security_groups: vec![group_id(&group)],
            ..declared
        };
    }
    stand.sample::<VpcEndpoint>(declared);
}

fn key_pair(stand: &mut Stand<'_>) {
    let usual = PUBLIC_KEY.to_owned();
    let other = PUBLIC_KEY.replace("LcG", "LcH");
    let declared = KeyPairConfig {
        public_key: PublicKey(stand.pick(field!(KeyPairConfig.public_key), usual, other)),
        tags: stand.tags::<KeyPair>(SAMPLE),
    };
    stand.sample::<KeyPair>(declared);
}

fn role(stand: &mut Stand<'_>) {
    let sees = |action| Policy::of([Statement::allow("See", [action]).to(["*".to_owned()])]);
    let policies = |action| BTreeMap::from([("sees".to_owned(), sees(action))]);
    let other = BTreeMap::from([("other".to_owned(), sees("logs:DescribeLogGroups"))]);
    let attached = |name: &str| vec![format!("arn:aws:iam::aws:policy/{name}")];
    let declared = RoleConfig {
        description: stand.pick(field!(RoleConfig.description), "this", "that").to_owned(),
        trust: Policy::assumed_by(stand.pick(
            field!(RoleConfig.trust),
            "ec2.amazonaws.com",
            "vpc-flow-logs.amazonaws.com",
        )),
        max_session_seconds: stand.pick(field!(RoleConfig.max_session_seconds), 3600, 7200),
        policies: stand.pick(
            field!(RoleConfig.policies),
            policies("logs:DescribeLogStreams"),
            other,
        ),
        attached: stand.pick(
            field!(RoleConfig.attached),
            attached("AmazonSSMManagedInstanceCore"),
            attached("CloudWatchAgentServerPolicy"),
        ),
        tags: stand.tags::<Role>(SAMPLE),
    };
    stand.sample::<Role>(declared);
}

fn profile(stand: &mut Stand<'_>) {
    let roles = ["main", "other"].map(|name| stand.role(name, "ec2.amazonaws.com"));
    let role = stand.pick(field!(InstanceProfileConfig.role), &roles[0], &roles[1]);
    let declared =
        InstanceProfileConfig { role: held(role), tags: stand.tags::<InstanceProfile>(SAMPLE) };
    stand.sample::<InstanceProfile>(declared);
}

fn key(stand: &mut Stand<'_>) {
    let role = stand.role("main", "ec2.amazonaws.com");
    let opens = Statement::allow("Open", ["kms:Decrypt"])
        .to(["*".to_owned()])
        .by("AWS", role.output("arn", |role| role.arn.to_string()));
    let (mut usual, other) = (stand.key_policy(), stand.key_policy());
    usual.statements.push(opens);
    let declared = KeyConfig {
        description: stand.pick(field!(KeyConfig.description), "this", "that").to_owned(),
        policy: stand.pick(field!(KeyConfig.policy), usual, other),
        rotation: stand.pick(field!(KeyConfig.rotation), Rotation::Days(180), Rotation::Off),
        enabled: true,
        aliased: true,
        tags: stand.tags::<Key>(SAMPLE),
    };
    stand.sample::<Key>(declared);
}

fn secret(stand: &mut Stand<'_>) {
    let keys = ["main", "other"].map(|name| stand.key(name));
    let declared = SecretConfig {
        description: stand.pick(field!(SecretConfig.description), "this", "that").to_owned(),
        key: key_arn(stand.pick(field!(SecretConfig.key), &keys[0], &keys[1])),
        origin: Origin::Generated(32),
        resource_policy: ResourcePolicy::None,
        tags: stand.tags::<Secret>(SAMPLE),
    };
    stand.sample::<Secret>(declared);
}

fn vault(stand: &mut Stand<'_>) {
    let keys = ["main", "other"].map(|name| stand.key(name));
    let declared = BackupVaultConfig {
        key: key_arn(stand.pick(field!(BackupVaultConfig.key), &keys[0], &keys[1])),
        access_policy: ResourcePolicy::None,
        tags: stand.tags::<BackupVault>(SAMPLE),
    };
    stand.sample::<BackupVault>(declared);
}

fn backup_plan(stand: &mut Stand<'_>) {
    let key = stand.key("main");
    let vault = stand.vault("main", &key);
    let days = stand.pick(field!(BackupPlanConfig.rules), 35, 7);
    let declared = BackupPlanConfig {
        name: stand.pick(field!(BackupPlanConfig.name), "this", "that").to_owned(),
        rules: vec![Stand::backup_rule(&vault, days)],
        tags: stand.tags::<BackupPlan>(SAMPLE),
    };
    stand.sample::<BackupPlan>(declared);
}

fn backup_selection(stand: &mut Stand<'_>) {
    let key = stand.key("main");
    let vault = stand.vault("main", &key);
    let plans = ["main", "other"].map(|name| stand.backup_plan(name, &vault));
    let roles = ["main", "other"].map(|name| stand.role(name, "backup.amazonaws.com"));
    let plan = stand.pick(field!(BackupSelectionConfig.plan), &plans[0], &plans[1]);
    let resource = stand.pick(field!(BackupSelectionConfig.resources), "this", "that");
    let declared = BackupSelectionConfig {
        plan: plan.output("arn", |plan| plan.arn.clone()),
        role: role_arn(stand.pick(field!(BackupSelectionConfig.role), &roles[0], &roles[1])),
        resources: vec![format!("arn:aws:rds:us-east-1:123456789012:db:{resource}").into()],
        other: String::new(),
    };
    stand.sample::<BackupSelection>(declared);
}

fn log_group(stand: &mut Stand<'_>) {
    let keys = ["main", "other"].map(|name| stand.key(name));
    let retention = field!(LogGroupConfig.retention);
    let declared = LogGroupConfig {
        name: Named::ByAddress,
        retention: stand.pick(retention, Retention::Days(90), Retention::Forever),
        key: key_arn(stand.pick(field!(LogGroupConfig.key), &keys[0], &keys[1])),
        tags: stand.tags::<LogGroup>(SAMPLE),
    };
    stand.sample::<LogGroup>(declared);
}

fn flow_log(stand: &mut Stand<'_>) {
    let vpcs = ["main", "other"].map(|name| stand.vpc(name));
    let key = stand.key("main");
    let groups = ["main", "other"].map(|name| stand.log_group(name, &key));
    let roles = ["main", "other"].map(|name| stand.role(name, "vpc-flow-logs.amazonaws.com"));
    let traffic = stand.pick(field!(FlowLogConfig.traffic), "ALL", "REJECT").to_owned();
    let declared = FlowLogConfig {
        vpc: vpc_id(stand.pick(field!(FlowLogConfig.vpc), &vpcs[0], &vpcs[1])),
        traffic,
        destination: destination(stand.pick(
            field!(FlowLogConfig.destination),
            &groups[0],
            &groups[1],
        )),
        role: role_arn(stand.pick(field!(FlowLogConfig.role), &roles[0], &roles[1])),
        interval_seconds: stand.pick(field!(FlowLogConfig.interval_seconds), 600, 60),
        tags: stand.tags::<FlowLog>(SAMPLE),
    };
    stand.sample::<FlowLog>(declared);
}

fn topic(stand: &mut Stand<'_>) {
    let keys = ["main", "other"].map(|name| stand.key(name));
    let lets = |service: &str| {
        let allowed =
            Statement::allow("Publish", ["sns:Publish"]).by("Service", service.to_owned());
        Policy::of([allowed.only("StringEquals", "aws:SourceAccount", ["123456789012".to_owned()])])
    };
    let mut other = TopicConfig::usual();
    other.insert("DisplayName".to_owned(), "oracles".to_owned());
    let declared = TopicConfig {
        key: key_arn(stand.pick(field!(TopicConfig.key), &keys[0], &keys[1])),
        policy: stand.pick(
            field!(TopicConfig.policy),
            lets("cloudwatch.amazonaws.com"),
            lets("backup.amazonaws.com"),
        ),
        attributes: stand.pick(field!(TopicConfig.attributes), TopicConfig::usual(), other),
        tags: stand.tags::<Topic>(SAMPLE),
    };
    stand.sample::<Topic>(declared);
}

fn subscriptions(stand: &mut Stand<'_>) {
    let key = stand.key("main");
    // It is called as its topic is.
    let topic = stand.topic(SAMPLE, &key);
    let receivers = stand.pick(
        field!(SubscriptionsConfig.receivers),
        Receivers::of(["ops@example.com", "oncall@example.com"]),
        Receivers::of(["ops@example.com", "night@example.com"]),
    );
    let declared = SubscriptionsConfig { topic: topic_arn(&topic), receivers };
    stand.sample::<Subscriptions>(declared);
}

fn metric_filter(stand: &mut Stand<'_>) {
    let key = stand.key("main");
    let groups = ["main", "other"].map(|name| stand.log_group(name, &key));
    let group = stand.pick(field!(MetricFilterConfig.group), &groups[0], &groups[1]);
    let text = |field: &str, usual: &str, other: &str| stand.pick(field, usual, other).to_owned();
    let declared = MetricFilterConfig {
        group: group.output("arn", |group| LogGroupArn::new(group.arn.as_str())),
        pattern: text(
            field!(MetricFilterConfig.pattern),
            "{ $.level = \"fatal\" }",
            "{ $.level = \"crit\" }",
        ),
        namespace: text(field!(MetricFilterConfig.namespace), "clctl/contract", "clctl/other"),
        metric: text(field!(MetricFilterConfig.metric), "fatal", "critical"),
        value: text(field!(MetricFilterConfig.value), "1", "2"),
        other_settings: Vec::new(),
    };
    stand.sample::<MetricFilter>(declared);
}

fn alarm(stand: &mut Stand<'_>) {
    let key = stand.key("main");
    let topics = ["main", "other"].map(|name| stand.topic(name, &key));
    let told = |field: &str, usual: bool| {
        let (one, none) = (vec![topic_arn(&topics[0])], vec![topic_arn(&topics[1])]);
        if usual { stand.pick(field, one, none) } else { stand.pick(field, Vec::new(), none) }
    };
    let busy = Query::metric("AWS/EC2", "CPUUtilization", "Maximum", 300)
        .of("AutoScalingGroupName", "nodes".to_owned());
    let grows = vec![
        Query::made("new", "newest - oldest"),
        Query::metric("clctl/contract", "head", "Maximum", 600).within("newest"),
        Query::metric("clctl/contract", "head", "Minimum", 600).within("oldest"),
    ];
    let text = |field: &str, usual: &str, other: &str| stand.pick(field, usual, other).to_owned();
    let declared = AlarmConfig {
        description: text(field!(AlarmConfig.description), "this", "that"),
        queries: stand.pick(field!(AlarmConfig.queries), vec![busy], grows),
        comparison: text(
            field!(AlarmConfig.comparison),
            "GreaterThanThreshold",
            "LessThanThreshold",
        ),
        threshold: stand.pick(field!(AlarmConfig.threshold), 90.0, 80.5),
        evaluation_periods: stand.pick(field!(AlarmConfig.evaluation_periods), 3, 4),
        datapoints_to_alarm: stand.pick(field!(AlarmConfig.datapoints_to_alarm), 3, 2),
        missing_data: text(field!(AlarmConfig.missing_data), "missing", "breaching"),
        actions_enabled: stand.pick(field!(AlarmConfig.actions_enabled), true, false),
        alarm_actions: told(field!(AlarmConfig.alarm_actions), true),
        ok_actions: told(field!(AlarmConfig.ok_actions), true),
        insufficient_data_actions: told(field!(AlarmConfig.insufficient_data_actions), false),
        other_settings: Vec::new(),
        needs: After::default(),
        tags: stand.tags::<Alarm>(SAMPLE),
    };
    stand.sample::<Alarm>(declared);
}

fn dashboard(stand: &mut Stand<'_>) {
    let usual = Body::new(
        r##"{"widgets":[{"type":"text","x":0,"y":0,"width":24,"height":2,"properties":{"markdown":"# this"}}]}"##,
    );
    let other = Body::new(
        r##"{"widgets":[{"type":"text","x":0,"y":0,"width":12,"height":2,"properties":{"markdown":"# that"}}]}"##,
    );
    let declared = DashboardConfig {
        body: stand.pick(field!(DashboardConfig.body), usual, other).into(),
        tags: stand.tags::<Dashboard>(SAMPLE),
    };
    stand.sample::<Dashboard>(declared);
}

fn event_subscription(stand: &mut Stand<'_>) {
    let vpc = stand.vpc("main");
    let (group, key) = (stand.closed_group("main", &vpc), stand.publishing_key("main"));
    let topics = ["main", "other"].map(|name| stand.topic(name, &key));
    let (secret, parameters) = (stand.secret("main", &key), stand.parameter_group("main"));
    let subnets = &stand.subnet_group("main", &vpc);
    let base = InstanceBase {
        subnets,
        group: &group,
        parameters: &parameters,
        key: &key,
        secret: &secret,
    };
    let declared = stand.instance("main", &base);
    let database = stand.add::<Instance>("main", declared);
    let source = database.output("identifier", |database| database.identifier.clone());
    let categories = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
    let declared = EventSubscriptionConfig {
        topic: topic_arn(stand.pick(field!(EventSubscriptionConfig.topic), &topics[0], &topics[1])),
        source_type: "db-instance".to_owned(),
        sources: vec![source],
        categories: stand.pick(
            field!(EventSubscriptionConfig.categories),
            categories(&["failover", "failure"]),
            categories(&["failover"]),
        ),
        enabled: stand.pick(field!(EventSubscriptionConfig.enabled), true, false),
        tags: stand.tags::<EventSubscription>(SAMPLE),
    };
    stand.sample::<EventSubscription>(declared);
}

fn collection(stand: &mut Stand<'_>) {
    let declared = stand.collection();
    stand.sample::<ResourceCollection>(declared);
}

fn channel(stand: &mut Stand<'_>) {
    let key = stand.key("main");
    // It is called as its topic is.
    let topic = stand.topic(SAMPLE, &key);
    let usual = Stand::channel(&topic);
    let told = |field: &str, usual: Told<Vec<String>>| {
        stand.pick(field, usual.clone(), Told(usual.0.map(|all| all[..1].to_vec())))
    };
    let declared = NotificationChannelConfig {
        severities: told(field!(NotificationChannelConfig.severities), usual.severities),
        message_types: told(field!(NotificationChannelConfig.message_types), usual.message_types),
        ..usual
    };
    stand.sample::<NotificationChannel>(declared);
}

impl Sample {
    pub(crate) fn wanted(&self, variant: Variant) -> Wanted {
        let declare = self.declare;
        Wanted::graph("contract", move |environment| laid_out(declare, environment, variant))
    }

    /// What it declares in an environment.
    pub(crate) fn graph(&self, environment: &Environment, variant: Variant) -> Graph<Aws> {
        laid_out(self.declare, environment, variant)
    }

    pub(crate) fn address(&self) -> String {
        format!("{}/{}", self.kind, sample_name(self.kind))
    }

    pub(crate) fn kind(&self) -> &'static dyn AnyKind<Aws> {
        static KINDS: OnceLock<Kinds<Aws>> = OnceLock::new();
        let all = KINDS.get_or_init(kinds::all);
        all.iter().find(|kind| kind.about().name == self.kind).unwrap().as_ref()
    }

    /// A bench of its own on which the usual sample stands.
    pub(crate) async fn bench(&self) -> Bench {
        static WORLDS: OnceCell<Vec<World>> = OnceCell::const_new();
        let worlds = WORLDS.get_or_init(async || {
            let mut worlds = Vec::new();
            for sample in SAMPLES {
                worlds.push(Bench::standing(&sample.wanted(Variant::Usual)).await.world());
            }
            worlds
        });
        let nth = SAMPLES.iter().position(|sample| std::ptr::eq(sample, self)).unwrap();
        Bench::at(worlds.await[nth].clone())
    }

    /// Fields of which the sample has another value, whose change costs one of these.
    pub(crate) async fn fields(&self, costs: &[OnChange]) -> Vec<&'static str> {
        let plan = self.bench().await.diff(&self.wanted(Variant::Usual)).await;
        self.among(&plan, costs)
    }

    /// The same, of a plan in which it is as usual.
    pub(crate) fn among(&self, plan: &Plan<Aws>, costs: &[OnChange]) -> Vec<&'static str> {
        let planned = plan.nodes.iter().find(|it| it.node.address().to_string() == self.address());
        // What is declared to be anything is an order, and no difference.
        let rows = planned.unwrap().node.want(&Outputs::default());
        let differs = |row: &&Row| {
            row.cell != Cell::Any
                && !self.fixed.contains(&row.field)
                && costs.contains(&row.on_change)
        };
        rows.iter().filter(differs).map(|row| row.field).collect()
    }
}

fn laid_out(
    declare: fn(&mut Stand<'_>),
    environment: &Environment,
    variant: Variant,
) -> Graph<Aws> {
    let mut stand = Stand::new(environment, variant);
    declare(&mut stand);
    stand.graph()
}
