//! The toy's world: objects with a past, so that a look may show what was; and every fault a cloud
//! is known for, by seed or by script.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::{sync::Notify, time::Instant};

use crate::engine::{
    CallError, Class, Cloud, Creation, Identity, Kind, Mark, Owner, Phase, PhysicalId, Replacement,
    Resource, Scope,
};

/// What is stored of an object beside its id.
pub(super) type Fields = Map<String, Value>;

/// How the world behaves.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// How old a list may be.
    pub(super) list_lag: Duration,
    /// How old a look by id may be.
    pub(super) id_lag: Duration,
    /// How many of a thousand calls are throttled.
    pub(super) throttled: u32,
    /// How many of a thousand calls fail before their effect.
    pub(super) ill: u32,
    /// How many of a thousand writes have their effect and lose the answer.
    pub(super) lost: u32,
    /// How many of the next slow creations fail in the end.
    pub(super) failing: u32,
    /// How long deleted objects of the kinds that linger are still shown.
    pub(super) linger: Duration,
    /// Operations that are not allowed.
    pub(super) denied: BTreeSet<&'static str>,
    /// What the next calls of an operation come to, before chance decides.
    pub(super) script: BTreeMap<&'static str, VecDeque<Fault>>,
    /// How much longer than usual the database takes.
    pub(super) longer: Duration,
    /// How many of the next tokens are taken by other parameters.
    pub(super) mismatches: u32,
    /// Updates that are accepted and come to nothing: operations.
    pub(super) deaf: BTreeSet<&'static str>,
}

/// What a call comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing is wrong with it.
    None,
    /// Too many calls.
    Throttled,
    /// It failed, and nothing happened.
    Ill,
    /// It happened, and there is no answer.
    Lost,
}

/// When a run dies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kill {
    /// At which call.
    pub(super) at: u32,
    /// Whether that call has its effect.
    pub(super) after: bool,
}

/// An object as it was from some time on.
#[derive(Clone, Debug)]
struct Version {
    from: Duration,
    tag: Option<(String, u32)>,
    fields: Fields,
    busy_until: Duration,
    fails: Option<String>,
    going_until: Option<Duration>,
}

impl Version {
    fn phase(&self, at: Duration) -> Phase {
        match (self.going_until, &self.fails) {
            (Some(until), _) if at < until => Phase::Going,
            (Some(_), _) => Phase::Gone,
            (None, _) if at < self.busy_until => Phase::Pending("pending".into()),
            (None, Some(why)) => Phase::Failed(why.clone()),
            (None, None) => Phase::Ready,
        }
    }
}

#[derive(Clone, Debug)]
struct Object {
    kind: &'static str,
    past: Vec<Version>,
}

/// An object as a look shows it.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) id: String,
    pub(super) owner: Owner,
    pub(super) phase: Phase,
    pub(super) fields: Fields,
}

impl View {
    pub(super) fn physical(&self) -> PhysicalId {
        PhysicalId(self.id.clone())
    }

    pub(super) fn text(&self, field: &str) -> String {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    pub(super) fn flag(&self, field: &str) -> bool {
        self.fields.get(field).and_then(Value::as_bool).unwrap_or_default()
    }

    pub(super) fn list(&self, field: &str) -> Vec<Value> {
        self.fields.get(field).and_then(Value::as_array).cloned().unwrap_or_default()
    }
}

#[derive(Default)]
pub(super) struct State {
    pub(super) settings: Settings,
    /// The effects there were: operation and object.
    pub(super) writes: Vec<(&'static str, String)>,
    objects: BTreeMap<String, Object>,
    tokens: BTreeMap<String, (Value, String)>,
    mark: Option<Mark>,
    next: u32,
    seed: u64,
}

impl State {
    pub(super) fn random(&mut self, below: u64) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below.max(1)
    }

    /// A time within `lag` before now: half of all looks are fresh.
    fn replica(&mut self, now: Duration, lag: Duration) -> Duration {
        if lag.is_zero() || self.random(2) == 0 {
            return now;
        }
        let lag = u64::try_from(lag.as_millis()).unwrap();
        now.saturating_sub(Duration::from_millis(self.random(lag + 1)))
    }

