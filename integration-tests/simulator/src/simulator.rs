//! A world in this process, with a clock.
//!
//! Time is tokio's, so that everything also runs under a paused clock, where a wait of minutes
//! takes none. The world is in memory, or in a file that several processes share: then every call
//! locks it, reads it if somebody else changed it, and writes it before it answers.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header::DATE};
use thiserror::Error;
use tokio::time::Instant;

use crate::{
    Guests, Settings, Time, World,
    fault::Fault,
    hidden::Hidden,
    services,
    store::{Lock, WorldError, WorldFile},
    world::Delivery,
};

/// A call on its way to the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallInfo {
    /// Which call it is since the hook was set, beginning with 1.
    pub n: u64,
    /// The service: `ec2`.
    pub service: String,
    /// The operation: `CreateVpc`.
    pub operation: String,
    /// Whether it is a write.
    pub mutating: bool,
}

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Nothing special.
    Proceed,
    /// It is refused, without effect, in the protocol of its service.
    Refuse {
        /// The HTTP status.
        status: u16,
        /// The error code.
        code: String,
        /// The error text.
        message: String,
    },
    /// It is refused as one too many, without effect, as its service says that.
    Throttled,
    /// A server error, without effect, as its service says that.
    Broken,
    /// It has its effect, and the answer is a server error all the same.
    BrokenAfter,
    /// The connection breaks before it has any effect.
    DropBefore,
    /// It has its effect and the answer is lost.
    DropAfter,
    /// Nothing happens, and no answer ever comes.
    HangBefore,
    /// It has its effect, and no answer ever comes.
    HangAfter,
}

/// Decides the fate of calls.
pub type Hook = Arc<dyn Fn(&CallInfo) -> Fate + Send + Sync>;

/// A call that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The service: `ec2`.
    pub service: String,
    /// The operation: `CreateVpc`.
    pub operation: String,
    /// Whether it is a write.
    pub mutating: bool,
    /// The ids of EC2's that it names, each once: `vpc-0123456789abcdef0`.
    pub names: Vec<String>,
    /// When it reached the world, in the world's time.
    pub at: Time,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum Dropped {
    /// The connection broke before the request had any effect.
    #[error("connection reset")]
    Reset,
    /// The connection broke after the request had its effect.
    #[error("connection closed before the answer")]
    Lost,
    /// The world could not be read or written.
    #[error("the simulated world is out of reach")]
    World(#[source] WorldError),
}

/// A world in this process, with a clock; clones share it.
#[derive(Clone)]
pub struct Simulator {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    hook: Mutex<Option<(Hook, u64)>>,
    calls: Mutex<Vec<Recorded>>,
}

struct State {
    world: World,
    /// The world's time at `since`.
    base: Time,
    since: Instant,
    /// How fast the world's time has run since then.
    speed: f64,
    file: Option<WorldFile>,
    /// What went wrong in a call that could not say so.
    trouble: Option<WorldError>,
    guests: Option<Box<dyn Guests>>,
}

/// What stands for a memory that the guests have themselves: a world without it is another one.
const REMEMBERED: &str = "the guests have it";

impl std::fmt::Debug for Simulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulator").finish_non_exhaustive()
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn now(&self) -> Time {
        self.base + self.since.elapsed().mul_f64(self.speed)
    }

    /// Lets the clock run on from `now`, as fast as the world says.
    ///
    /// It stands still while the world is worked on: a fast clock would otherwise run away from whoever plays in it.
    fn rebase(&mut self, now: Time) {
        let speed = self.world.settings.speed.max(0.0);
        (self.base, self.since, self.speed) = (now, Instant::now(), speed);
    }

    /// Takes the lock of the world's file and the newest state from it.
    fn refresh(&mut self) -> Result<Option<Lock>, WorldError> {
        let Some(file) = self.file.as_mut() else { return Ok(None) };
        let lock = file.lock()?;
        if let Some(world) = file.reload()? {
            self.world = world;
            let now = self.now().max(self.world.now());
            self.rebase(now);
            self.remember();
        }
        Ok(Some(lock))
    }

    /// Works on the newest state of the world and keeps what became of it.
    fn edit<R>(&mut self, work: impl FnOnce(&mut World, Time) -> R) -> Result<R, WorldError> {
        if let Some(trouble) = self.trouble.take() {
            return Err(trouble);
        }
        let lock = self.refresh()?;
        let now = self.now();
        let result = self.work(now, |world| work(world, now));
        self.save(lock)?;
        Ok(result)
    }

    /// Works on the world at a moment, up to which its guests have lived.
    fn work<R>(&mut self, now: Time, work: impl FnOnce(&mut World) -> R) -> R {
        if let Some(guests) = &mut self.guests {
            guests.live(&mut self.world, now);
        }
        let result = work(&mut self.world);
        if self.guests.is_some() && self.world.memory.reveal() != REMEMBERED {
            self.remember();
        }
        self.rebase(now);
        result
    }

    /// Hands the guests what the world has kept for them.
    fn remember(&mut self) {
        if let Some(guests) = &mut self.guests {
            guests.remember(self.world.memory.reveal());
            self.world.memory = Hidden::new(REMEMBERED.to_owned());
        }
    }

    fn save(&mut self, lock: Option<Lock>) -> Result<(), WorldError> {
        let (Some(file), Some(lock)) = (self.file.as_mut(), lock) else { return Ok(()) };
        if let Some(guests) = &self.guests {
            self.world.memory = Hidden::new(guests.memory());
        }
        let saved = file.save(&self.world, &lock);
        if self.guests.is_some() {
            self.world.memory = Hidden::new(REMEMBERED.to_owned());
        }
        saved
    }
}

