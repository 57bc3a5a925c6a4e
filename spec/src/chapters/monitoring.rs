//! `spec.monitoring`: who is told when something is wrong, and what counts as wrong.

use crate::{
    arn::{Home, TopicArn},
    at::{At, Optional},
    bounded::List,
    chapter::{chapter, in_place},
    log::Log,
    nodes::Email,
    problem::{Code, Draft},
    whole::Whole,
};

const ALARMS: &str =
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html";
const TOPICS: &str = "https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html";
const RDS: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html";
const AGENT: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/metrics-collected-by-CloudWatch-agent.html";
const EC2: &str =
    "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html";
const BALANCER: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html";
const METRICS: &str = "https://docs.chain.link/chainlink-nodes/resources/best-security-practices";
const DASHBOARDS: &str =
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html";
const GURU: &str = "https://docs.aws.amazon.com/devops-guru/latest/userguide/welcome.html";
const NOTHING: &str = "nothing but the alarm changes";

chapter! {
    /// Who is told when something is wrong, and what counts as wrong.
    pub struct Monitoring, MonitoringFields, check check {
        optional {
            /// An SNS topic of yours that gets the alarms as well, for example that of your on-call service.
            topic_arn: TopicArn, in_place(TOPICS).example("arn:aws:sns:us-east-1:123456789012:oncall");
        }
        default {
            /// Whether `nodes.adminEmail` gets the alarms.
            notify_admin: bool = true, in_place(TOPICS);
            /// More e-mail addresses that get the alarms. AWS asks each by e-mail whether it wants them.
            emails: List<Email, 0, 20> = List::default(), in_place(TOPICS);
            /// Whether there is a dashboard of everything in CloudWatch.
            dashboard: bool = true, in_place(DASHBOARDS);
        }
        chapters {
            /// The alarms.
            alarms: Alarms, in_place(ALARMS);
            /// Amazon DevOps Guru, which looks for what is unusual. It is paid for by resource and hour.
            dev_ops_guru: DevOpsGuru, in_place(GURU);
        }
    }
}

chapter! {
    /// The alarms: what counts as wrong. That of a wallet's balance is at its chain.
    pub struct Alarms, AlarmsFields {
        default {
            /// Whether there are any.
            enabled: bool = true, in_place(ALARMS);
            /// How long no node may be active before it counts as an outage.
            oracle_silence: Whole<60, 3600> = Whole::of(180), in_place(BALANCER).unit("seconds").effect(NOTHING);
            /// How old a transaction may get without being confirmed.
            transaction_age: Whole<60, 86_400> = Whole::of(600), in_place(METRICS).unit("seconds").effect(NOTHING);
            /// How busy the processors of a node may be.
            node_cpu_utilization: Whole<1, 100> = Whole::of(90), in_place(EC2).unit("percent").effect(NOTHING);
            /// How full the memory of a node may be.
            node_memory_utilization: Whole<1, 100> = Whole::of(90), in_place(AGENT).unit("percent").effect(NOTHING);
            /// How full the disk of a node may be.
            node_disk_utilization: Whole<1, 100> = Whole::of(80), in_place(AGENT).unit("percent").effect(NOTHING);
            /// How busy the processors of the database may be.
            database_cpu_utilization: Whole<1, 100> = Whole::of(80), in_place(RDS).unit("percent").effect(NOTHING);
            /// How little storage the database may have left.
            database_free_storage: Whole<1, 65_536> = Whole::of(10), in_place(RDS).unit("GiB").effect(NOTHING);
            /// How many connections to the database there may be.
            database_connections: Whole<1, 100_000> = Whole::of(200), in_place(RDS).unit("connections").effect(NOTHING);
        }
    }
}

chapter! {
    /// Amazon DevOps Guru.
    pub struct DevOpsGuru, DevOpsGuruFields {
        default {
            /// Whether it looks at this environment, and tells whoever gets the alarms of what it finds. It finds
            /// what belongs to it by `aws.devOpsGuruTagKey`. The account shares it: what others have told it stays,
            /// and where that leaves no room for this environment, clctl says so.
            enabled: bool = false, in_place(GURU);
        }
    }
}

impl DevOpsGuru {
    /// The regions that have it (<https://docs.aws.amazon.com/general/latest/gr/devops-guru.html>).
    const REGIONS: [&str; 16] = [
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-north-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    ];

    /// Whether a region has it.
    pub fn is_in(region: &str) -> bool {
        Self::REGIONS.contains(&region)
    }
}

fn check(written: &At<MonitoringFields>, log: &Log) {
    let fields = &written.value;
    let Some(off) = fields.notify_admin.given().filter(|at| !at.value) else { return };
    let others = fields.emails.given().is_some_and(|at| at.value.count() > 0)
        || fields.topic_arn.is_given()
        || matches!(fields.emails, Optional::Broken);
    let alarms = fields.alarms.given().and_then(|alarms| alarms.value.enabled.given());
    if !others && alarms.is_none_or(|at| at.value) {
        let draft = Draft::new(Code::Unheard, off.span, "nobody gets the alarms");
        log.report(draft.label("not the administrator").help("add `emails` or `topicArn`"));
    }
}

impl MonitoringFields {
    /// Checks what is named of AWS against where the environment is.
    pub(crate) fn check_home(&self, home: Home<'_>, log: &Log) {
        if let Some(arn) = self.topic_arn.given() {
            home.check(arn.value.as_str(), arn.span, "the topic", log);
        }
        let guru = self.dev_ops_guru.given().and_then(|guru| guru.value.enabled.given());
        let lacking = home.region.filter(|region| !DevOpsGuru::is_in(region.as_str()));
        if let (Some(on), Some(region)) = (guru.filter(|at| at.value), lacking) {
            let message = format!("AWS does not offer DevOps Guru in {region}");
            let draft = Draft::new(Code::Conflict, on.span, message).label("not in this region");
            let help =
                format!("write `false`; it is offered in {}", DevOpsGuru::REGIONS.join(", "));
            log.report(draft.help(help));
        }
    }
}
