//! A door of a network: made first, and attached by a second call.

use std::time::Duration;

use serde_json::json;

use crate::{
    config,
    engine::{
        Address, CallError, Cell, Class, Creation, Delta, Field, Found, Identity, Kind, Outputs,
        PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
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
    pub(super) vpc: S::In<AttachedVpc>,
    pub(super) attached: bool,
}

config! { GatewayConfig { vpc: Replace, attached: InPlace } }

/// The network a door is for: one that is not attached may serve any.
#[derive(Clone, Debug)]
pub(super) struct AttachedVpc(pub(super) Option<VpcId>);

impl Field for AttachedVpc {
    type Resolved = Self;

    fn cell(&self, outputs: &Outputs) -> Cell {
        self.0.as_ref().map_or(Cell::Any, |vpc| vpc.cell(outputs))
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn uses(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        self.0.iter().for_each(|vpc| vpc.uses(visit));
    }

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

#[derive(Clone, Debug)]
pub(super) struct GatewayOutputs {
    pub(super) target: TargetId,
}

impl Resource for Gateway {
    type Cloud = Toy;
    type Config = GatewayConfig;
    type Outputs = GatewayOutputs;

    const ABOUT: Kind = kind("gateway", "gateway-*", Replacement::DeleteFirst, Creation::Bare);

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
        if delta.take(field!(GatewayConfig.attached)) {
            let vpc = json!(want.vpc.0);
            toy.change("toy:AttachGateway", &have.id.0, Duration::ZERO, |fields| {
                let attached =
                    fields.get("vpc").is_some_and(|now| *now != json!("") && *now != vpc);
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
        config: GatewayConfig {
            vpc: AttachedVpc(Some(from.text("vpc")).filter(|vpc| !vpc.is_empty()).map(VpcId::new)),
            attached: !from.text("vpc").is_empty(),
        },
        outputs: GatewayOutputs { target: TargetId(from.physical()) },
        owner: from.owner,
        phase: from.phase,
    }
}
