//! Service Quotas: what the world's own quotas are, under AWS's codes.
//!
//! <https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/Welcome.html>. Quotas are those
//! of the settings; what AWS gives by default is what the settings give by default. Requests for
//! more are not modelled.

mod codes;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::codes::{QUOTAS, Quota};
use super::service::{self, Answer, Operation, Service};
use crate::{
    Quotas,
    fault::Fault,
    services::paging::Page,
    shelf::AnyShelf,
    throttle::{Rate, rate},
    world::Region,
};

const MOST: u32 = 100;

/// What it holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct ServiceQuotas {}

type Call<'a> = service::Call<'a, ServiceQuotas>;

/// Whose quota it is that is asked for.
#[derive(Clone, Copy)]
enum Whose {
    /// What applies in the account.
    Account,
    /// What AWS gives by default. Its ARN names no account:
    /// <https://docs.aws.amazon.com/cli/latest/reference/service-quotas/list-aws-default-service-quotas.html>.
    Everyone,
}

impl Service for ServiceQuotas {
    const NAME: &'static str = "servicequotas";
    const TARGET: &'static str = "ServiceQuotasV20190624";
    const THROTTLED: &'static str = "TooManyRequestsException";
    const OPERATIONS: &'static [Operation<Self>] = &[
        ("GetAWSDefaultServiceQuota", false, |call| get(call, Whose::Everyone)),
        ("GetServiceQuota", false, |call| get(call, Whose::Account)),
        ("ListAWSDefaultServiceQuotas", false, |call| list(call, Whose::Everyone)),
        ("ListServiceQuotas", false, |call| list(call, Whose::Account)),
    ];

    fn of(region: &Region) -> &Self {
        &region.quotas
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.quotas
    }

    fn shelves(&self) -> Vec<&dyn AnyShelf> {
        Vec::new()
    }

    /// <https://docs.aws.amazon.com/general/latest/gr/servicequotas.html>
    fn rate(operation: &str) -> Rate {
        match operation {
            "GetAWSDefaultServiceQuota" | "GetServiceQuota" => rate(5, 5),
            _ => rate(10, 10),
        }
    }
}

fn illegal(message: impl Into<String>) -> Fault {
    Fault::client("IllegalArgumentException", message)
}

fn missing(message: &str) -> Fault {
    Fault::client("NoSuchResourceException", message)
}

/// A code as requests carry it.
fn code(call: &Call<'_>, member: &str, most: usize) -> Result<String, Fault> {
    let code: String = call.members.need(member)?;
    let begins = code.starts_with(|it: char| it.is_ascii_alphabetic());
    let good = |it: char| it.is_ascii_alphanumeric() || it == '-';
    if begins && code.len() <= most && code.chars().all(good) {
        Ok(code)
    } else {
        Err(illegal(format!("{member} '{code}' is not valid.")))
    }
}

/// The quotas of the service that is asked for.
fn of_service(call: &Call<'_>) -> Result<Vec<&'static Quota>, Fault> {
    let service = code(call, "ServiceCode", 63)?;
    let all: Vec<_> = QUOTAS
        .iter()
        .filter(|it| it.service == service && (!it.global || call.region == codes::GLOBAL))
        .collect();
    if all.is_empty() && codes::OTHERS.contains(&service.as_str()) {
        return Err(Fault::unsupported(format!("the quotas of {service}")));
    }
    if all.is_empty() {
        return Err(missing("The request failed because the specified service does not exist."));
    }
    Ok(all)
}

fn shown(call: &Call<'_>, quota: &Quota, whose: Whose) -> Value {
    let Quota { service, code, .. } = quota;
    let (account, value) = match whose {
        Whose::Account => (call.settings.account.as_str(), (quota.value)(&call.settings.quotas)),
        Whose::Everyone => ("", (quota.value)(&Quotas::default())),
    };
    json!({
        "ServiceCode": service,
        "ServiceName": quota.service_name(),
        "QuotaArn": format!("arn:aws:servicequotas:{}:{account}:{service}/{code}", call.region),
        "QuotaCode": code,
        "QuotaName": quota.name,
        "Value": f64::from(value),
        "Unit": "None",
        "Adjustable": quota.adjustable,
        "GlobalQuota": quota.global,
        "QuotaAppliedAtLevel": "ACCOUNT",
    })
}

fn get(call: &Call<'_>, whose: Whose) -> Answer {
    let code = code(call, "QuotaCode", 128)?;
    let quota = of_service(call)?.into_iter().find(|it| it.code == code);
    let quota = quota
        .ok_or_else(|| missing("The request failed because the specified quota does not exist."))?;
    Ok(json!({ "Quota": shown(call, quota, whose) }))
}

fn list(call: &Call<'_>, whose: Whose) -> Answer {
    let all = of_service(call)?;
    let size: Option<u32> = call.members.get("MaxResults")?;
    if size.is_some_and(|it| !(1..=MOST).contains(&it)) {
        return Err(illegal("MaxResults has to be between 1 and 100."));
    }
    if call.members.get::<String>("QuotaAppliedAtLevel")?.is_some_and(|it| it != "ACCOUNT") {
        return Err(Fault::unsupported("quotas of single resources"));
    }
    let only: Option<String> = call.members.get("QuotaCode")?;
    let token: Option<String> = call.members.get("NextToken")?;
    let service = all.first().map_or("", |it| it.service);
    let page =
        Page::new(size, token.as_deref(), &format!("{service} {only:?}")).ok_or_else(|| {
            Fault::client("InvalidPaginationTokenException", "The NextToken is not valid.")
        })?;
    let kept = all.into_iter().filter(|it| only.as_ref().is_none_or(|only| it.code == only));
    let all = kept.map(|it| (it.code.to_owned(), shown(call, it, whose))).collect();
    let cut = page.cut(call.settings.page.unwrap_or(MOST).min(MOST), all);
    let mut answer = json!({ "Quotas": cut.items });
    if let Some(next) = cut.next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}