    fn version(&self, id: &str, at: Duration) -> Option<&Version> {
        self.objects.get(id)?.past.iter().rev().find(|version| version.from <= at)
    }

    /// The object as it was then, if it was shown then.
    fn view(&self, id: &str, at: Duration) -> Option<View> {
        let object = self.objects.get(id)?;
        let version = self.version(id, at)?;
        let linger =
            if LINGERS.contains(&object.kind) { self.settings.linger } else { Duration::ZERO };
        if version.going_until.is_some_and(|until| at >= until + linger) {
            return None;
        }
        let owner = match &version.tag {
            Some((name, ordinal)) => {
                Owner::Us { name: name.clone(), ordinal: *ordinal, alias: None }
            }
            None => Owner::Other,
        };
        let (id, phase, fields) = (id.to_owned(), version.phase(at), version.fields.clone());
        Some(View { id, owner, phase, fields })
    }

    fn alive(&self, now: Duration) -> impl Iterator<Item = (&String, &Object, &Version)> {
        self.objects.iter().filter_map(move |(id, object)| {
            let version = object.past.last()?;
            (version.phase(now) != Phase::Gone).then_some((id, object, version))
        })
    }

    fn change(&mut self, id: &str, now: Duration, change: impl FnOnce(&mut Version)) {
        let object = self.objects.get_mut(id).unwrap();
        let mut version = object.past.last().unwrap().clone();
        version.from = now;
        change(&mut version);
        object.past.push(version);
    }

    /// Who uses the object.
    fn users(&self, id: &str, now: Duration) -> Vec<String> {
        let network = |kind: &str, fields: &Fields| match kind {
            "nat" => fields.get("subnet").and_then(Value::as_str).and_then(|subnet| {
                self.version(subnet, now)?.fields.get("vpc")?.as_str().map(ToOwned::to_owned)
            }),
            _ => None,
        };
        let gateway_of = self
            .objects
            .get(id)
            .filter(|object| object.kind == "gateway")
            .and_then(|object| object.past.last()?.fields.get("vpc")?.as_str())
            .filter(|vpc| !vpc.is_empty());
        self.alive(now)
            .filter(|(user, object, version)| {
                let by_id = uses(object.kind, &version.fields).iter().any(|used| used == id);
                let by_place = gateway_of.is_some()
                    && network(object.kind, &version.fields).as_deref() == gateway_of;
                *user != id && (by_id || by_place)
            })
            .map(|(user, ..)| user.clone())
            .collect()
    }
}

/// Kinds whose objects are shown for a while after they are gone.
const LINGERS: &[&str] = &["nat"];

/// What an object keeps from going.
fn uses(kind: &str, fields: &Fields) -> Vec<String> {
    let one = |field: &str| fields.get(field).and_then(Value::as_str).map(ToOwned::to_owned);
    let many = |field: &str, key: Option<&str>| -> Vec<String> {
        let list = fields.get(field).and_then(Value::as_array);
        let member = |value: &Value| match key {
            Some(key) => value.get(key)?.as_str().map(ToOwned::to_owned),
            None => value.as_str().map(ToOwned::to_owned),
        };
        list.into_iter().flatten().filter_map(member).collect()
    };
    match kind {
        "subnet" | "gateway" | "table" => one("vpc").into_iter().collect(),
        "nat" => one("subnet").into_iter().chain(one("eip")).collect(),
        "group" => one("vpc").into_iter().chain(many("ingress", Some("peer"))).collect(),
        "endpoint" => many("subnets", None),
        "db" => many("subnets", None).into_iter().chain(many("groups", None)).collect(),
        _ => Vec::new(),
    }
}

/// The world: what outlives a run.
pub(super) struct World {
    state: Mutex<State>,
    epoch: Instant,
}

impl World {
    pub(super) fn new(seed: u64) -> Arc<Self> {
        let state = State { seed, ..State::default() };
        Arc::new(Self { state: Mutex::new(state), epoch: Instant::now() })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(super) fn settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.state().settings);
    }