impl Simulator {
    /// Makes a world that lives as long as this value.
    pub fn in_memory(settings: Settings) -> Self {
        Self::around(World::new(settings), None)
    }

    /// Opens the world in a file; makes one with `settings` if there is none.
    ///
    /// A world that is there keeps its own settings and its own clock: time goes on from where
    /// the file says it is. To begin anew, replace the world in [`Self::edit`] instead of removing
    /// the file, so that whoever else has it open sees the new one.
    pub fn open(path: &Path, settings: Settings) -> Result<Self, WorldError> {
        let mut file = WorldFile::at(path);
        let lock = file.lock()?;
        let world = if let Some(world) = file.reload()? {
            world
        } else {
            let world = World::new(settings);
            file.save(&world, &lock)?;
            world
        };
        drop(lock);
        Ok(Self::around(world, Some(file)))
    }

    fn around(world: World, file: Option<WorldFile>) -> Self {
        let state = State {
            base: world.now(),
            since: Instant::now(),
            speed: world.settings.speed.max(0.0),
            world,
            file,
            trouble: None,
            guests: None,
        };
        Self {
            inner: Arc::new(Inner {
                state: Mutex::new(state),
                hook: Mutex::new(None),
                calls: Mutex::new(Vec::new()),
            }),
        }
    }

    /// The world's time now.
    pub fn now(&self) -> Time {
        held(&self.inner.state).now()
    }

