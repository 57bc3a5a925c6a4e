//! An address that others know: it is kept while what uses it is replaced.

use std::time::Duration;

use serde_json::json;

use crate::{
    config,
    engine::{
        CallError, Creation, Delta, Found, Identity, Kind, PhysicalId, Replacement, Resource, Scope,
    },
    field, id,
};

use super::world::{Making, Toy, View, find, kind};

id!(EipId);

/// An address that others know.
pub(super) struct Eip;

#[derive(Clone, Debug)]
pub(super) struct EipConfig {
    pub(super) pool: String,
    pub(super) label: String,
}

config! { EipConfig, no references { pool: Replace, label: InPlace } }

#[derive(Clone, Debug)]
pub(super) struct EipOutputs {
    pub(super) id: EipId,
}

impl Resource for Eip {
    type Cloud = Toy;
    type Config = EipConfig;
    type Outputs = EipOutputs;

    const ABOUT: Kind = kind("eip", "eip-*", Replacement::CreateFirst, Creation::Bare);

    async fn find(toy: &Toy, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        find(toy, "toy:FindEips", scope, read).await
    }

    async fn create(toy: &Toy, me: &Identity, want: &EipConfig) -> Result<PhysicalId, CallError> {
        toy.create(Making {
            operation: "toy:CreateEip",
            kind: "eip",
            me,
            key: None,
            token: false,
            fields: json!({"pool": want.pool, "label": want.label}),
            needs: Vec::new(),
            takes: Duration::ZERO,
        })
        .await
    }

    async fn update(
        toy: &Toy,
        have: &Found<Self>,
        want: &EipConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(EipConfig.label)) {
            toy.change("toy:LabelEip", &have.id.0, Duration::ZERO, |fields| {
                fields.insert("label".into(), json!(want.label));
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    async fn delete(toy: &Toy, have: &Found<Self>) -> Result<(), CallError> {
        toy.delete("toy:DeleteEip", &have.id.0, Duration::ZERO).await
    }
}

fn read(from: View) -> Found<Eip> {
    Found {
        id: from.physical(),
        config: EipConfig { pool: from.text("pool"), label: from.text("label") },
        outputs: EipOutputs { id: EipId(from.physical()) },
        owner: from.owner,
        phase: from.phase,
    }
}