    /// Nothing goes wrong any more; what is under way ends as it will.
    pub(super) fn calm(&self) {
        self.settings(|settings| {
            let Settings { list_lag, id_lag, linger, .. } = *settings;
            *settings = Settings { list_lag, id_lag, linger, ..Settings::default() };
        });
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.epoch.elapsed()
    }

    pub(super) fn timestamp(&self) -> Timestamp {
        Timestamp::from_second(1_795_000_000).unwrap() + self.elapsed()
    }

    pub(super) fn writes(&self) -> usize {
        self.state().writes.len()
    }

    /// What is there in truth, of ours and of others.
    pub(super) fn truth(&self) -> Vec<(&'static str, View)> {
        let (state, now) = (self.state(), self.elapsed());
        state
            .alive(now)
            .map(|(id, object, _)| (object.kind, state.view(id, now).unwrap()))
            .collect()
    }

    /// The id of our newest object of that name.
    pub(super) fn id(&self, kind: &str, name: &str) -> String {
        let mut found: Vec<(u32, String)> = self
            .truth()
            .into_iter()
            .filter_map(|(of, view)| match view.owner {
                Owner::Us { name: of_name, ordinal, .. } if of == kind && of_name == name => {
                    Some((ordinal, view.id))
                }
                Owner::Us { .. } | Owner::Other => None,
            })
            .collect();
        found.sort();
        found.pop().unwrap_or_else(|| panic!("there is no {kind}/{name}")).1
    }

    /// Somebody changes a field.
    pub(super) fn drift(&self, id: &str, field: &str, value: Value) {
        let now = self.elapsed();
        self.state().change(id, now, |version| {
            version.fields.insert(field.to_owned(), value);
        });
    }

    /// Somebody takes our tag off.
    pub(super) fn untag(&self, id: &str) {
        let now = self.elapsed();
        self.state().change(id, now, |version| version.tag = None);
    }

    /// Somebody removes an object.
    pub(super) fn vanish(&self, id: &str) {
        let now = self.elapsed();
        self.state().change(id, now, |version| version.going_until = Some(now));
    }

    /// Somebody removes an object, and it takes its time.
    pub(super) fn leave(&self, id: &str, takes: Duration) {
        let now = self.elapsed();
        self.state().change(id, now, |version| version.going_until = Some(now + takes));
    }

    /// Whether nobody uses it.
    pub(super) fn is_unused(&self, id: &str) -> bool {
        self.state().users(id, self.elapsed()).is_empty()
    }

    /// Somebody makes an object, with or without a tag of ours.
    pub(super) fn intrude(
        &self,
        kind: &'static str,
        tag: Option<(&str, u32)>,
        fields: &Value,
    ) -> String {
        let now = self.elapsed();
        let mut state = self.state();
        state.next += 1;
        let id = format!("{kind}-{:03}x", state.next);
        let version = Version {
            from: now,
            tag: tag.map(|(name, ordinal)| (name.to_owned(), ordinal)),
            fields: fields.as_object().unwrap().clone(),
            busy_until: now,
            fails: None,
            going_until: None,
        };
        state.objects.insert(id.clone(), Object { kind, past: vec![version] });
        id
    }

    /// Somebody fails an object for good.
    pub(super) fn spoil(&self, id: &str) {
        let now = self.elapsed();
        self.state().change(id, now, |version| version.fails = Some("spoilt".into()));
    }
}

/// One run's access to the world.
pub(super) struct Toy {
    pub(super) world: Arc<World>,
    kill: Option<Kill>,
    calls: Mutex<Vec<(&'static str, bool)>>,
    dead: AtomicBool,
    pub(super) died: Notify,
}

/// What a creation asks for.
pub(super) struct Making<'a> {
    pub(super) operation: &'static str,
    pub(super) kind: &'static str,
    pub(super) me: &'a Identity,
    /// The natural key, if the kind has one.
    pub(super) key: Option<String>,
    /// Whether it takes a client token.
    pub(super) token: bool,
    pub(super) fields: Value,
    /// Objects that have to be there.
    pub(super) needs: Vec<String>,
    pub(super) takes: Duration,
}

