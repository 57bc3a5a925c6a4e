//! The way between clctl and the simulator, on which answers are spoilt.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex},
};

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
use clctl::engine::Stop;
use http::HeaderValue;
use tokio::sync::watch;

use super::{
    Attack, Spoil,
    spoil::{Answer, Harm, MADE_UP},
};

/// After so many calls somebody has had enough and stops the run.
const PATIENCE: usize = 1_500;
/// What a run that was told to stop may still call.
const ENDLESS: usize = 6_000;

/// The answers of one run.
#[derive(Clone)]
pub(super) struct Wire(Arc<Shared>);

struct Shared {
    below: SharedHttpClient,
    stop: watch::Sender<Stop>,
    state: Mutex<State>,
}

struct State {
    /// With how many answers each attack might have been about.
    attacks: Vec<(Attack, usize)>,
    /// The true answers, the latest last.
    before: Vec<Answer>,
    calls: usize,
    harm: Harm,
    spoilt: Vec<String>,
    asked: BTreeSet<String>,
    /// What AWS drew: nobody may say it.
    passwords: Vec<String>,
}

impl Wire {
    pub(super) fn new(
        below: SharedHttpClient,
        attacks: &[Attack],
        stop: watch::Sender<Stop>,
    ) -> Self {
        let attacks = attacks.iter().map(|attack| (attack.clone(), 0)).collect();
        let state = State {
            attacks,
            before: Vec::new(),
            calls: 0,
            harm: Harm::None,
            spoilt: Vec::new(),
            asked: BTreeSet::new(),
            passwords: Vec::new(),
        };
        Self(Arc::new(Shared { below, stop, state: Mutex::new(state) }))
    }

    /// The worst that was done, and to which answers.
    pub(super) fn harm(&self) -> (Harm, Vec<String>) {
        let state = self.0.state.lock().unwrap();
        (state.harm, state.spoilt.clone())
    }

    /// The operations that were asked for.
    pub(super) fn asked(&self) -> BTreeSet<String> {
        self.0.state.lock().unwrap().asked.clone()
    }

    /// The passwords that AWS drew.
    pub(super) fn passwords(&self) -> Vec<String> {
        self.0.state.lock().unwrap().passwords.clone()
    }

    /// Spoils an answer; nothing if none is to come.
    fn spoil(&self, mut answer: Answer) -> Option<Answer> {
        let mut state = self.0.state.lock().unwrap();
        state.calls += 1;
        if state.calls == PATIENCE {
            self.0.stop.send_replace(Stop::Now);
        }
        assert!(state.calls < ENDLESS, "more than {ENDLESS} calls: {}", answer.operation);
        answer.nth = state.calls;
        state.asked.insert(answer.operation.clone());
        if answer.operation == "secretsmanager:GetRandomPassword"
            && let Ok(told) = serde_json::from_slice::<serde_json::Value>(&answer.body)
            && let Some(password) = told["RandomPassword"].as_str()
        {
            state.passwords.push(password.to_owned());
        }
        let State { attacks, before, harm, spoilt, .. } = &mut *state;
        let truth = answer.clone();
        let mut lost = false;
        for (attack, count) in attacks {
            let about = match attack.operation {
                Some(operation) => operation == answer.operation,
                None => clctl::aws::kinds::reads().contains(&answer.operation.as_str()),
            };
            if !about {
                continue;
            }
            *count += 1;
            let nth = *count - 1;
            let (first, times) = (usize::from(attack.after), usize::from(attack.times));
            if nth < first || (times < 255 && nth >= first + times) {
                continue;
            }
            let done = attack.spoil.apply(&mut answer, before);
            lost |= matches!(attack.spoil, Spoil::Lost);
            if done != Harm::None {
                spoilt.push(answer.operation.clone());
            }
            // What is broken once is not mended by what is done to it then; unless it is made up.
            *harm = done.max(*harm);
        }
        before.push(truth);
        if before.len() > 64 {
            before.remove(0);
        }
        (!lost).then_some(answer)
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let below = self.0.below.http_connector(settings, components);
        SharedHttpConnector::new(Connector { wire: self.clone(), below })
    }
}

#[derive(Debug)]
struct Connector {
    wire: Wire,
    below: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let (wire, below) = (self.wire.clone(), self.below.clone());
        let operation = operation(&request);
        let asked = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into();
        forget_page(&mut request);
        HttpConnectorFuture::new(async move {
            let response = below.call(request).await?;
            let answer = Answer {
                operation,
                asked,
                nth: 0,
                status: response.status().as_u16(),
                kind: response.headers().get("content-type").unwrap_or_default().to_owned(),
                body: response.body().bytes().unwrap_or_default().to_vec(),
            };
            let Some(answer) = wire.spoil(answer) else {
                return Err(ConnectorError::io("the connection was lost".into()));
            };
            let status = answer.status.try_into().unwrap();
            let mut spoilt = HttpResponse::new(status, SdkBody::from(answer.body));
            *spoilt.headers_mut() = response.headers().clone();
            match HeaderValue::from_bytes(answer.kind.as_bytes()) {
                Ok(kind) if kind.to_str().is_ok() => {
                    spoilt.headers_mut().insert("content-type", answer.kind);
                }
                Ok(_) | Err(_) => drop(spoilt.headers_mut().remove("content-type")),
            }
            Ok(spoilt)
        })
    }
}

/// Which operation a request is, as IAM writes it.
fn operation(request: &HttpRequest) -> String {
    let mut copy = http::Request::builder().method(request.method()).uri(request.uri());
    for (name, value) in request.headers() {
        copy = copy.header(name, value);
    }
    let body = request.body().bytes().unwrap_or_default().to_vec();
    clctl_simulator::asked(&copy.body(body.into()).unwrap())
}

/// Asks for the first page where the one asked for is made up: AWS would know its own tokens.
fn forget_page(request: &mut HttpRequest) {
    const TOKENS: &[&str] = &["NextToken", "nextToken", "Marker", "PaginationToken"];
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    let kept = if let Ok(mut members) = serde_json::from_str::<serde_json::Value>(&body) {
        let Some(all) = members.as_object_mut() else { return };
        let before = all.len();
        let made_up = |value: &serde_json::Value| {
            value.as_str().is_some_and(|token| token.starts_with(MADE_UP))
        };
        all.retain(|name, value| !TOKENS.contains(&name.as_str()) || !made_up(value));
        if all.len() == before {
            return;
        }
        members.to_string()
    } else {
        let made_up = |pair: &&str| {
            pair.split_once('=')
                .is_some_and(|(name, value)| TOKENS.contains(&name) && value.starts_with(MADE_UP))
        };
        let kept: Vec<&str> = body.split('&').filter(|pair| !made_up(pair)).collect();
        kept.join("&")
    };
    if kept.len() < body.len() {
        request.headers_mut().insert("content-length", kept.len().to_string());
        *request.body_mut() = SdkBody::from(kept);
    }
}
