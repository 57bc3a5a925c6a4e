//! Every call passes here: an interceptor of the SDK says which operation a request is, and the
//! HTTP client below it counts and records it. A read-only run cannot write.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpClient, SharedHttpConnector,
        },
        interceptors::{
            Intercept,
            context::{
                BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
            },
        },
        orchestrator::{HttpRequest, HttpResponse, Metadata},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use jiff::Timestamp;
use tokio::time::Instant;

use super::limits::Limits;

/// What a run may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Only operations on the list of reads.
    ReadOnly,
    /// Anything.
    ReadWrite,
}

/// A call that was made.
#[derive(Clone, Debug)]
pub struct CallRecord {
    /// The operation, e.g. `ec2:DescribeVpcs`.
    pub operation: String,
    /// Whether it may change something.
    pub writes: bool,
    /// The HTTP status of the answer; `None` if there was none.
    pub status: Option<u16>,
    /// How long it took.
    pub took: Duration,
}

/// The calls of a run, and what it may call.
#[derive(Debug)]
pub struct Calls {
    mode: Mode,
    reads: Vec<&'static str>,
    limits: Limits,
    in_flight: AtomicUsize,
    made: Mutex<Vec<CallRecord>>,
    /// What time it was at AWS when an operation was answered last.
    answered: Mutex<BTreeMap<String, Timestamp>>,
}

/// An operation that a read-only run tried to make.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not on the list of operations that a read-only run may make")]
pub(super) struct NotARead(String);

impl Calls {
    /// Starts counting. `reads` are the operations that change nothing.
    pub fn new(mode: Mode, reads: Vec<&'static str>) -> Arc<Self> {
        Arc::new(Self {
            mode,
            reads,
            limits: Limits::default(),
            in_flight: AtomicUsize::new(0),
            made: Mutex::default(),
            answered: Mutex::default(),
        })
    }

    /// What was called, in the order of the answers.
    pub fn made(&self) -> Vec<CallRecord> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What time it was at AWS when an operation was answered last, if that answer said so: what it shows is
    /// compared with the clock of whoever said it, since that of this machine may be wrong by minutes.
    pub(super) fn answered(&self, operation: &str) -> Option<Timestamp> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).get(operation).copied()
    }

    fn hear(&self, operation: &str, answer: &HttpResponse) {
        let date = answer
            .headers()
            .get("date")
            .and_then(|date| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok());
        if let Some(date) = date {
            let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
            answered.insert(operation.to_owned(), date);
        }
    }

    /// How many of the calls made may have changed something.
    pub fn writes(&self) -> usize {
        self.made().iter().filter(|call| call.writes).count()
    }

    /// Waits until an operation may be called.
    ///
    /// Before the SDK is asked: below it, the wait would count against the call's time-outs.
    pub(super) async fn permit(&self, operation: &str) {
        self.limits.permit(operation).await;
    }

    fn is_read(&self, operation: &str) -> bool {
        self.reads.contains(&operation)
    }
}

/// The operation of a request, as IAM writes it.
#[derive(Clone, Debug)]
pub(super) struct Operation(pub(super) String);

impl Operation {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let service = match metadata.service() {
            "Auto Scaling" => "autoscaling".to_owned(),
            "CloudWatch Logs" => "logs".to_owned(),
            "DevOps Guru" => "devops-guru".to_owned(),
            "Elastic Load Balancing v2" => "elasticloadbalancing".to_owned(),
            "Resource Groups Tagging API" => "tag".to_owned(),
            "Route 53" => "route53".to_owned(),
            "Service Quotas" => "servicequotas".to_owned(),
            "Secrets Manager" => "secretsmanager".to_owned(),
            other => other.to_ascii_lowercase(),
        };
        Self(format!("{service}:{}", metadata.name()))
    }
}

/// Tells the HTTP client below which operation a request is, and refuses writes to readers.
#[derive(Debug)]
pub(super) struct Operations(pub(super) Arc<Calls>);

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Operations {
    fn name(&self) -> &'static str {
        "clctl operations"
    }

    /// The first hook that knows the operation: nothing is signed or sent before it.
    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match config.load::<Metadata>().map(Operation::of) {
            _ if self.0.mode == Mode::ReadWrite => Ok(()),
            Some(operation) if self.0.is_read(&operation.0) => Ok(()),
            Some(operation) => Err(NotARead(operation.0).into()),
            None => Err(NotARead("an operation without a name".to_owned()).into()),
        }
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = config.load::<Metadata>() {
            context.request_mut().add_extension(Operation::of(metadata));
        }
        Ok(())
    }
}

/// An HTTP client that counts and records what it sends.
pub(super) struct Recording {
    pub(super) calls: Arc<Calls>,
    pub(super) below: SharedHttpClient,
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recording")
    }
}

impl HttpClient for Recording {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(RecordingConnector {
            calls: self.calls.clone(),
            below: self.below.http_connector(settings, components),
        })
    }
}

#[derive(Debug)]
struct RecordingConnector {
    calls: Arc<Calls>,
    below: SharedHttpConnector,
}

impl HttpConnector for RecordingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (calls, below) = (self.calls.clone(), self.below.clone());
        HttpConnectorFuture::new(async move {
            // Requests without one are the credential chain's own: not ours to count or limit.
            let Some(Operation(operation)) = request.extension::<Operation>().cloned() else {
                return below.call(request).await;
            };
            calls.in_flight.fetch_add(1, Ordering::Relaxed);
            let start = Instant::now();
            let answer = below.call(request).await;
            calls.in_flight.fetch_sub(1, Ordering::Relaxed);
            if let Ok(answer) = &answer {
                calls.hear(&operation, answer);
            }
            let record = CallRecord {
                writes: !calls.is_read(&operation),
                status: answer.as_ref().ok().map(|answer| answer.status().as_u16()),
                took: start.elapsed(),
                operation,
            };
            tracing::debug!(
                operation = record.operation,
                status = record.status,
                took_ms = record.took.as_millis(),
                "call"
            );
            calls.made.lock().unwrap_or_else(PoisonError::into_inner).push(record);
            answer
        })
    }
}
