//! The services, and how a request finds its own.
//!
//! A request is read once into [`Asked`]: who asks which service to do what, and in which
//! protocol it wants to be answered.

mod acm;
mod agenda;
mod autoscaling;
mod backup;
mod cloudwatch;
mod devops_guru;
pub(crate) mod ec2;
mod elb;
mod form;
mod iam;
mod kms;
mod logs;
mod operations;
mod paging;
mod permission;
mod quotas;
mod rds;
mod route53;
mod secrets;
mod service;
pub(crate) mod sns;
mod ssm;
mod sts;
mod tag_rules;
mod tagging;

use std::{fmt, io::Read as _};

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderValue, Request, Response};
use percent_encoding::percent_decode_str;
use serde_json::Value;

pub(crate) use self::{
    acm::{Acm, Usable},
    autoscaling::AutoScaling,
    backup::Backup,
    cloudwatch::{CloudWatch, UNITS},
    devops_guru::DevOpsGuru,
    ec2::{Around, Ec2},
    elb::{Elb, Leaves, LoadBalancerHands},
    iam::Iam,
    kms::Kms,
    logs::Logs,
    permission::{Identity, Site},
    quotas::ServiceQuotas,
    rds::{Hands, Rds},
    route53::{Route53, bring as bring_hosted_zone},
    secrets::Secrets,
    service::Service,
    sns::{Letter, Sns, in_arn as in_topic_arn},
    ssm::Ssm,
    tagging::Tagging,
};
use crate::{
    World,
    auth::{self, Manner, Scope, Unsigned},
    fault::Fault,
    random::Rng,
    shelf::AnyShelf,
    wire::{
        cbor, json,
        query::{self, Dialect, Params},
        rest,
        rest_json::{self, Route},
    },
    world::{Drift, HERE, HERE_SNS, Input, NOWHERE, Region, Retag},
};

