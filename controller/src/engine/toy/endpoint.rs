//! Something with a foot in each of some subnets, which it can change: stateless, made under a token.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    config,
    engine::{
        CallError, Creation, Delta, Found, Identity, Kind, PhysicalId, Replacement, Resolved,
        Resource, Scope, Stage,
    },
    field,
};

use super::{
    subnet::SubnetId,
    world::{Making, Toy, View, find, kind},
};

/// Something with a foot in each of some subnets.
pub(super) struct Endpoint;

#[derive(Clone, Debug)]
pub(super) struct EndpointConfig<S: Stage = Resolved> {
    pub(super) subnets: Vec<S::In<SubnetId>>,
}

config! { EndpointConfig { subnets: InPlace } }

impl Resource for Endpoint {
    type Cloud = Toy;
    type Config = EndpointConfig;
    type Outputs = ();

    const ABOUT: Kind = Kind {
        typical: Duration::from_mins(1),
        ..kind("endpoint", "endpoint-*", Replacement::DeleteFirst, Creation::Token)
    };

    async fn find(toy: &Toy, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        find(toy, "toy:FindEndpoints", scope, read).await
    }

    async fn create(
        toy: &Toy,
        me: &Identity,
        want: &EndpointConfig,
    ) -> Result<PhysicalId, CallError> {
        toy.create(Making {
            operation: "toy:CreateEndpoint",
            kind: "endpoint",
            me,
            key: None,
            token: true,
            fields: json!({"subnets": want.subnets}),
            needs: want.subnets.iter().map(ToString::to_string).collect(),
            takes: Duration::from_mins(1),
        })
        .await
    }

    async fn update(
        toy: &Toy,
        have: &Found<Self>,
        want: &EndpointConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(EndpointConfig.subnets)) {
            toy.change("toy:SetEndpoint", &have.id.0, Duration::ZERO, |fields| {
                fields.insert("subnets".into(), json!(want.subnets));
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    async fn delete(toy: &Toy, have: &Found<Self>) -> Result<(), CallError> {
        toy.delete("toy:DeleteEndpoint", &have.id.0, Duration::from_mins(1)).await
    }
}

fn read(from: View) -> Found<Endpoint> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let subnets = from.list("subnets");
    Found {
        id: from.physical(),
        config: EndpointConfig {
            subnets: subnets.iter().map(|id| SubnetId::new(text(id))).collect(),
        },
        outputs: (),
        owner: from.owner,
        phase: from.phase,
    }
}
