//! One object removed: look, ask the gate, delete, and look until it is gone.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    Class, Cloud, Deed, Error, Owner, Pass, Phase, What,
    ensure::{Trouble, find_by_id, is_transient},
    node::{AnyKind, Seen},
    plan::Step,
    wait::{Poll, pause},
    walk::{Context, End, Until},
};

/// How long an object that was seen, and that we have not removed, has to be missing by id until
/// that is believed: what was made a moment ago is not visible everywhere.
const MISSED: Duration = Duration::from_secs(30);

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
    let (mut asking, mut looking) = (Trouble::default(), Trouble::default());
    // Whether it is known to be on its way out.
    let mut going = false;
    let mut missing: Option<Instant> = None;
    loop {
        // By id, and by the tags it has now: what is not ours any more is not touched.
        let now = match find_by_id(kind, cloud, seen.id()).await {
            Ok(now) => now,
            Err(error) if is_transient(&error) => {
                let Some((after, told)) = looking.next(&error) else { return Err(error) };
                context.tell(step, What::Retrying { error: told, after });
                pause(&context.stop, after).await?;
                continue;
            }
            Err(error) => return Err(error),
        };
        looking = Trouble::default();
        let Some(now) = now else {
            let since = *missing.get_or_insert_with(Instant::now);
            if going || since.elapsed() > MISSED {
                return removed(context, step, seen.as_ref());
            }
            pause(&context.stop, Duration::from_secs(5)).await?;
            continue;
        };
        missing = None;
        if now.phase().is_out() || now.is_vacant() {
            return removed(context, step, seen.as_ref());
        }
        if *now.owner() == Owner::Other {
            return Err(Error::Foreign { id: now.id().clone() });
        }
        let mut blockers = Vec::new();
        if *now.phase() == Phase::Going {
            going = true;
        } else if !going {
            match kind.delete(cloud, now.as_ref()).await {
                Ok(()) => {
                    going = true;
                    poll = Poll::new(about.typical_removal);
                    continue;
                }
                Err(error) if matches!(error.class, Class::InUse | Class::Busy) => {
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
                // What is not found may only be not visible: whether it is gone, looks decide.
                Err(error) => {
                    let error = error.into();
                    let Some((after, told)) = asking.next(&error) else { return Err(error) };
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
        let phase = if going { "deleting" } else { "in use" };
        if going && context.until == Until::Asked {
            return Ok(End::Underway(phase.to_owned()));
        }
        context
            .tell(step, What::Waiting { id: now.id().clone(), phase: phase.to_owned(), blockers });
        pause(&context.stop, poll.next()).await?;
    }
}

fn removed<C: Cloud>(context: &Context<C>, step: &Step, seen: &dyn Seen) -> Result<End, Error> {
    context.journal.gone(seen.id())?;
    context.tell(step, What::Removed(seen.id().clone()));
    Ok(End::Removed)
}
