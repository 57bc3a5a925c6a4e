//! Who is let into a group: all of its rules, as one facet of it, so that two groups can refer to
//! each other without a ring.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    config,
    engine::{
        CallError, Class, Creation, Delta, Found, Identity, Kind, PhysicalId, Replacement,
        Resolved, Resource, Scope, Stage,
    },
    field, record,
};

use super::{
    group::GroupId,
    world::{Toy, View, kind},
};

/// The rules of a group.
pub(super) struct Rules;

#[derive(Clone, Debug)]
pub(super) struct RulesConfig<S: Stage = Resolved> {
    pub(super) group: S::In<GroupId>,
    pub(super) ingress: Vec<Rule<S>>,
}

config! { RulesConfig { group: Replace, ingress: InPlace } }

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule<S: Stage = Resolved> {
    pub(super) port: u16,
    pub(super) peer: S::In<GroupId>,
}

record! { Rule { port, peer } }

impl Rule {
    fn stored(&self) -> Value {
        json!({"port": self.port, "peer": self.peer})
    }
}

const SUFFIX: &str = "-rules";

fn group(id: &PhysicalId) -> String {
    id.0.trim_end_matches(SUFFIX).to_owned()
}

impl Resource for Rules {
    type Cloud = Toy;
    type Config = RulesConfig;
    type Outputs = ();

    const ABOUT: Kind = kind("rules", "group-*", Replacement::CreateFirst, Creation::Facet);

    async fn find(toy: &Toy, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let groups: Vec<PhysicalId> = match scope {
            Scope::Owned => Vec::new(),
            Scope::Ids(ids) => ids.iter().map(|id| PhysicalId(group(id))).collect(),
        };
        let scope = match scope {
            Scope::Owned => Scope::Owned,
            Scope::Ids(_) => Scope::Ids(&groups),
        };
        Ok(toy.find("toy:FindRules", "group", &scope).await?.into_iter().map(read).collect())
    }

    async fn create(_: &Toy, _: &Identity, want: &RulesConfig) -> Result<PhysicalId, CallError> {
        Ok(PhysicalId(format!("{}{SUFFIX}", want.group)))
    }

    async fn update(
        toy: &Toy,
        have: &Found<Self>,
        want: &RulesConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(RulesConfig.ingress)) {
            set(toy, have, &want.ingress).await?;
        }
        Ok(())
    }

    async fn delete(toy: &Toy, have: &Found<Self>) -> Result<(), CallError> {
        set(toy, have, &[]).await
    }

    fn is_vacant(have: &Found<Self>) -> bool {
        have.config.ingress.is_empty()
    }
}

/// Makes the rules these: what is revoked has to be there, and what is authorised must not.
async fn set(toy: &Toy, have: &Found<Rules>, want: &[Rule]) -> Result<(), CallError> {
    let id = group(&have.id);
    let revoked: Vec<Value> =
        have.config.ingress.iter().filter(|rule| !want.contains(rule)).map(Rule::stored).collect();
    let authorised: Vec<Value> =
        want.iter().filter(|rule| !have.config.ingress.contains(rule)).map(Rule::stored).collect();
    if !revoked.is_empty() {
        toy.change("toy:Revoke", &id, Duration::ZERO, |fields| {
            let rules = fields.entry("ingress").or_insert(json!([])).as_array_mut().unwrap();
            if !revoked.iter().all(|rule| rules.contains(rule)) {
                return Err(Class::NotFound);
            }
            rules.retain(|rule| !revoked.contains(rule));
            Ok(())
        })
        .await?;
    }
    if !authorised.is_empty() {
        toy.change("toy:Authorise", &id, Duration::ZERO, |fields| {
            let rules = fields.entry("ingress").or_insert(json!([])).as_array_mut().unwrap();
            if authorised.iter().any(|rule| rules.contains(rule)) {
                return Err(Class::Exists);
            }
            rules.extend(authorised);
            Ok(())
        })
        .await?;
    }
    Ok(())
}

fn read(from: View) -> Found<Rules> {
    let rule = |value: &Value| Rule {
        port: u16::try_from(value["port"].as_u64().unwrap()).unwrap(),
        peer: GroupId::new(value["peer"].as_str().unwrap()),
    };
    Found {
        id: PhysicalId(format!("{}{SUFFIX}", from.id)),
        config: RulesConfig {
            group: GroupId::new(from.id.clone()),
            ingress: from.list("ingress").iter().map(rule).collect(),
        },
        outputs: (),
        owner: from.owner,
        phase: from.phase,
    }
}