pub(super) fn refused(operation: &'static str, class: Class, code: &'static str) -> CallError {
    let code = code.into();
    CallError { operation, code, message: None, request_id: None, class, source: None }
}

impl Toy {
    pub(super) fn new(world: &Arc<World>, kill: Option<Kill>) -> Arc<Self> {
        Arc::new(Self {
            world: world.clone(),
            kill,
            calls: Mutex::default(),
            dead: AtomicBool::default(),
            died: Notify::default(),
        })
    }

    /// The calls that were made, and whether each was a write.
    pub(super) fn calls(&self) -> Vec<(&'static str, bool)> {
        self.calls.lock().unwrap().clone()
    }

    async fn while_alive(&self) {
        if self.dead.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }

    async fn die(&self) {
        self.dead.store(true, Ordering::Relaxed);
        self.died.notify_one();
        std::future::pending::<()>().await;
    }

    async fn latency(&self, latency: u64) {
        tokio::time::sleep(Duration::from_millis(latency)).await;
        self.while_alive().await;
    }

    /// Makes a call: on its way there and back it can be throttled, refused, lost or killed.
    async fn call<T>(
        &self,
        operation: &'static str,
        write: bool,
        effect: impl FnOnce(&mut State, Duration) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        self.while_alive().await;
        let number = {
            let mut calls = self.calls.lock().unwrap();
            calls.push((operation, write));
            u32::try_from(calls.len()).unwrap()
        };
        let kill = self.kill.filter(|kill| kill.at == number);
        if kill.is_some_and(|kill| !kill.after) {
            self.die().await;
        }
        // The way there, or the way back: either can be the longer one.
        let (latency, there) = {
            let mut state = self.world.state();
            (5 + state.random(60), state.random(2) == 0)
        };
        if there {
            self.latency(latency).await;
        }
        let answer = {
            let now = self.world.elapsed();
            let mut state = self.world.state();
            if state.settings.denied.contains(operation) {
                return Err(refused(operation, Class::Denied, "Denied"));
            }
            let scripted = state.settings.script.get_mut(operation).and_then(VecDeque::pop_front);
            let fault = scripted.unwrap_or_else(|| {
                let chance = u32::try_from(state.random(1000)).unwrap();
                let Settings { throttled, ill, lost, .. } = state.settings;
                match chance {
                    chance if chance < throttled => Fault::Throttled,
                    chance if chance < throttled + ill => Fault::Ill,
                    chance if write && chance < throttled + ill + lost => Fault::Lost,
                    _ => Fault::None,
                }
            });
            match fault {
                Fault::Throttled => Err(refused(operation, Class::Throttled, "Throttled")),
                Fault::Ill => Err(refused(operation, Class::Server, "Ill")),
                Fault::None => effect(&mut state, now),
                Fault::Lost => effect(&mut state, now).and(Err(refused(
                    operation,
                    Class::NoAnswer,
                    "NoAnswer",
                ))),
            }
        };
        if kill.is_some() {
            self.die().await;
        }
        if !there {
            self.latency(latency).await;
        }
        answer
    }

    pub(super) async fn find(
        &self,
        operation: &'static str,
        kind: &'static str,
        scope: &Scope<'_>,
    ) -> Result<Vec<View>, CallError> {
        self.call(operation, false, |state, now| match scope {
            Scope::Owned => {
                let lag = state.settings.list_lag;
                let ids: Vec<String> = state
                    .objects
                    .iter()
                    .filter(|(_, object)| object.kind == kind)
                    .map(|(id, _)| id.clone())
                    .collect();
                let views = ids.into_iter().filter_map(|id| {
                    let at = state.replica(now, lag);
                    state.view(&id, at)
                });
                Ok(views.filter(|view| view.owner != Owner::Other).collect())
            }
            Scope::Ids(ids) => ids
                .iter()
                .map(|id| {
                    let lag = state.settings.id_lag;
                    let at = state.replica(now, lag);
                    state
                        .view(&id.0, at)
                        .ok_or_else(|| refused(operation, Class::NotFound, "NotFound"))
                })
                .collect(),
        })
        .await
    }

