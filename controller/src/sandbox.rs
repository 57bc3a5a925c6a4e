//! The sandbox: the AWS simulator in this process, behind the SDK's HTTP client.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use clctl_fleet::Fleet;
use clctl_simulator::{Deed, Settings, Simulator, World};
use http_body_util::BodyExt;
use jiff::Timestamp;

use crate::aws::{Calls, Clock, Connection};

/// The file of the sandbox's world, within the folder of its state.
pub const WORLD: &str = "world.json";

const REPLACED: &str = "the group launches another one by itself";
const NOT_DECLARED: &str =
    "instances are launched as they are declared, and made anew, not changed";

/// What somebody may change of ours that nobody declares, and why it stays as it is: no `diff` names it. By the
/// call and the words it is told with.
pub const NO_DIFFERENCE: &[(&str, &str)] = &[
    (
        "ec2:ModifyVpcAttribute: EnableNetworkAddressUsageMetrics",
        "whether AWS counts addresses costs nothing and changes nothing",
    ),
    ("ec2:TerminateInstances", REPLACED),
    ("ec2:StopInstances", REPLACED),
    ("ec2:ModifyInstanceMetadataOptions", NOT_DECLARED),
    ("ec2:ModifyInstanceAttribute", NOT_DECLARED),
    ("autoscaling:TerminateInstanceInAutoScalingGroup", REPLACED),
    ("autoscaling:DetachInstances", REPLACED),
    ("autoscaling:EnterStandby", REPLACED),
    ("autoscaling:SetInstanceProtection", NOT_DECLARED),
    (
        "logs:PutLogGroupDeletionProtection",
        "it stands in the way of nothing but a deletion, which names it",
    ),
    (
        "secretsmanager:PutSecretValue",
        "values are the user's own: nobody but the instances reads them",
    ),
    (
        "rds:ModifyDBInstance: AllocatedStorage",
        "storage only grows, and AWS lets it grow by itself: more than declared is as declared",
    ),
    (
        "elasticloadbalancing:DeregisterTargets",
        "which instances are targets is for the group to say that they belong to",
    ),
    (
        "cloudwatch:SetAlarmState",
        "what an alarm has seen is no setting, and the next look sets it right",
    ),
    ("sns:Subscribe", "whoever asks AWS to be told is told: clctl keeps those it has asked itself"),
    ("sns:Unsubscribe", "who has ended it is not asked again: `clctl get` says so"),
    ("rds:RebootDBInstance", "it is as it was when it is back"),
    ("rds:FailoverDBCluster", "which instance writes is AWS's to say"),
    (
        "rds:ModifyDBInstance: another password",
        "nobody tells a password; what counts is which version of the secret was set last",
    ),
    (
        "rds:ModifyDBCluster: another password",
        "nobody tells a password; what counts is which version of the secret was set last",
    ),
];

/// Opens the sandbox's world, and makes it where there is none; its instances are alive.
///
/// # Errors
/// If the folder or the file cannot be used.
pub fn open(folder: &Path) -> anyhow::Result<Simulator> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("the sandbox's folder {} cannot be made", folder.display()))?;
    let simulator = Simulator::open(&folder.join(WORLD), Settings::default())?;
    // What runs on its instances lives in the world itself.
    Fleet::settle(&simulator, Settings::default().seed);
    Ok(simulator)
}

/// Whether a change is one that `diff` names.
pub fn is_difference(deed: &Deed) -> bool {
    let told = format!("{}: {}", deed.call(), deed.says());
    !NO_DIFFERENCE.iter().any(|(begins, _)| told.starts_with(begins))
}

/// The key pair that whoever has an account has: that of the examples.
const KEY_PAIR: &str = "operations";
/// The hosted zone that he has, and the name it is of.
const HOSTED_ZONE: (&str, &str) = ("Z0123456789ABCDEFGHIJ", "oracles.example.com");

/// The certificate that whoever has an account has, in every region: that of the examples.
const CERTIFICATE: &str = "12345678-1234-1234-1234-123456789012";
/// What it is for.
const DOMAIN: &str = "*.oracles.example.com";

/// Sets out for a region of a simulated world.
pub fn connect(simulator: &Simulator, region: &str, calls: Arc<Calls>) -> Connection {
    // If the file of the world is out of reach, the next call says so.
    let bring = |world: &mut World| {
        world.bring_key_pair(region, KEY_PAIR);
        world.bring_hosted_zone(HOSTED_ZONE.0, HOSTED_ZONE.1);
        let certificate =
            format!("arn:aws:acm:{region}:{}:certificate/{CERTIFICATE}", world.settings().account);
        world.bring_certificate(region, &certificate, DOMAIN);
    };
    simulator.edit(bring).ok();
    let http = http(simulator);
    let now = i64::try_from(simulator.now().as_millis()).unwrap_or_default();
    let start = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
    Connection::in_process(region, http, calls, Clock::starting_at(start))
}

/// A simulated world as the SDK's HTTP client.
pub fn http(simulator: &Simulator) -> SharedHttpClient {
    SharedHttpClient::new(InProcess(simulator.clone()))
}

/// Lets virtual time pass at a pace that can be watched: a minute in about a second.
///
/// Runs for ever. tokio's paused clock goes on from timer to timer by itself; this one holds the
/// thread for a moment whenever some of it has passed, so that no other timer is late.
pub async fn pace() {
    const NAP: Duration = Duration::from_millis(5);
    const SPEED: u32 = 60;
    loop {
        tokio::time::sleep(NAP * SPEED).await;
        std::thread::sleep(NAP);
    }
}

/// A simulator as the SDK's HTTP client.
#[derive(Clone)]
struct InProcess(Simulator);

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpClient for InProcess {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let simulator = self.0.clone();
        HttpConnectorFuture::new(async move { answer(&simulator, request).await })
    }
}

async fn answer(
    simulator: &Simulator,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
    let answer = simulator
        .call(http::Request::from_parts(parts, body))
        .await
        .map_err(|dropped| ConnectorError::io(dropped.into()))?;
    let answer = answer.map(|body: Bytes| SdkBody::from(body));
    HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
}