/// A service of a region that speaks JSON, as requests are told apart.
struct Json {
    name: &'static str,
    target: &'static str,
    routes: &'static [Route],
    throttled: &'static str,
    broken: &'static str,
    mutates: fn(&str) -> bool,
    operations: fn() -> Vec<&'static str>,
    ask: fn(&mut World, &Identity, &str, &str, &json::Members, Rng) -> service::Answer,
    /// The same, whoever asks.
    act: fn(&mut World, &Identity, &str, &str, &json::Members, Rng) -> service::Answer,
    drifts: fn(&Region, &str) -> Vec<Drift>,
    retag: fn(&str, &str, &Retag<'_>) -> Vec<Drift>,
    unprotect: fn(&str, &str) -> Vec<Drift>,
    shelves: fn(&Region) -> Vec<&dyn AnyShelf>,
}

const fn json<S: Service>() -> Json {
    Json {
        name: S::NAME,
        target: S::TARGET,
        routes: S::ROUTES,
        throttled: S::THROTTLED,
        broken: S::BROKEN,
        mutates: service::mutates::<S>,
        operations: service::operations::<S>,
        ask: service::ask::<S>,
        act: service::act::<S>,
        drifts: |region, key| S::of(region).drifts(key),
        retag: S::retag,
        unprotect: S::unprotect,
        shelves: |region| S::of(region).shelves(),
    }
}

/// The services that speak JSON.
const JSON: &[Json] = &[
    json::<Acm>(),
    json::<Backup>(),
    json::<CloudWatch>(),
    json::<DevOpsGuru>(),
    json::<Kms>(),
    json::<Logs>(),
    json::<Secrets>(),
    json::<ServiceQuotas>(),
    json::<Ssm>(),
    json::<Tagging>(),
];

/// What a service that speaks AWS's query protocol does with an operation and its parameters.
type Act = fn(&mut World, &Identity, &str, (&str, &Params), Rng) -> form::Answer;

/// A service of a region that speaks AWS's query protocol, as requests are told apart.
struct Form {
    name: &'static str,
    version: &'static str,
    namespace: &'static str,
    mutates: fn(&str) -> bool,
    operations: fn() -> Vec<&'static str>,
    ask: Act,
    /// The same, whoever asks.
    act: Act,
    drifts: fn(&Region, &str) -> Vec<Drift>,
    retag: fn(&str, &str, &Retag<'_>) -> Vec<Drift>,
    unprotect: fn(&str, &str) -> Vec<Drift>,
}

const fn form<S: form::Service>() -> Form {
    Form {
        name: S::NAME,
        version: S::VERSION,
        namespace: S::NAMESPACE,
        mutates: |operation| S::writes(operation) == Some(true),
        operations: S::operations,
        ask: form::ask::<S>,
        act: form::act::<S>,
        drifts: |region, key| S::of(region).drifts(key),
        retag: S::retag,
        unprotect: S::unprotect,
    }
}

/// The services of a region that speak AWS's query protocol. EC2 has a dialect of its own, IAM and STS have
/// no region.
const FORMS: &[Form] = &[form::<AutoScaling>(), form::<Elb>(), form::<Rds>(), form::<Sns>()];

/// Every operation that is modelled, with its service: `("ec2", "CreateVpc")`.
pub fn operations() -> Vec<(&'static str, &'static str)> {
    let of = |service: &'static str, names: Vec<&'static str>| {
        names.into_iter().map(move |name| (service, name))
    };
    let forms = FORMS.iter().flat_map(|it| of(it.name, (it.operations)()));
    let json = JSON.iter().flat_map(|it| of(it.name, (it.operations)()));
    of("ec2", ec2::operations())
        .chain(of("iam", iam::operations()))
        .chain(of("route53", route53::operations()))
        .chain(of("sts", vec![sts::OPERATION]))
        .chain(forms)
        .chain(json)
        .collect()
}

/// A request, read.
pub(crate) struct Asked {
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) mutating: bool,
    scope: Result<Scope, Unsigned>,
    protocol: Protocol,
    /// What `X-Amz-Target` says before the operation.
    target: String,
    form: String,
    /// What is wrong with the body, where that is known before the service reads it.
    wrong: Option<Fault>,
    body: Bytes,
}

/// Without what is sent: it may be a secret.
impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked")
            .field("service", &self.service)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

/// No request is larger, unpacked.
const LARGEST: u64 = 16 << 20;

#[derive(Debug, Clone, Copy)]
enum Protocol {
    Query(Dialect),
    Json,
    Cbor,
    RestXml,
    RestJson,
}

/// What is sent, unpacked.
///
/// <https://smithy.io/2.0/spec/behavior-traits.html#requestcompression-trait>: what is large may come packed.
fn plain(request: &Request<Bytes>) -> Bytes {
    let packed = request.headers().get("content-encoding").is_some_and(|it| it == "gzip");
    if !packed {
        return request.body().clone();
    }
    let mut body = Vec::new();
    let mut reader = GzDecoder::new(request.body().as_ref()).take(LARGEST);
    if reader.read_to_end(&mut body).is_err() {
        body.clear();
    }
    body.into()
}

/// Reads a request as far as every service needs it.
pub(crate) fn identify(request: &Request<Bytes>) -> Asked {
    let scope = auth::scope(request);
    if let Some(asked) = identify_rest(request, &scope) {
        return asked;
    }
    let header = |name: &str| request.headers().get(name).and_then(|it| it.to_str().ok());
    let cbor = cbor::target(request);
    let mut body = plain(request);
    if cbor.is_some() {
        // The members are the same; what is none at all is no JSON either.
        body = cbor::read(&body).map_or(Bytes::from_static(b"-"), |it| it.to_string().into());
    }
    let target = cbor.or_else(|| header("x-amz-target").and_then(|it| it.split_once('.')));
    let is_json = target.is_some()
        || header("content-type").is_some_and(|it| it.starts_with("application/x-amz-json"));

    let mut form = String::new();
    let is_route53 = scope.as_ref().is_ok_and(|it| it.service == "route53");
    let rest = if is_route53 { route53::API.read(request, &body) } else { rest::Read::default() };
    if is_route53 {
        form.push_str(&rest.form);
    } else if !is_json {
        form.push_str(request.uri().query().unwrap_or_default());
        form.push('&');
        form.push_str(&String::from_utf8_lossy(&body));
    }
    let params = Params::parse(&form);
    let reader = params.reader();
    let operation = match target {
        Some((_, operation)) => operation.to_owned(),
        None if is_route53 => rest.operation.to_owned(),
        None => reader.text("Action").unwrap_or_default(),
    };
    let service = match (&scope, target, reader.text("Version").as_deref()) {
        (Ok(scope), ..) => scope.service.clone(),
        (Err(_), None, Some(sts::VERSION)) => "sts".to_owned(),
        (Err(_), None, Some(iam::VERSION)) => "iam".to_owned(),
        (Err(_), None, version) => {
            let known = FORMS.iter().find(|it| Some(it.version) == version);
            known.map_or("ec2", |it| it.name).to_owned()
        }
        (Err(_), Some((prefix, _)), _) => {
            let known = JSON.iter().find(|it| it.target == prefix);
            known.map_or(prefix, |it| it.name).to_owned()
        }
    };
    let queried = FORMS.iter().find(|it| it.name == service);
    let json = JSON.iter().find(|it| it.name == service);
    let protocol = match (service.as_str(), queried) {
        ("ec2", _) => Protocol::Query(Dialect::Ec2),
        ("iam", _) => Protocol::Query(Dialect::Aws { namespace: iam::NAMESPACE }),
        ("route53", _) => Protocol::RestXml,
        (_, Some(it)) => Protocol::Query(Dialect::Aws { namespace: it.namespace }),
        _ if cbor.is_some() => Protocol::Cbor,
        _ if is_json || json.is_some() => Protocol::Json,
        _ => Protocol::Query(Dialect::Aws { namespace: sts::NAMESPACE }),
    };
    let mutating = match (service.as_str(), queried, json) {
        ("ec2", ..) => ec2::mutates(&operation),
        ("iam", ..) => iam::mutates(&operation),
        ("route53", ..) => route53::mutates(&operation),
        (_, Some(it), _) => (it.mutates)(&operation),
        (_, _, Some(json)) => (json.mutates)(&operation),
        _ => false,
    };
    let target = target.map(|it| it.0.to_owned()).unwrap_or_default();
    let wrong = rest.wrong;
    Asked { service, operation, mutating, scope, protocol, target, form, wrong, body }
}

/// Reads a request of a service that is asked in REST: which one it is, only its scope says.
fn identify_rest(request: &Request<Bytes>, scope: &Result<Scope, Unsigned>) -> Option<Asked> {
    let called = &scope.as_ref().ok()?.service;
    let service = JSON.iter().find(|it| it.name == called && !it.routes.is_empty())?;
    let (operation, body) = rest_json::read(service.routes, request, &plain(request));
    Some(Asked {
        service: service.name.to_owned(),
        mutating: (service.mutates)(&operation),
        operation,
        scope: scope.clone(),
        protocol: Protocol::RestJson,
        target: String::new(),
        form: String::new(),
        wrong: None,
        body,
    })
}

/// An operation of a service, by its name in credential scopes, as policies name it: `tag:GetResources`.
pub fn action(service: &str, operation: &str) -> String {
    format!("{}:{operation}", permission::prefix(service))
}

/// An answer in CBOR, as JSON; nothing if it is none.
pub fn from_cbor(body: &[u8]) -> Option<Value> {
    cbor::read(body)
}

/// The same in CBOR.
pub fn to_cbor(value: &Value) -> Vec<u8> {
    cbor::body(value, cloudwatch::is_time)
}

/// What a request asks for, as policies name it.
pub fn asked(request: &Request<Bytes>) -> String {
    let Asked { service, operation, .. } = identify(request);
    action(&service, &operation)
}

impl Asked {
    /// The ids of EC2's that the request names, each once, in their order.
    pub(crate) fn names(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.body);
        let text = format!("{}&{text}", self.form);
        let text = percent_decode_str(&text).decode_utf8_lossy();
        let mut names: Vec<String> = Vec::new();
        for word in text.split(|it: char| !it.is_ascii_alphanumeric() && it != '-') {
            let digits = word.rsplit_once('-').map_or("", |it| it.1);
            let is_id = digits.len() == 17 && digits.bytes().all(|it| it.is_ascii_hexdigit());
            if is_id && !names.iter().any(|it| it == word) {
                names.push(word.to_owned());
            }
        }
        names
    }

