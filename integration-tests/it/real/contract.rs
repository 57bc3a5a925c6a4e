//! A sample's life: made, as declared, every field that is set in place set, gone.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use clctl::{
    aws::Aws,
    engine::{Graph, OnChange, RemovalReason},
};

use crate::{
    harness::{Outcome, steps},
    samples::Sample,
    stand::Variant,
};

use super::account::Life;

/// How often lists are asked again that are older than what they list, and in what time.
const ROUNDS: u32 = 30;
const ROUND: Duration = Duration::from_secs(10);

/// Leads a life to its end, whatever happens in it, and says what was not as it should be.
pub(crate) async fn live(life: &Life, sample: &Sample, say: &dyn Fn(&str)) -> Result<()> {
    let lived = stand(life, sample, say).await;
    let ended = end(life).await;
    lived.and(ended)
}

async fn stand(life: &Life, sample: &Sample, say: &dyn Fn(&str)) -> Result<()> {
    let usual = sample.graph(life.environment(), Variant::Usual);
    complete(&life.apply(&usual).await?).context("to create it")?;
    settled(life, &usual).await.context("once it was created")?;
    say("created, and as declared");
    let plan = life.diff(&usual).await?;
    for field in sample.among(&plan, &[OnChange::InPlace, OnChange::Interrupts]) {
        let changed = sample.graph(life.environment(), Variant::Changed(field));
        let outcome = life.apply(&changed).await?;
        complete(&outcome).with_context(|| format!("to set {field}"))?;
        let (said, wanted) = (steps(&outcome.plan), format!("update {} {field}", sample.address()));
        ensure!(said == [wanted.clone()], "the plan was {said:?} instead of {wanted}");
        settled(life, &changed).await.with_context(|| format!("once {field} was set"))?;
        complete(&life.apply(&usual).await?).with_context(|| format!("to set {field} back"))?;
        settled(life, &usual).await.with_context(|| format!("once {field} was set back"))?;
        say(&format!("{field} set, and set back"));
    }
    Ok(())
}

async fn end(life: &Life) -> Result<()> {
    complete(&life.delete().await?).context("to delete it")?;
    let mut left = Vec::new();
    for _ in 0..ROUNDS {
        let plan = life.diff(&Graph::default()).await?;
        let there = plan.removals.iter().filter(|it| it.reason != RemovalReason::Going);
        left = there.map(|it| it.seen.id().to_string()).collect();
        if left.is_empty() && !plan.is_unknown() {
            return Ok(());
        }
        tokio::time::sleep(ROUND).await;
    }
    bail!("still there after its deletion: {left:?}")
}

fn complete(outcome: &Outcome) -> Result<()> {
    ensure!(outcome.is_complete(), "not everything was done: {}", outcome.told());
    Ok(())
}

/// The account is as declared, and a second apply writes nothing.
async fn settled(life: &Life, graph: &Graph<Aws>) -> Result<()> {
    let mut said = Vec::new();
    for _ in 0..ROUNDS {
        let plan = life.diff(graph).await?;
        if plan.is_empty() && !plan.is_unknown() {
            let again = life.apply(graph).await?;
            complete(&again)?;
            ensure!(again.writes.is_empty(), "a second apply wrote {:?}", again.writes);
            return Ok(());
        }
        said = steps(&plan);
        tokio::time::sleep(ROUND).await;
    }
    bail!("it does not come to be as declared: {said:?}")
}
