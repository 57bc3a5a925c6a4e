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
        CallError, Calls, Creation, Declared, Delta, Found, Identity, Kind, Phase, PhysicalId,
        Replacement, Resolved, Resource, Scope, Stage,
    },
    field, id,
};

use super::{
    super::{
        answers::{required, text},
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

/// What lists them.
const LIST: &str = "ec2:DescribeFlowLogs";

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
                LIST,
                |token| {
                    // Here the parameter's name is singular.
                    let call = aws.ec2.describe_flow_logs().set_filter(filters.clone());
                    let call = call.set_flow_log_ids(ids.clone());
                    call.set_max_results(page).set_next_token(token).send()
                },
                |page| (page.flow_logs, page.next_token),
            )
            .await?;
        let found: Result<Vec<_>, _> = logs.iter().map(|log| read(aws, log)).collect();
        keep(LIST, scope, found?)
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
        let operation = "ec2:CreateFlowLogs";
        let made = aws.write(operation, call).await?;
        refused(operation, made.unsuccessful())?;
        let id = made.flow_log_ids.and_then(|ids| ids.into_iter().next());
        Ok(PhysicalId(text(operation, "flowLogId", id)?))
    }

    async fn holder(
        aws: &Aws,
        _: &Identity,
        want: &FlowLogConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let filters = vec![filter("resource-id", [want.vpc.to_string()])];
        let logs = aws
            .pages(
                LIST,
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
        let read: Result<Vec<_>, _> = logs.iter().map(|log| read(aws, log)).collect();
        Ok(read?.into_iter().find(same))
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

    fn retagged(have: &Found<Self>, to: Option<&FlowLogConfig<Declared>>) -> Option<FlowLogConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(FlowLogConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let call = || aws.ec2.delete_flow_logs().flow_log_ids(&have.id.0).send();
        let answer = aws.write("ec2:DeleteFlowLogs", call).await?;
        refused("ec2:DeleteFlowLogs", answer.unsuccessful())
    }
}

fn read(aws: &Aws, from: &types::FlowLog) -> Result<Found<FlowLog>, CallError> {
    let (mut destination, mut role) = (from.log_destination(), from.deliver_logs_permission_arn());
    // Somebody else's may write elsewhere, in no role, or be known by the name of the group alone.
    if from.log_destination_type() == Some(&LogDestinationType::CloudWatchLogs) {
        role = Some(text(LIST, "deliverLogsPermissionArn", role)?);
        if from.log_group_name().is_none() {
            destination = Some(text(LIST, "logDestination", destination)?);
        }
    }
    let traffic = required(LIST, "trafficType", from.traffic_type())?.as_str();
    let failed = from.deliver_logs_status() == Some("FAILED");
    Ok(Found {
        id: PhysicalId(text(LIST, "flowLogId", from.flow_log_id())?.to_owned()),
        owner: owner(aws, FlowLog::ABOUT.name, from.tags()),
        config: FlowLogConfig {
            vpc: VpcId::new(text(LIST, "resourceId", from.resource_id())?),
            traffic: traffic.to_owned(),
            // AWS may write the ARN with what stands for its streams behind it.
            destination: LogDestination::new(
                destination.unwrap_or_default().trim_end_matches(":*"),
            ),
            role: RoleArn::new(role.unwrap_or_default()),
            interval_seconds: required(
                LIST,
                "maxAggregationInterval",
                from.max_aggregation_interval(),
            )?,
            tags: Tags::read(aws, from.tags()),
        },
        outputs: FlowLogOutputs {
            trouble: failed
                .then(|| from.deliver_logs_error_message().unwrap_or("no reason given").to_owned()),
        },
        phase: Phase::Ready,
    })
}