    fn manner(&self) -> Manner {
        match self.protocol {
            Protocol::Query(Dialect::Ec2) => Manner::Ec2,
            Protocol::Query(Dialect::Aws { .. }) | Protocol::RestXml => Manner::Query,
            Protocol::Json | Protocol::Cbor => Manner::Json,
            Protocol::RestJson => Manner::Rest,
        }
    }

    /// Writes a refusal in the protocol of the request.
    pub(crate) fn refuse(&self, request_id: &str, fault: Fault) -> Response<Bytes> {
        match self.protocol {
            Protocol::Query(dialect) => {
                query::answer(dialect, &self.operation, request_id, Err(fault))
            }
            Protocol::RestXml => {
                rest::answer(&route53::API, &self.operation, request_id, Err(fault))
            }
            Protocol::Json | Protocol::Cbor | Protocol::RestJson => {
                self.answer(request_id, Err(fault))
            }
        }
    }

    /// Writes an answer of a service that speaks JSON.
    fn answer(&self, request_id: &str, result: service::Answer) -> Response<Bytes> {
        let code = result.as_ref().err().map(|it| it.code.clone()).unwrap_or_default();
        let compatible = cloudwatch::query_code(&code).filter(|_| self.service == CloudWatch::NAME);
        let mut response = match self.protocol {
            Protocol::Cbor => cbor::answer(request_id, result, cloudwatch::is_time),
            Protocol::RestJson => rest_json::answer(request_id, result),
            Protocol::Json | Protocol::Query(_) | Protocol::RestXml => {
                // The one service here that speaks the former version.
                let former = self.service == CloudWatch::NAME;
                let version = if former { json::Version::Former } else { json::Version::Latter };
                json::answer(version, request_id, result)
            }
        };
        if let Some(code) = compatible
            && let Ok(value) = HeaderValue::from_str(&format!("{code};Sender"))
        {
            response.headers_mut().insert("x-amzn-query-error", value);
        }
        response
    }

