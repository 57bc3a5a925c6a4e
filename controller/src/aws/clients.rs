//! The clients of one environment, over one connection.

use std::{collections::BTreeSet, future::Future, sync::Arc, time::Duration};

use aws_smithy_runtime_api::client::{
    http::SharedHttpClient, orchestrator::HttpResponse, result::SdkError,
};
use aws_smithy_types::{error::metadata::ProvideErrorMetadata, retry::RetryConfig};
use aws_types::SdkConfig;

use jiff::Timestamp;

use crate::engine::{CallError, Class};

use super::{
    Calls, Clock, Environment,
    answers::{Next, WholeAnswers, not_understood, required},
    calls::{Operations, Recording},
    errors::call_error,
    rds::Beginning,
};

/// How AWS is reached: credentials, region, endpoint, and the one HTTP client everything goes
/// through.
#[derive(Clone, Debug)]
pub struct Connection {
    /// What the SDK was told.
    pub config: SdkConfig,
    /// What is below the counting HTTP client: the network, or a simulator.
    pub http: SharedHttpClient,
    /// The calls made.
    pub calls: Arc<Calls>,
    /// The time.
    pub clock: Clock,
}

impl Connection {
    /// The SDK's settings, with every call passing through `calls`.
    fn counted(&self) -> SdkConfig {
        let recording = Recording { calls: self.calls.clone(), below: self.http.clone() };
        self.config
            .clone()
            .into_builder()
            .http_client(recording)
            // Ours knows which calls may be repeated: a second CreateVpc is a second VPC.
            .retry_config(RetryConfig::disabled())
            .time_source(self.clock.clone())
            .build()
    }
}

/// Makes a client of a service, with every call passing through the connection's counting.
macro_rules! client {
    ($sdk:ident, $connection:expr) => {{
        let connection = $connection;
        let config = $sdk::config::Builder::from(&connection.counted());
        $sdk::Client::from_conf(
            config
                .interceptor(Operations(connection.calls.clone()))
                .interceptor(WholeAnswers)
                .build(),
        )
    }};
}

impl Connection {
    pub(super) fn sts(&self) -> aws_sdk_sts::Client {
        client!(aws_sdk_sts, self)
    }
}

/// AWS as one environment sees it.
#[derive(Clone, Debug)]
pub struct Aws {
    /// The environment.
    pub environment: Environment,
    /// The calls made.
    pub calls: Arc<Calls>,
    /// What the database begins with, where one is declared.
    pub(super) beginning: Option<Beginning>,
    pub(super) clock: Clock,
    pub(super) acm: aws_sdk_acm::Client,
    pub(super) autoscaling: aws_sdk_autoscaling::Client,
    pub(super) backup: aws_sdk_backup::Client,
    pub(super) cloudwatch: aws_sdk_cloudwatch::Client,
    pub(super) devops_guru: aws_sdk_devopsguru::Client,
    pub(super) ec2: aws_sdk_ec2::Client,
    pub(super) elb: aws_sdk_elasticloadbalancingv2::Client,
    pub(super) iam: aws_sdk_iam::Client,
    pub(super) kms: aws_sdk_kms::Client,
    pub(super) logs: aws_sdk_cloudwatchlogs::Client,
    pub(super) quotas: aws_sdk_servicequotas::Client,
    pub(super) rds: aws_sdk_rds::Client,
    pub(super) route53: aws_sdk_route53::Client,
    pub(super) secrets: aws_sdk_secretsmanager::Client,
    pub(super) sns: aws_sdk_sns::Client,
    pub(super) ssm: aws_sdk_ssm::Client,
    pub(super) tagging: aws_sdk_resourcegroupstagging::Client,
}

