//! Where to go: ways by name, which mention what they lead to without keeping it.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use crate::{
    config,
    engine::{
        CallError, Creation, Delta, Found, Identity, Kind, Loose, PhysicalId, Replacement,
        Resolved, Resource, Scope, Stage,
    },
    field,
};

use super::{
    gateway::TargetId,
    vpc::VpcId,
    world::{Making, Toy, View, find, kind},
};

/// Where to go.
pub(super) struct Table;

#[derive(Clone, Debug)]
pub(super) struct TableConfig<S: Stage = Resolved> {
    pub(super) vpc: S::In<VpcId>,
    pub(super) targets: BTreeMap<String, Loose<S::In<TargetId>>>,
}

config! { TableConfig { vpc: Replace, targets: InPlace } }

impl Resource for Table {
    type Cloud = Toy;
    type Config = TableConfig;
    type Outputs = ();

    const ABOUT: Kind = kind("table", "table-*", Replacement::CreateFirst, Creation::Token);

    async fn find(toy: &Toy, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        find(toy, "toy:FindTables", scope, read).await
    }

    async fn create(toy: &Toy, me: &Identity, want: &TableConfig) -> Result<PhysicalId, CallError> {
        toy.create(Making {
            operation: "toy:CreateTable",
            kind: "table",
            me,
            key: None,
            token: true,
            fields: json!({"vpc": want.vpc}),
            needs: vec![want.vpc.to_string()],
            takes: Duration::ZERO,
        })
        .await
    }

    async fn update(
        toy: &Toy,
        have: &Found<Self>,
        want: &TableConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(TableConfig.targets)) {
            toy.change("toy:SetTable", &have.id.0, Duration::ZERO, |fields| {
                let targets: BTreeMap<_, _> =
                    want.targets.iter().map(|(key, target)| (key, target.0.as_str())).collect();
                fields.insert("targets".into(), json!(targets));
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    async fn delete(toy: &Toy, have: &Found<Self>) -> Result<(), CallError> {
        toy.delete("toy:DeleteTable", &have.id.0, Duration::ZERO).await
    }
}

fn read(from: View) -> Found<Table> {
    let targets =
        from.fields.get("targets").and_then(Value::as_object).cloned().unwrap_or_default();
    Found {
        id: from.physical(),
        config: TableConfig {
            vpc: VpcId::new(from.text("vpc")),
            targets: targets
                .into_iter()
                .map(|(key, target)| (key, Loose(TargetId::new(target.as_str().unwrap()))))
                .collect(),
        },
        outputs: (),
        owner: from.owner,
        phase: from.phase,
    }
}
