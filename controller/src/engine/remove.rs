//! One object removed: look, ask the gate, delete, and look until it is gone.

use std::sync::Arc;

use super::{
    Class, Cloud, Deed, Error, Owner, Pass, Phase, What,
    ensure::{Trouble, find_by_id, is_transient},
    node::{AnyKind, Seen},
    plan::Step,
    wait::{Poll, pause},
    walk::{Context, End},
};

pub(super) async fn remove<C: Cloud>(
    context: &Context<C>,
    step: &Step,
    kind: &dyn AnyKind<C>,
    seen: Arc<dyn Seen>,
) -> Result<End, Error> {
    match context.gate.pass(step, Deed::Removal) {
        Pass::Yes => {}
        Pass::Held(why) => return Ok(End::Held(why)),
        Pass::Stale(why) => return Err(Error::Stale { why }),
    }
    context.tell(step, What::Removing);
    let about = kind.about();
    let cloud = context.cloud.as_ref();
    let mut poll = Poll::new(about.typical_removal);
    let mut trouble = Trouble::default();
    let mut asked = false;
    loop {
        // By id, and by the tags it has now: what is not ours any more is not touched.
        let now = match find_by_id(kind, cloud, seen.id()).await {
            Ok(now) => now,
            Err(error) if is_transient(&error) => {
                let Some((after, told)) = trouble.next(&error) else { return Err(error) };
                context.tell(step, What::Retrying { error: told, after });
                pause(&context.stop, after).await?;
                continue;
            }
            Err(error) => return Err(error),
        };
        let Some(now) = now.filter(|now| *now.phase() != Phase::Gone && !now.is_vacant()) else {
            context.journal.gone(seen.id())?;
            context.tell(step, What::Removed(seen.id().clone()));
            return Ok(End::Removed);
        };
        if *now.owner() == Owner::Other {
            return Err(Error::Foreign { id: now.id().clone() });
        }
        let mut blockers = Vec::new();
        if !asked && *now.phase() != Phase::Going {
            match kind.delete(cloud, now.as_ref()).await {
                Ok(()) => {
                    asked = true;
                    poll = Poll::new(about.typical_removal);
                    continue;
                }
                Err(error) if error.class == Class::NotFound => {
                    asked = true;
                    continue;
                }
                Err(error) if error.class == Class::InUse => {
                    // Naming them is a courtesy: if it fails, the wait goes on all the same.
                    blockers = kind.blockers(cloud, now.as_ref()).await.unwrap_or_default();
                    if poll.waited() > about.patience {
                        return Err(Error::TimedOut {
                            id: now.id().clone(),
                            phase: format!("in use ({error})"),
                            waited: poll.waited(),
                            blockers,
                        });
                    }
                }
                Err(error) => {
                    let error = error.into();
                    let Some((after, told)) = trouble.next(&error) else { return Err(error) };
                    context.tell(step, What::Retrying { error: told, after });
                    pause(&context.stop, after).await?;
                    continue;
                }
            }
        }
        if poll.waited() > about.patience {
            return Err(Error::TimedOut {
                id: now.id().clone(),
                phase: "there".into(),
                waited: poll.waited(),
                blockers,
            });
        }
        let phase = if *now.phase() == Phase::Going { "deleting" } else { "in use" };
        if asked && !context.wait {
            return Ok(End::Underway(phase.to_owned()));
        }
        if asked || !blockers.is_empty() {
            context.tell(
                step,
                What::Waiting { id: now.id().clone(), phase: phase.to_owned(), blockers },
            );
        }
        pause(&context.stop, poll.next()).await?;
    }
}