    /// Answers a request, after the time an answer takes.
    ///
    /// # Cancel safety
    ///
    /// A call that is dropped while it waits may or may not have had its effect, as in AWS.
    pub async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Dropped> {
        let asked = services::identify(&request);
        let fate = self.fate(&asked);
        match fate {
            Fate::DropBefore => return Err(Dropped::Reset),
            Fate::HangBefore => return std::future::pending().await,
            Fate::Proceed
            | Fate::Refuse { .. }
            | Fate::Throttled
            | Fate::Broken
            | Fate::BrokenAfter
            | Fate::DropAfter
            | Fate::HangAfter => {}
        }
        let (reply, wait) = {
            let mut state = held(&self.inner.state);
            let recorded = Recorded {
                service: asked.service.clone(),
                operation: asked.operation.clone(),
                mutating: asked.mutating,
                names: asked.names(),
                at: state.now(),
            };
            held(&self.inner.calls).push(recorded);
            let result = state.edit(|world, now| {
                let refusal = match &fate {
                    Fate::Refuse { status, code, message } => {
                        Some(Fault::new(*status, code.clone(), message.clone()))
                    }
                    Fate::Throttled => Some(asked.throttled()),
                    Fate::Broken => Some(asked.broken()),
                    Fate::Proceed
                    | Fate::BrokenAfter
                    | Fate::DropBefore
                    | Fate::DropAfter
                    | Fate::HangBefore
                    | Fate::HangAfter => None,
                };
                if let Some(fault) = refusal {
                    world.advance(now);
                    return (world.refuse(&asked, fault), Duration::ZERO, Delivery::Arrives);
                }
                let mut reply = world.answer(now, &asked);
                if fate == Fate::BrokenAfter {
                    reply.response = world.refuse(&asked, asked.broken());
                }
                (reply.response, reply.latency, reply.delivery)
            });
            let (speed, now) = (state.speed, state.now());
            let (mut response, latency, delivery) = result.map_err(Dropped::World)?;
            // https://www.rfc-editor.org/rfc/rfc9110#field.date: whoever answers has a clock.
            if let Some(date) = now.as_http().and_then(|date| HeaderValue::from_str(&date).ok()) {
                response.headers_mut().insert(DATE, date);
            }
            let wait = if speed > 0.0 { latency.div_f64(speed) } else { Duration::ZERO };
            ((response, delivery), wait)
        };
        tokio::time::sleep(wait).await;
        let (response, delivery) = reply;
        match (fate, delivery) {
            (Fate::HangAfter, _) => std::future::pending().await,
            (Fate::DropAfter, _) | (_, Delivery::Lost) => Err(Dropped::Lost),
            (_, Delivery::Reset) => Err(Dropped::Reset),
            (_, Delivery::Arrives) => Ok(response),
        }
    }

    fn fate(&self, asked: &services::Asked) -> Fate {
        let (hook, info) = {
            let mut slot = held(&self.inner.hook);
            let Some((hook, count)) = slot.as_mut() else { return Fate::Proceed };
            *count += 1;
            let info = CallInfo {
                n: *count,
                service: asked.service.clone(),
                operation: asked.operation.clone(),
                mutating: asked.mutating,
            };
            (Arc::clone(hook), info)
        };
        hook(&info)
    }

    /// Looks at the world, or changes it, at its present time; for tests.
    ///
    /// When the file of the world is out of reach, its last known state is worked on, and the
    /// next call says what was wrong.
    pub fn with<R>(&self, work: impl FnOnce(&mut World) -> R) -> R {
        let mut state = held(&self.inner.state);
        let lock = state.refresh();
        let now = state.now();
        let result = state.work(now, |world| {
            world.advance(now);
            work(world)
        });
        if let Err(trouble) = lock.and_then(|it| state.save(it)) {
            state.trouble = Some(trouble);
        }
        result
    }

    /// Looks at the world, or changes it, at its present time.
    pub fn edit<R>(&self, work: impl FnOnce(&mut World) -> R) -> Result<R, WorldError> {
        held(&self.inner.state).edit(|world, now| {
            world.advance(now);
            work(world)
        })
    }

    /// A copy of the world at its present time, with what its guests remember: those that are invited to it go on
    /// where these are.
    pub fn snapshot(&self) -> World {
        let mut world = self.with(|world| world.clone());
        if let Some(guests) = &held(&self.inner.state).guests {
            world.memory = Hidden::new(guests.memory());
        }
        world
    }

    /// Lets guests live in the world from now on.
    pub fn invite(&self, guests: Box<dyn Guests>) {
        let mut state = held(&self.inner.state);
        state.guests = Some(guests);
        state.remember();
    }

    /// Lets the guests leave: from now on nothing lives in the world, and its time passes quickly.
    pub fn dismiss(&self) {
        held(&self.inner.state).guests = None;
    }

    /// The calls that came through this simulator so far, in order.
    pub fn calls(&self) -> Vec<Recorded> {
        held(&self.inner.calls).clone()
    }

    /// Forgets the calls that came so far.
    pub fn forget_calls(&self) {
        held(&self.inner.calls).clear();
    }

    /// Lets `hook` decide what becomes of each call from now on.
    pub fn set_hook(&self, hook: Hook) {
        *held(&self.inner.hook) = Some((hook, 0));
    }

    /// Lets every call proceed again.
    pub fn clear_hook(&self) {
        *held(&self.inner.hook) = None;
    }
}