    /// What a service says that is asked too often.
    pub(crate) fn throttled(&self) -> Fault {
        match self.manner() {
            Manner::Ec2 => Fault::new(503, "RequestLimitExceeded", "Request limit exceeded."),
            Manner::Query => Fault::client("Throttling", "Rate exceeded"),
            Manner::Json | Manner::Rest => {
                let service = JSON.iter().find(|it| it.name == self.service);
                let code = service.map_or("ThrottlingException", |it| it.throttled);
                Fault::client(code, "Rate exceeded")
            }
        }
    }

    /// What a service says that is broken for a moment.
    pub(crate) fn broken(&self) -> Fault {
        match self.manner() {
            Manner::Ec2 => Fault::new(500, "InternalError", "An internal error has occurred"),
            Manner::Query => Fault::new(500, "InternalFailure", "An internal error has occurred"),
            Manner::Json | Manner::Rest => {
                let service = JSON.iter().find(|it| it.name == self.service);
                let code = service.map_or("InternalServerError", |it| it.broken);
                Fault::new(500, code, "An internal error has occurred")
            }
        }
    }
}

/// Does what is asked, and writes the answer.
pub(crate) fn perform(
    world: &mut World,
    asked: &Asked,
    mut rng: Rng,
    request_id: &str,
) -> Response<Bytes> {
    let manner = asked.manner();
    let scope = match &asked.scope {
        Ok(scope) => scope,
        Err(why) => return asked.refuse(request_id, auth::unsigned(manner, why)),
    };
    if let Err(fault) = auth::key(manner, &world.settings, &scope.key) {
        return asked.refuse(request_id, fault);
    }
    let identity = match Identity::of_key(world, manner, &scope.key, || rng.fork()) {
        Ok(identity) => identity,
        Err(fault) => return asked.refuse(request_id, fault),
    };
    if let Err(fault) = permission::check(world, asked, scope, &identity) {
        return asked.refuse(request_id, fault);
    }
    let form = FORMS.iter().find(|it| it.name == asked.service);
    match (asked.service.as_str(), asked.protocol) {
        ("ec2", Protocol::Query(dialect)) => {
            let params = Params::parse(&asked.form);
            let result = ec2::ask(world, &scope.region, &asked.operation, &params, rng);
            query::answer(dialect, &asked.operation, request_id, result)
        }
        ("sts", Protocol::Query(dialect)) => {
            let params = Params::parse(&asked.form);
            let result = sts::ask(world, identity.caller(), &asked.operation, &params);
            query::answer(dialect, &asked.operation, request_id, result)
        }
        ("iam", Protocol::Query(dialect)) => {
            let params = Params::parse(&asked.form);
            let result = iam::ask(world, &asked.operation, &params, rng);
            query::answer(dialect, &asked.operation, request_id, result)
        }
        ("route53", Protocol::RestXml) => {
            let params = Params::parse(&asked.form);
            let result = match asked.wrong.clone() {
                Some(fault) => Err(fault),
                None => route53::ask(world, &asked.operation, &params, rng),
            };
            route53::answer(&world.settings, &asked.operation, request_id, result)
        }
        (name, protocol) => {
            if let (Some(form), Protocol::Query(dialect)) = (form, protocol) {
                let params = Params::parse(&asked.form);
                let what = (asked.operation.as_str(), &params);
                let result = (form.ask)(world, &identity, &scope.region, what, rng);
                return query::answer(dialect, &asked.operation, request_id, result);
            }
            let service = JSON.iter().find(|it| it.name == name && it.target == asked.target);
            let Some(service) = service else {
                let what = format!("the service {name} (operation {})", asked.operation);
                return asked.refuse(request_id, Fault::unsupported(what));
            };
            let (region, operation) = (&scope.region, &asked.operation);
            let result = json::Members::parse(&asked.body)
                .and_then(|it| (service.ask)(world, &identity, region, operation, &it, rng));
            asked.answer(request_id, result)
        }
    }
}

