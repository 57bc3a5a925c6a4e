//! Getting in: the standard chain of credentials and region, and who we turn out to be.

use std::{sync::Arc, time::Duration};

use aws_config::{
    BehaviorVersion, Region, stalled_stream_protection::StalledStreamProtectionConfig,
};
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::timeout::TimeoutConfig;
use jiff::Timestamp;

use crate::engine::{CallError, Class};

use super::{Calls, Clock, Connection, clients::again};

/// Where to, and as whom.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The region.
    pub region: String,
    /// A profile of the shared configuration files.
    pub profile: Option<String>,
    /// An endpoint that answers for all services, instead of AWS's own.
    pub endpoint_url: Option<String>,
}

/// Who we are, as STS says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account's twelve digits.
    pub account: String,
    /// The partition.
    pub partition: String,
    /// The principal.
    pub arn: String,
}

/// Why there is no way in.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No call succeeds with these credentials.
    #[error("AWS does not let us in: {hint}")]
    Credentials {
        /// What to do.
        hint: String,
        /// What AWS said.
        #[source]
        source: CallError,
    },
    /// The credentials are of another account.
    #[error(
        "the credentials belong to account {actual}, and the spec is for account {wanted}: nothing was done; choose other credentials (--profile) or correct spec.aws.accountId"
    )]
    Account {
        /// The account of the credentials.
        actual: String,
        /// The account of the spec.
        wanted: String,
    },
    /// STS answered something else than documented.
    #[error("STS did not say which account the credentials belong to")]
    Nameless,
}

/// Sets out for a region, with the standard chain of credentials.
pub async fn connect(target: &Target, calls: Arc<Calls>) -> Connection {
    let http = Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https();
    let clock = Clock::starting_at(Timestamp::now());
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(target.region.clone()))
        .http_client(http.clone())
        .timeout_config(timeouts())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(profile) = &target.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint) = &target.endpoint_url {
        loader = loader.endpoint_url(endpoint);
    }
    Connection { config: loader.load().await, http, calls, clock }
}

/// No call of ours takes longer than these: what does is lost. They stand in for the SDK's watch
/// over streams that stall, which takes an answer that is long in coming for one.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_mins(1))
        .build()
}

impl Connection {
    /// A connection to something that answers in this process, with made-up credentials.
    pub fn in_process(
        region: &str,
        http: SharedHttpClient,
        calls: Arc<Calls>,
        clock: Clock,
    ) -> Self {
        let config = aws_types::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
                aws_credential_types::Credentials::new(
                    "AKIDSANDBOX",
                    "sandbox",
                    None,
                    None,
                    "sandbox",
                ),
            ))
            .http_client(http.clone())
            .timeout_config(timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
            .time_source(clock.clone())
            .build();
        Self { config, http, calls, clock }
    }

    /// Asks who we are, and refuses another account than the spec names.
    ///
    /// # Errors
    /// If AWS does not let us in, or the account is another one.
    pub async fn caller(&self, wanted: Option<&str>) -> Result<Caller, ConnectError> {
        let sts = self.sts();
        let answer = again(
            &self.calls,
            "sts:GetCallerIdentity",
            || sts.get_caller_identity().send(),
            |class| matches!(class, Class::Throttled | Class::Server | Class::NoAnswer),
        )
        .await
        .map_err(|source| ConnectError::Credentials { hint: hint(&source), source })?;
        let (Some(account), Some(arn)) = (answer.account(), answer.arn()) else {
            return Err(ConnectError::Nameless);
        };
        let Some(partition) = partition(arn, account) else {
            return Err(ConnectError::Nameless);
        };
        if let Some(wanted) = wanted.filter(|wanted| *wanted != account) {
            return Err(ConnectError::Account {
                actual: account.to_owned(),
                wanted: wanted.to_owned(),
            });
        }
        let partition = partition.to_owned();
        Ok(Caller { account: account.to_owned(), partition, arn: arn.to_owned() })
    }
}

/// The partition of a caller, `arn:PARTITION:SERVICE:REGION:ACCOUNT:…`, if name and account agree:
/// what is ours is found by both, and with a wrong one nothing would be.
fn partition<'a>(arn: &'a str, account: &str) -> Option<&'a str> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, partition, _, _, of, _] = parts.as_slice() else { return None };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let agree = arn.starts_with("arn:") && *of == account && !partition.is_empty();
    (is_account && agree).then_some(*partition)
}

/// What to do about credentials that do not work.
fn hint(error: &CallError) -> String {
    match error.class {
        Class::Expired => {
            "the credentials have expired; refresh them (aws sso login, or your tool's way) and run the same command again: it goes on where it stopped".into()
        }
        Class::Denied if error.code == "NoCredentials" => {
            "no credentials were found; set AWS_PROFILE or --profile, or the AWS_ACCESS_KEY_ID family, or run where a role is attached; to try without an account, add --sandbox".into()
        }
        Class::Denied => "check that the credentials are active and meant for this partition".into(),
        Class::NoAnswer => "no answer came back; check the network, the proxy and --endpoint-url".into(),
        Class::Throttled
        | Class::Server
        | Class::NotYetVisible
        | Class::Busy
        | Class::InUse
        | Class::NotFound
        | Class::Exists
        | Class::TokenMismatch
        | Class::Quota
        | Class::Capacity
        | Class::ReadOnly
        | Class::Rejected => "see the cause".into(),
    }
}