    /// Who holds a natural key.
    pub(super) async fn holder(
        &self,
        operation: &'static str,
        kind: &'static str,
        key: &str,
    ) -> Result<Option<View>, CallError> {
        self.call(operation, false, |state, now| {
            let lag = state.settings.id_lag;
            let at = state.replica(now, lag);
            let ids: Vec<String> = state
                .objects
                .iter()
                .filter(|(_, object)| object.kind == kind)
                .map(|(id, _)| id.clone())
                .collect();
            Ok(ids
                .iter()
                .filter_map(|id| state.view(id, at))
                .find(|view| view.phase != Phase::Gone && view.text("key") == key))
        })
        .await
    }

    pub(super) async fn create(&self, making: Making<'_>) -> Result<PhysicalId, CallError> {
        let Making { operation, kind, me, key, token, fields, needs, takes } = making;
        self.call(operation, true, |state, now| {
            let tag = (me.address.name.clone(), me.ordinal);
            let mut fields = fields.as_object().unwrap().clone();
            if let Some(key) = &key {
                fields.insert("key".into(), json!(key));
            }
            let asked = json!({"tag": tag, "fields": fields});
            let token = token.then(|| {
                format!("{} {} {} {:?}", me.address, me.ordinal, me.digest, me.predecessors)
            });
            if token.is_some() && state.settings.mismatches > 0 {
                state.settings.mismatches -= 1;
                return Err(refused(operation, Class::TokenMismatch, "TokenMismatch"));
            }
            if let Some((before, id)) = token.as_ref().and_then(|token| state.tokens.get(token)) {
                return if *before == asked {
                    Ok(PhysicalId(id.clone()))
                } else {
                    Err(refused(operation, Class::TokenMismatch, "TokenMismatch"))
                };
            }
            for need in &needs {
                let lag = state.settings.id_lag;
                let at = state.replica(now, lag);
                let usable = state
                    .view(need, at)
                    .is_some_and(|view| !matches!(view.phase, Phase::Going | Phase::Gone));
                if !usable {
                    return Err(refused(operation, Class::NotFound, "NeedNotFound"));
                }
            }
            if key.is_some()
                && state.alive(now).any(|(_, object, version)| {
                    object.kind == kind && version.fields.get("key") == fields.get("key")
                })
            {
                return Err(refused(operation, Class::Exists, "Exists"));
            }
            if kind == "nat" {
                let eip = fields.get("eip").cloned();
                let associated = state.alive(now).any(|(_, object, version)| {
                    object.kind == "nat" && version.fields.get("eip").cloned() == eip
                });
                if associated {
                    return Err(refused(operation, Class::InUse, "AlreadyAssociated"));
                }
            }
            state.next += 1;
            let id = format!("{kind}-{:03}", state.next);
            let takes = if kind == "db" { takes + state.settings.longer } else { takes };
            let fails = (!takes.is_zero() && state.settings.failing > 0).then(|| {
                state.settings.failing -= 1;
                "no capacity".to_owned()
            });
            let version = Version {
                from: now,
                tag: Some(tag),
                fields,
                busy_until: now + takes,
                fails,
                going_until: None,
            };
            state.objects.insert(id.clone(), Object { kind, past: vec![version] });
            if let Some(token) = token {
                state.tokens.insert(token, (asked, id.clone()));
            }
            state.writes.push((operation, id.clone()));
            Ok(PhysicalId(id))
        })
        .await
    }