impl Aws {
    /// Takes up one environment.
    pub fn new(connection: &Connection, environment: Environment) -> Self {
        Self {
            environment,
            calls: connection.calls.clone(),
            beginning: None,
            clock: connection.clock.clone(),
            acm: client!(aws_sdk_acm, connection),
            autoscaling: client!(aws_sdk_autoscaling, connection),
            backup: client!(aws_sdk_backup, connection),
            cloudwatch: client!(aws_sdk_cloudwatch, connection),
            devops_guru: client!(aws_sdk_devopsguru, connection),
            ec2: client!(aws_sdk_ec2, connection),
            elb: client!(aws_sdk_elasticloadbalancingv2, connection),
            iam: client!(aws_sdk_iam, connection),
            kms: client!(aws_sdk_kms, connection),
            logs: client!(aws_sdk_cloudwatchlogs, connection),
            quotas: client!(aws_sdk_servicequotas, connection),
            rds: client!(aws_sdk_rds, connection),
            route53: client!(aws_sdk_route53, connection),
            secrets: client!(aws_sdk_secretsmanager, connection),
            sns: client!(aws_sdk_sns, connection),
            ssm: client!(aws_sdk_ssm, connection),
            tagging: client!(aws_sdk_resourcegroupstagging, connection),
        }
    }

    /// What time it was at AWS when an operation was answered last.
    pub(super) fn answered(&self, operation: &str) -> Timestamp {
        self.calls.answered(operation).unwrap_or_else(|| self.clock.now())
    }

    /// Makes a call that changes nothing: repeated while it may help.
    pub(super) async fn read<T, E, F>(
        &self,
        operation: &'static str,
        call: impl Fn() -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        again(&self.calls, operation, call, |class| {
            matches!(class, Class::Throttled | Class::Server | Class::NoAnswer)
        })
        .await
    }

    /// Makes a call that may change something: repeated only where it certainly changed nothing.
    pub(super) async fn write<T, E, F>(
        &self,
        operation: &'static str,
        call: impl Fn() -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        again(&self.calls, operation, call, |class| class == Class::Throttled).await
    }

    /// Reads a list to its end, page by page. A list that does not end is none, nor is an answer
    /// without one: AWS shows an empty list as an empty element.
    pub(super) async fn pages<T, I, N, E, F>(
        &self,
        operation: &'static str,
        call: impl Fn(Option<String>) -> F,
        take: impl Fn(T) -> (Option<Vec<I>>, N),
    ) -> Result<Vec<I>, CallError>
    where
        N: Into<Next>,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let (mut all, mut token, mut before) = (Vec::new(), None, BTreeSet::new());
        while before.len() < PAGES {
            let (page, next) = take(self.read(operation, || call(token.clone())).await?);
            all.extend(required(operation, "list", page)?);
            let next = match next.into() {
                Next::Page(next) => next,
                Next::End => return Ok(all),
                Next::Unnamed => {
                    let why = "the list has another page, and the answer does not name it";
                    return Err(not_understood(operation, why.to_owned()));
                }
            };
            if !before.insert(next.clone()) {
                let why = "a page of the list names one before it as the next".to_owned();
                return Err(not_understood(operation, why));
            }
            token = Some(next);
        }
        let why = format!("the list has no end within {PAGES} pages");
        Err(not_understood(operation, why))
    }
}

/// How many pages a list may have: more than any account's quotas allow objects for.
const PAGES: usize = 100;

/// How often a call is made before its failure is reported.
const TRIES: u32 = 6;

pub(super) async fn again<T, E, F>(
    calls: &Calls,
    operation: &'static str,
    call: impl Fn() -> F,
    may_repeat: impl Fn(Class) -> bool,
) -> Result<T, CallError>
where
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let mut tries = 1;
    loop {
        calls.permit(operation).await;
        match call().await.map_err(|error| call_error(operation, error)) {
            Ok(answer) => return Ok(answer),
            Err(error) if tries < TRIES && may_repeat(error.class) => {
                tracing::debug!(operation, tries, code = %error.code, "call failed, to be repeated");
                tokio::time::sleep(backoff(operation, tries)).await;
                tries += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Doubles from a quarter of a second to eight seconds, spread by operation so that calls refused
/// together do not come back together.
fn backoff(operation: &str, tries: u32) -> Duration {
    let spread: u32 = operation.bytes().map(u32::from).sum::<u32>() % 100;
    let base = Duration::from_millis(250 << tries.min(5));
    base + base * spread / 200
}
