//! A door of a network: made first, and attached by a second call.

use std::time::Duration;

use serde_json::json;

use crate::{
    config,
    engine::{
        CallError, Class, Creation, Delta, Found, Identity, Kind, PhysicalId, Replacement, Resolved,
        Resource, Scope, Stage,
    },
    field, id,
};

use super::{
    vpc::VpcId,
    world::{Making, Toy, View, find, kind},
};

id!(TargetId);

/// A door of a network.
pub(super) struct Gateway;

#[derive(Clone, Debug)]
pub(super) struct GatewayConfig<S: Stage = Resolved> {
    pub(super) vpc: S::In<VpcId>,
}

config! { GatewayConfig { vpc: Replace } }

#[derive(Clone, Debug)]
pub(super) struct GatewayOutputs {
    pub(super) target: TargetId,
}

impl Resource for Gateway {
    type Cloud = Toy;
    type Config = GatewayConfig;
    type Outputs = GatewayOutputs;

    const ABOUT: Kind = kind("gateway", "gateway-", Replacement::DeleteFirst, Creation::Bare);

    async fn find(toy: &Toy, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        find(toy, "toy:FindGateways", scope, read).await
    }

    async fn create(toy: &Toy, me: &Identity, _: &GatewayConfig) -> Result<PhysicalId, CallError> {
        toy.create(Making {
            operation: "toy:CreateGateway",
            kind: "gateway",
            me,
            key: None,
            token: false,
            fields: json!({"vpc": ""}),
            needs: Vec::new(),
            takes: Duration::ZERO,
        })
        .await
    }

    async fn update(
        toy: &Toy,
        have: &Found<Self>,
        want: &GatewayConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(GatewayConfig.vpc)) {
            let vpc = json!(want.vpc);
            toy.change("toy:AttachGateway", &have.id.0, Duration::ZERO, |fields| {
                let attached = fields.get("vpc").is_some_and(|now| *now != json!("") && *now != vpc);
                if attached {
                    return Err(Class::Rejected);
                }
                fields.insert("vpc".into(), vpc);
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    async fn delete(toy: &Toy, have: &Found<Self>) -> Result<(), CallError> {
        toy.delete("toy:DeleteGateway", &have.id.0, Duration::ZERO).await
    }
}

fn read(from: View) -> Found<Gateway> {
    Found {
        id: from.physical(),
        config: GatewayConfig { vpc: VpcId::new(from.text("vpc")) },
        outputs: GatewayOutputs { target: TargetId(from.physical()) },
        owner: from.owner,
        phase: from.phase,
    }
}