    /// Changes an object in place.
    pub(super) async fn change(
        &self,
        operation: &'static str,
        id: &str,
        takes: Duration,
        change: impl FnOnce(&mut Fields) -> Result<(), Class>,
    ) -> Result<(), CallError> {
        self.call(operation, true, |state, now| {
            let lag = state.settings.id_lag;
            let at = state.replica(now, lag);
            if state.view(id, at).is_none() {
                return Err(refused(operation, Class::NotFound, "NotFound"));
            }
            let mut fields = match state.version(id, now) {
                Some(version) if version.going_until.is_none() => version.fields.clone(),
                Some(_) | None => return Err(refused(operation, Class::NotFound, "NotFound")),
            };
            if state.settings.deaf.contains(operation) {
                return Ok(());
            }
            change(&mut fields).map_err(|class| refused(operation, class, "Refused"))?;
            state.change(id, now, |version| {
                version.fields = fields;
                version.busy_until = version.busy_until.max(now + takes);
            });
            state.writes.push((operation, id.to_owned()));
            Ok(())
        })
        .await
    }

    pub(super) async fn delete(
        &self,
        operation: &'static str,
        id: &str,
        takes: Duration,
    ) -> Result<(), CallError> {
        self.call(operation, true, |state, now| {
            let lag = state.settings.id_lag;
            let at = state.replica(now, lag);
            if state.view(id, at).is_none() {
                return Err(refused(operation, Class::NotFound, "NotFound"));
            }
            let Some(version) = state.version(id, now) else {
                return Err(refused(operation, Class::NotFound, "NotFound"));
            };
            if version.going_until.is_some() {
                return Ok(());
            }
            if matches!(version.phase(now), Phase::Pending(_))
                && version.fields.contains_key("size")
            {
                return Err(refused(operation, Class::Busy, "Busy"));
            }
            if !state.users(id, now).is_empty() {
                return Err(refused(operation, Class::InUse, "DependencyViolation"));
            }
            state.change(id, now, |version| version.going_until = Some(now + takes));
            state.writes.push((operation, id.to_owned()));
            Ok(())
        })
        .await
    }

    pub(super) async fn blockers(&self, id: &str) -> Result<Vec<String>, CallError> {
        self.call("toy:Blockers", false, |state, now| Ok(state.users(id, now))).await
    }
}

impl Cloud for Toy {
    fn now(&self) -> Timestamp {
        self.world.timestamp()
    }

    async fn mark(&self) -> Result<Option<Mark>, CallError> {
        self.call("toy:GetMark", false, |state, _| Ok(state.mark.clone())).await
    }

    async fn put_mark(&self, nonce: &str, overwrite: bool) -> Result<(), CallError> {
        let at = self.world.timestamp();
        self.call("toy:PutMark", true, |state, _| {
            if state.mark.is_some() && !overwrite {
                return Err(refused("toy:PutMark", Class::Exists, "Exists"));
            }
            state.mark = Some(Mark { nonce: nonce.to_owned(), at });
            Ok(())
        })
        .await
    }

    async fn remove_mark(&self) -> Result<(), CallError> {
        self.call("toy:RemoveMark", true, |state, _| {
            state.mark = None;
            Ok(())
        })
        .await
    }
}

/// What most kinds have in common.
pub(super) const fn kind(
    name: &'static str,
    ids: &'static str,
    replacement: Replacement,
    creation: Creation,
) -> Kind {
    Kind {
        name,
        ids,
        summary: "A toy.",
        cloudformation: "",
        replacement,
        creation,
        typical: Duration::from_secs(1),
        typical_removal: Duration::from_secs(1),
        patience: Duration::from_mins(20),
        outage: "",
        stands_on: &[],
        keeping: None,
        calls: crate::engine::Calls { read: &[], write: &[] },
    }
}

/// Finds objects of a kind, each read by `read`.
pub(super) async fn find<R: Resource<Cloud = Toy>>(
    toy: &Toy,
    operation: &'static str,
    scope: &Scope<'_>,
    read: fn(View) -> crate::engine::Found<R>,
) -> Result<Vec<crate::engine::Found<R>>, CallError> {
    Ok(toy.find(operation, R::ABOUT.name, scope).await?.into_iter().map(read).collect())
}
