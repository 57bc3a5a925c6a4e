//! A dashboard: a picture of everything that is measured.
//!
//! Dashboards are known in all regions, so that the name of one says of which it is
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html>). `PutDashboard` sets all of
//! it, whoever it was of before: nothing is put under a name before somebody has looked who has it.

use std::time::Duration;

use serde_json::Value;

use crate::{
    config,
    engine::{
        Address, CallError, Calls, Cell, Class, Creation, Declared, Delta, Field, Found, Identity,
        Kind, Outputs, Owner, Phase, PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field,
};

use super::{
    super::{
        answers::{another, found, required, text},
        clients::Aws,
        tags::{Tags, owner_of},
    },
    LISTS_TAGS, as_tags, retag, tags_of,
};

/// A dashboard.
pub struct Dashboard;

/// What is on a [`Dashboard`], as JSON, compared by what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body(String);

impl Body {
    /// What is on it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl Field for Body {
    type Resolved = Self;

    fn cell(&self, _: &Outputs) -> Cell {
        // A text that is none is kept as it is.
        let Ok(Value::Object(body)) = serde_json::from_str(&self.0) else {
            return Cell::Known(self.0.as_str().into());
        };
        let cell = |value: Value| match value {
            // Each says where it is: their order means nothing.
            Value::Array(all) => Cell::Set(all.into_iter().map(Cell::Known).collect()),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => Cell::Known(value),
        };
        Cell::Map(body.into_iter().map(|(name, value)| (name, cell(value))).collect())
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

/// The settable part of a [`Dashboard`].
#[derive(Clone, Debug)]
pub struct DashboardConfig<S: Stage = Resolved> {
    /// What is on it.
    pub body: S::In<Body>,
    /// Its tags.
    pub tags: Tags,
}

config! { DashboardConfig {
    body: InPlace,
    tags: InPlace,
} }

/// What a [`Dashboard`] has once it exists.
#[derive(Clone, Debug)]
pub struct DashboardOutputs {
    /// Its name.
    pub name: String,
}

/// What lists them.
const LIST: &str = "cloudwatch:ListDashboards";
/// What shows one.
const GET: &str = "cloudwatch:GetDashboard";
/// What sets one.
const PUT: &str = "cloudwatch:PutDashboard";

impl Resource for Dashboard {
    type Cloud = Aws;
    type Config = DashboardConfig;
    type Outputs = DashboardOutputs;

    const ABOUT: Kind = Kind {
        name: "dashboard",
        ids: "arn:*:cloudwatch::*:dashboard/*",
        summary: "A picture of everything that is measured",
        cloudformation: "AWS::CloudWatch::Dashboard",
        replacement: Replacement::Never,
        creation: Creation::Key,
        typical: Duration::from_secs(1),
        typical_removal: Duration::from_secs(1),
        patience: Duration::from_mins(5),
        outage: "nothing but the picture changes",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[LIST, GET, LISTS_TAGS],
            write: &[
                PUT,
                "cloudwatch:TagResource",
                "cloudwatch:UntagResource",
                "cloudwatch:DeleteDashboards",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let names: Vec<String> = match scope {
            Scope::Owned => {
                let prefix = aws.environment.object_prefix(Self::ABOUT.name);
                let listed = aws
                    .pages(
                        LIST,
                        |token| {
                            let call = aws.cloudwatch.list_dashboards();
                            call.dashboard_name_prefix(&prefix).set_next_token(token).send()
                        },
                        |page| (page.dashboard_entries, page.next_token),
                    )
                    .await?;
                let name = |it: aws_sdk_cloudwatch::types::DashboardEntry| {
                    text(LIST, "DashboardName", it.dashboard_name)
                };
                listed.into_iter().map(name).collect::<Result<_, _>>()?
            }
            Scope::Ids(ids) => ids.iter().map(|id| name_of(&id.0).to_owned()).collect(),
        };
        let mut found = Vec::new();
        for name in names {
            found.extend(look(aws, &name).await?);
        }
        if let Scope::Owned = scope {
            found.retain(|found| found.owner != Owner::Other);
        }
        Ok(found)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &DashboardConfig,
    ) -> Result<PhysicalId, CallError> {
        let name = dashboard_name(aws, me);
        if look(aws, &name).await?.is_some() {
            let why = format!("there is a dashboard called {name}");
            return Err(CallError::new(PUT, Class::Exists, "DashboardExists", why));
        }
        let tags = as_tags(&want.tags, me.ordinal);
        let call = || {
            let call = aws.cloudwatch.put_dashboard().dashboard_name(&name);
            call.dashboard_body(&want.body.0).set_tags(Some(tags.clone())).send()
        };
        aws.write(PUT, call).await?;
        // The answer has nothing but remarks: its ARN follows from its name.
        Ok(PhysicalId(arn(aws, &name)))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &DashboardConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        look(aws, &dashboard_name(aws, me)).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &DashboardConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(DashboardConfig.body)) {
            let name = name_of(&have.id.0);
            let call = || {
                let call = aws.cloudwatch.put_dashboard().dashboard_name(name);
                call.dashboard_body(&want.body.0).send()
            };
            aws.write(PUT, call).await?;
        }
        if delta.take(field!(DashboardConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, &have.id.0, retagging).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&DashboardConfig<Declared>>,
    ) -> Option<DashboardConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(DashboardConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let name = name_of(&have.id.0);
        let call = || aws.cloudwatch.delete_dashboards().dashboard_names(name).send();
        match aws.write("cloudwatch:DeleteDashboards", call).await {
            Err(error) if error.class == Class::NotFound => Ok(()),
            answer => answer.map(drop),
        }
    }
}

/// What a dashboard is called, in all regions.
fn dashboard_name(aws: &Aws, me: &Identity) -> String {
    let name = aws.environment.object_name(&me.address, me.ordinal);
    format!("{name}-{}", aws.environment.region)
}

/// Its ARN has no region.
fn arn(aws: &Aws, name: &str) -> String {
    let environment = &aws.environment;
    format!("arn:{}:cloudwatch::{}:dashboard/{name}", environment.partition, environment.account)
}

/// The name at the end of an ARN.
fn name_of(arn: &str) -> &str {
    arn.split(":dashboard/").nth(1).unwrap_or(arn)
}

/// Looks at one by its name. What is not there is `None`.
async fn look(aws: &Aws, name: &str) -> Result<Option<Found<Dashboard>>, CallError> {
    let call = || aws.cloudwatch.get_dashboard().dashboard_name(name).send();
    let Some(answer) = found(aws.read(GET, call).await)? else { return Ok(None) };
    let told = text(GET, "DashboardName", answer.dashboard_name())?;
    if told != name {
        return Err(another(GET, told, name));
    }
    let body = required(GET, "DashboardBody", answer.dashboard_body)?;
    let id = arn(aws, name);
    let Some(tags) = tags_of(aws, &id).await? else { return Ok(None) };
    Ok(Some(Found {
        owner: owner_of(aws, Dashboard::ABOUT.name, &tags),
        config: DashboardConfig { body: Body(body), tags: Tags::of(aws, &tags) },
        outputs: DashboardOutputs { name: name.to_owned() },
        id: PhysicalId(id),
        phase: Phase::Ready,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_is_no_difference() {
        let cell = |text: &str| Body::new(text).cell(&Outputs::default());
        let want = cell(r#"{"widgets":[{"type":"text","x":0},{"type":"metric","x":6}]}"#);
        let same = r#"{ "widgets": [ {"x":6, "type":"metric"}, {"x":0,"type":"text"} ] }"#;
        assert!(want.met_by(&cell(same)));
        assert!(!want.met_by(&cell(r#"{"widgets":[{"type":"text","x":0}]}"#)));
        assert!(!want.met_by(&cell(r#"{"widgets":[],"start":"-PT3H"}"#)));
        assert!(!want.met_by(&cell("no JSON")));
    }
}