/// Changes that somebody might make to what carries the tag `key`, each with its region.
pub(crate) fn drifts(world: &World, key: &str) -> Vec<(String, Drift)> {
    let mut all = Vec::new();
    for (name, region) in &world.regions {
        let others = JSON.iter().flat_map(|it| (it.drifts)(region, key));
        let query = FORMS.iter().flat_map(|it| (it.drifts)(region, key));
        let query = query.chain(region.elb.moves(&region.ec2, key));
        let drifts = region.ec2.drifts(key).into_iter().chain(query).chain(others);
        all.extend(drifts.map(|it| (name.clone(), it)));
    }
    let names = world.route53.drifts(&alias_targets(world), key);
    let global = world.iam.drifts(key).into_iter().chain(names);
    all.extend(global.map(|it| ("global".to_owned(), it)));
    all
}

/// The load balancers of all regions, as aliases may target them.
fn alias_targets(world: &World) -> Vec<route53::Target> {
    let regions = world.regions.iter();
    let aliases = regions.flat_map(|(name, region)| region.elb.aliases(name));
    aliases.map(|((name, zone), tags)| route53::Target { name, zone, tags }).collect()
}

/// The calls by which somebody puts tags on an object, and takes some from it.
pub(crate) fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
    let json = JSON.iter().map(|it| (it.retag)(kind, id, change));
    let query = FORMS.iter().map(|it| (it.retag)(kind, id, change));
    let mut all =
        json.chain(query).chain([iam::retag(kind, id, change), route53::retag(kind, id, change)]);
    all.find(|it| !it.is_empty()).unwrap_or_else(|| ec2::retag(id, change))
}

/// The calls by which somebody takes from an object what protects it from its end.
pub(crate) fn unprotect(kind: &str, id: &str) -> Vec<Drift> {
    let json = JSON.iter().flat_map(|it| (it.unprotect)(kind, id));
    json.chain(FORMS.iter().flat_map(|it| (it.unprotect)(kind, id))).collect()
}

/// Does a thing as somebody else would, outside of any request of the client.
pub(crate) fn act(world: &mut World, region: &str, drift: Drift, rng: Rng) -> Result<(), Fault> {
    let now = world.now;
    match (drift.service, drift.input) {
        ("ec2", Input::Form(params)) => {
            let World { settings, regions, iam, .. } = world;
            let place = regions.get_mut(region).ok_or_else(|| Fault::unsupported(region))?;
            let Region { ec2, kms, .. } = place;
            let around = Around { settings, region, iam, kms };
            ec2.act(around, rng, now, false, (drift.action, params)).map(drop)
        }
        ("iam", Input::Form(params)) => {
            let World { settings, iam, .. } = world;
            iam.act(settings, rng, now, (drift.action, params)).map(drop)
        }
        ("route53", Input::Form(params)) => route53::act(world, rng, (drift.action, params)),
        (name, Input::Form(params)) => {
            let service = FORMS.iter().find(|it| it.name == name);
            let service = service.ok_or_else(|| Fault::unsupported(name))?;
            let here = format!("arn:aws:{name}:{region}:{}:", world.settings.account);
            let whole = |value: String| match value.strip_prefix(HERE) {
                Some(path) => format!("{here}{path}"),
                // In a policy.
                None => value.replace(&format!("\"{HERE}"), &format!("\"{here}")),
            };
            let params = params.into_iter().map(|(name, value)| (name, whole(value))).collect();
            let identity = Identity::administrator(&world.settings);
            (service.act)(world, &identity, region, (drift.action, &params), rng).map(drop)
        }
        (name, Input::Json(members)) => {
            let service = JSON.iter().find(|it| it.name == name);
            let service = service.ok_or_else(|| Fault::unsupported(name))?;
            let prefix = permission::prefix(name);
            let here = format!("\"arn:aws:{prefix}:{region}:{}:", world.settings.account);
            let account = &world.settings.account;
            let members = members
                .to_string()
                .replace(&format!("\"{HERE}"), &here)
                .replace(&format!("\"{HERE_SNS}"), &format!("\"arn:aws:sns:{region}:{account}:"))
                .replace(&format!("\"{NOWHERE}"), &format!("\"arn:aws:{prefix}::{account}:"));
            let members = json::Members::parse(members.as_bytes())?;
            let identity = Identity::administrator(&world.settings);
            (service.act)(world, &identity, region, drift.action, &members, rng).map(drop)
        }
    }
}
