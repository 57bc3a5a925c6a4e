//! A flow log: a record of the connections in the network. Nothing but its tags can be changed.
//!
//! Two with the same destination and traffic cannot exist together
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html>).

use std::time::Duration;

use aws_sdk_ec2::types::{
    self, FlowLogsResourceType, LogDestinationType, ResourceType, TrafficType,
};

use crate::{
    config,
    engine::{
        CallError, Calls, Creation, Delta, Found, Identity, Kind, Phase, PhysicalId, Replacement,
        Resolved, Resource, Scope, Stage,
    },
    field, id,
};

use super::{
    super::{
        clients::Aws,
        iam::RoleArn,
        tags::{Tags, filter, owner},
    },
    refused::refused,
    scope::{Asked, keep},
    vpc::VpcId,
};

/// A flow log.
pub struct FlowLog;

id!(
    /// The ARN of the log group a [`FlowLog`] writes to.
    LogDestination
);

/// The settable part of a [`FlowLog`].
#[derive(Clone, Debug)]
pub struct FlowLogConfig<S: Stage = Resolved> {
    /// The VPC whose connections it records.
    pub vpc: S::In<VpcId>,
    /// Which of them: `ALL`, `ACCEPT` or `REJECT`.
    pub traffic: String,
    /// The log group it writes to.
    pub destination: S::In<LogDestination>,
    /// The role in which it does.
    pub role: S::In<RoleArn>,
    /// How often, in seconds.
    pub interval_seconds: i32,
    /// Its tags.
    pub tags: Tags,
}

config! { FlowLogConfig {
    vpc: Replace,
    traffic: Replace,
    destination: Replace,
    role: Replace,
    interval_seconds: Replace,
    tags: InPlace,
} }

/// What a [`FlowLog`] has once it exists.
#[derive(Clone, Debug)]
pub struct FlowLogOutputs {
    /// Why what it records does not arrive, if it does not.
    pub trouble: Option<String>,
}

impl Resource for FlowLog {
    type Cloud = Aws;
    type Config = FlowLogConfig;
    type Outputs = FlowLogOutputs;

    const ABOUT: Kind = Kind {
        name: "flow-log",
        ids: "fl-*",
        summary: "A record of the connections in the network",
        cloudformation: "AWS::EC2::FlowLog",
        replacement: Replacement::DeleteFirst,
        creation: Creation::Token,
        typical: Duration::from_secs(3),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(5),
        outage: "connections are not recorded for some seconds; what was recorded stays",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &["ec2:DescribeFlowLogs"],
            write: &[
                "ec2:CreateFlowLogs",
                "ec2:CreateTags",
                "ec2:DeleteTags",
                "ec2:DeleteFlowLogs",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let Asked { filters, ids, page } = Asked::of(aws, scope);
        let logs = aws
            .pages(
                "ec2:DescribeFlowLogs",
                |token| {
                    // Here the parameter's name is singular.
                    let call = aws.ec2.describe_flow_logs().set_filter(filters.clone());
                    let call = call.set_flow_log_ids(ids.clone());
                    call.set_max_results(page).set_next_token(token).send()
                },
                |page| (page.flow_logs, page.next_token),
            )
            .await?;
        Ok(keep(scope, logs.iter().map(|log| read(aws, log)).collect()))
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &FlowLogConfig,
    ) -> Result<PhysicalId, CallError> {
        let tags = want.tags.specification(ResourceType::VpcFlowLog, me);
        let token = aws.environment.token(me);
        let call = || {
            aws.ec2
                .create_flow_logs()
                .client_token(&token)
                .resource_ids(want.vpc.as_str())
                .resource_type(FlowLogsResourceType::Vpc)
                .traffic_type(TrafficType::from(want.traffic.as_str()))
                .log_destination_type(LogDestinationType::CloudWatchLogs)
                .log_destination(want.destination.as_str())
                .deliver_logs_permission_arn(want.role.as_str())
                .max_aggregation_interval(want.interval_seconds)
                .tag_specifications(tags.clone())
                .send()
        };
        let made = aws.write("ec2:CreateFlowLogs", call).await?;
        refused("ec2:CreateFlowLogs", made.unsuccessful())?;
        Ok(PhysicalId(made.flow_log_ids.unwrap_or_default().into_iter().next().unwrap_or_default()))
    }

    async fn holder(
        aws: &Aws,
        _: &Identity,
        want: &FlowLogConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let filters = vec![filter("resource-id", [want.vpc.to_string()])];
        let logs = aws
            .pages(
                "ec2:DescribeFlowLogs",
                |token| {
                    let call = aws.ec2.describe_flow_logs().set_filter(Some(filters.clone()));
                    call.set_next_token(token).send()
                },
                |page| (page.flow_logs, page.next_token),
            )
            .await?;
        let same = |found: &Found<Self>| {
            found.config.destination == want.destination && found.config.traffic == want.traffic
        };
        Ok(logs.iter().map(|log| read(aws, log)).find(same))
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &FlowLogConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(FlowLogConfig.tags)) {
            want.tags.set(aws, &have.id, &have.config.tags, have.ordinal()).await?;
        }
        Ok(())
    }

    fn released(have: &Found<Self>) -> Option<FlowLogConfig> {
        Some(FlowLogConfig { tags: have.config.tags.released(), ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let call = || aws.ec2.delete_flow_logs().flow_log_ids(&have.id.0).send();
        let answer = aws.write("ec2:DeleteFlowLogs", call).await?;
        refused("ec2:DeleteFlowLogs", answer.unsuccessful())
    }
}

fn read(aws: &Aws, from: &types::FlowLog) -> Found<FlowLog> {
    // AWS may write the ARN with what stands for its streams behind it.
    let destination = from.log_destination().unwrap_or_default();
    let failed = from.deliver_logs_status() == Some("FAILED");
    Found {
        id: PhysicalId(from.flow_log_id().unwrap_or_default().to_owned()),
        owner: owner(aws, FlowLog::ABOUT.name, from.tags()),
        config: FlowLogConfig {
            vpc: VpcId::new(from.resource_id().unwrap_or_default()),
            traffic: from.traffic_type().map(TrafficType::as_str).unwrap_or_default().to_owned(),
            destination: LogDestination::new(destination.trim_end_matches(":*")),
            role: RoleArn::new(from.deliver_logs_permission_arn().unwrap_or_default()),
            interval_seconds: from.max_aggregation_interval().unwrap_or_default(),
            tags: Tags::read(aws, from.tags()),
        },
        outputs: FlowLogOutputs {
            trouble: failed
                .then(|| from.deliver_logs_error_message().unwrap_or("no reason given").to_owned()),
        },
        phase: Phase::Ready,
    }
}
