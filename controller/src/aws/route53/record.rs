//! The record that leads from the GUI's name to its load balancer: an alias of the type A.
//!
//! It is made with `CREATE`, and changed by a `DELETE` of exactly what is there together with a `CREATE`: AWS does
//! all of a batch or nothing, so that nobody else's record is ever written over
//! (<https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html>). Whose a record is
//! says another one beside it ([`mark`]); where ours are says a parameter ([`note`]).

use std::time::Duration;

use aws_sdk_route53::{
    error::BuildError,
    types::{self, Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType},
};

use crate::{
    config,
    engine::{
        Address, CallError, Calls, Cell, Class, Creation, Delta, Field, Found, Identity, Kind,
        Outputs, Owner, Phase, PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field,
};

use super::{
    super::{answers::text, clients::Aws},
    mark::{self, Mark},
    name::{DnsName, normal},
    note::{self, Place},
    zone::HostedZoneId,
};

/// A record that leads to a load balancer.
pub struct DnsRecord;

/// Where an alias leads: a name in the DNS, and the hosted zone that AWS has it in.
///
/// `dualstack.` before the name of a load balancer stands for its addresses of both kinds: of a record of the type
/// A that is the same target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasTarget {
    name: String,
    zone: String,
}

impl AliasTarget {
    /// Takes both as AWS writes them.
    pub fn new(name: &str, zone: &str) -> Self {
        let name = normal(name);
        let name = name.strip_prefix("dualstack.").unwrap_or(&name).to_owned();
        Self { name, zone: zone.to_owned() }
    }

    /// Something that is no target of an alias.
    fn other(what: impl Into<String>) -> Self {
        Self { name: what.into(), zone: String::new() }
    }
}

impl Field for AliasTarget {
    type Resolved = Self;

    fn cell(&self, _: &Outputs) -> Cell {
        let Self { name, zone } = self;
        Cell::Known(if zone.is_empty() {
            name.as_str().into()
        } else {
            format!("{name} ({zone})").into()
        })
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

/// The settable part of a [`DnsRecord`].
#[derive(Clone, Debug)]
pub struct DnsRecordConfig<S: Stage = Resolved> {
    /// The hosted zone it is in.
    pub zone: S::In<HostedZoneId>,
    /// Its name.
    pub name: DnsName,
    /// Where it leads.
    pub target: S::In<AliasTarget>,
    /// Whether it is withheld while the target is not healthy.
    pub evaluate_target_health: bool,
    /// Whether the record beside it says whose it is.
    pub marked: bool,
    /// Whether the parameter says where it is and leads.
    pub noted: bool,
}

config! { DnsRecordConfig {
    zone: Replace,
    name: Replace,
    target: InPlace,
    evaluate_target_health: InPlace,
    marked: InPlace,
    noted: InPlace,
} }

/// What a [`DnsRecord`] has once it exists.
#[derive(Clone, Debug)]
pub struct DnsRecordOutputs {
    /// The record as it is, if there is one.
    current: Option<ResourceRecordSet>,
    /// The record beside it as it is, if there is one.
    beside: Option<ResourceRecordSet>,
}

/// What lists records.
const LIST: &str = "route53:ListResourceRecordSets";
/// What changes them.
const CHANGE: &str = "route53:ChangeResourceRecordSets";
/// How the ids of our records end.
const ENDING: &str = "/A";
/// What a name leads to that there is no record of.
pub const NOT_THERE: &str = "nothing";
/// For how long others keep in mind whose a record is, in seconds.
const TTL: i64 = 300;
/// How many sets of records are read at once: more than there are of one name and type.
const PAGE: i32 = 100;

impl Resource for DnsRecord {
    type Cloud = Aws;
    type Config = DnsRecordConfig;
    type Outputs = DnsRecordOutputs;

    const ABOUT: Kind = Kind {
        name: "dns-record",
        ids: "Z*/*/A",
        summary: "The name that leads to the load balancer",
        cloudformation: "AWS::Route53::RecordSet",
        replacement: Replacement::DeleteFirst,
        creation: Creation::Key,
        typical: Duration::from_secs(5),
        typical_removal: Duration::from_secs(5),
        patience: Duration::from_mins(5),
        outage: "the GUI is not found under its name until name servers know of it again",
        // Its target, whose name is no id.
        stands_on: &["load-balancer"],
        keeping: None,
        calls: Calls {
            read: &[LIST, note::LIST, note::GET],
            write: &[CHANGE, note::PUT, note::TAG, note::DELETE],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let mut all = Vec::new();
        match scope {
            Scope::Owned => {
                for note in note::all(aws, Self::ABOUT.name).await? {
                    let found = look(aws, &note.place, Some(note.mark)).await?;
                    all.extend(found);
                }
            }
            Scope::Ids(ids) => {
                for place in ids.iter().filter_map(place_of) {
                    let noted = note::of(aws, Self::ABOUT.name, &place).await?;
                    all.extend(look(aws, &place, noted).await?);
                }
            }
        }
        // Somebody else's goes by the same id: ours is not there, and whoever makes it sees what is in the way.
        all.retain(|it| it.owner != Owner::Other);
        Ok(all)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &DnsRecordConfig,
    ) -> Result<PhysicalId, CallError> {
        let place = place(want);
        // What is somebody else's is not even noted.
        let there = sets(aws, &place.zone, &place.name, &RrType::A).await?;
        if !there.is_empty() && !is_ours(aws, &place).await? {
            return Err(in_the_way(&place, Class::Exists));
        }
        note::put(aws, &place, (&me.address, me.ordinal), &want.target.name).await?;
        let made = make(aws, me, &place, want).await;
        if let Err(error) = &made
            && error.class == Class::Exists
            && !is_ours(aws, &place).await?
        {
            note::remove(aws, Self::ABOUT.name, &place).await?;
        }
        made.map(|()| id_of(&place))
    }

    /// A record that leads where it should is ours, whoever made it: nobody else's load balancer is called so.
    async fn holder(
        aws: &Aws,
        me: &Identity,
        want: &DnsRecordConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let place = place(want);
        let noted = note::of(aws, Self::ABOUT.name, &place).await?;
        let Some(mut found) = look(aws, &place, noted).await? else {
            return others(aws, &place).await;
        };
        if found.owner == Owner::Other && found.config.target == want.target {
            let name = me.address.name.clone();
            found.owner = Owner::Us { name, ordinal: me.ordinal, alias: None };
        }
        Ok(Some(found))
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &DnsRecordConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let Owner::Us { name, ordinal, .. } = &have.owner else {
            let why = format!("{} is somebody else's", have.id);
            return Err(CallError::new(CHANGE, Class::Rejected, "Foreign", why));
        };
        let (address, place) = (Address::new(Self::ABOUT.name, name), place(want));
        let leads = delta.take(field!(DnsRecordConfig.target));
        let evaluates = delta.take(field!(DnsRecordConfig.evaluate_target_health));
        let marked = delta.take(field!(DnsRecordConfig.marked));
        if delta.take(field!(DnsRecordConfig.noted)) || leads {
            note::put(aws, &place, (&address, *ordinal), &want.target.name).await?;
        }
        let mut changes = Vec::new();
        if leads || evaluates {
            let current = have.outputs.current.clone();
            // Of a name that is only noted, what has come meanwhile is somebody else's.
            let there = sets(aws, &place.zone, &place.name, &RrType::A).await?;
            if current.is_none() && !there.is_empty() {
                return Err(in_the_way(&place, Class::Rejected));
            }
            changes.extend(current.map(|it| (ChangeAction::Delete, it)));
            changes.push((ChangeAction::Create, alias(&place, want)?));
        }
        if marked {
            let beside = have.outputs.beside.clone();
            changes.extend(beside.map(|it| (ChangeAction::Delete, it)));
            let text = mark::write(aws, &address, *ordinal, None);
            changes.push((ChangeAction::Create, beside_of(&place, &text)?));
        }
        if changes.is_empty() { Ok(()) } else { change(aws, &place, changes).await }
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let Some(place) = place_of(&have.id) else { return Ok(()) };
        // What is there now: another one would not be taken away.
        let noted = note::of(aws, Self::ABOUT.name, &place).await?;
        if let Some(now) = look(aws, &place, noted).await?.filter(|it| it.owner != Owner::Other) {
            let DnsRecordOutputs { current, beside } = now.outputs;
            // Of a name that only the parameter claims, what leads elsewhere is somebody else's.
            let current = current.filter(|_| now.config.marked || now.config.noted);
            let beside = beside.filter(|_| now.config.marked);
            let sets = current.into_iter().chain(beside);
            let changes: Vec<_> = sets.map(|it| (ChangeAction::Delete, it)).collect();
            if !changes.is_empty() {
                change(aws, &place, changes).await?;
            }
        }
        note::remove(aws, Self::ABOUT.name, &place).await
    }
}

/// A record that is there and is not ours.
fn in_the_way(place: &Place, class: Class) -> CallError {
    let why = format!(
        "{} is in the way and is not of this environment's making: it is left alone; rename or remove it, or choose \
         another value in the spec",
        id_of(place)
    );
    CallError::new(CHANGE, class, "Foreign", why)
}

fn place(want: &DnsRecordConfig) -> Place {
    Place { zone: want.zone.as_str().to_owned(), name: normal(want.name.as_str()) }
}

fn id_of(place: &Place) -> PhysicalId {
    PhysicalId(format!("{}/{}{ENDING}", place.zone, place.name.trim_end_matches('.')))
}

fn place_of(id: &PhysicalId) -> Option<Place> {
    let (zone, name) = id.0.strip_suffix(ENDING)?.split_once('/')?;
    Some(Place { zone: zone.to_owned(), name: normal(name) })
}

/// Makes both records, or neither.
async fn make(
    aws: &Aws,
    me: &Identity,
    place: &Place,
    want: &DnsRecordConfig,
) -> Result<(), CallError> {
    let text = mark::write(aws, &me.address, me.ordinal, None);
    let changes = vec![
        (ChangeAction::Create, alias(place, want)?),
        (ChangeAction::Create, beside_of(place, &text)?),
    ];
    change(aws, place, changes).await
}

async fn change(
    aws: &Aws,
    place: &Place,
    changes: Vec<(ChangeAction, ResourceRecordSet)>,
) -> Result<(), CallError> {
    let changes: Result<Vec<Change>, BuildError> = changes
        .into_iter()
        .map(|(action, set)| Change::builder().action(action).resource_record_set(set).build())
        .collect();
    let batch = ChangeBatch::builder().comment("clctl").set_changes(Some(changes.map_err(built)?));
    let batch = batch.build().map_err(built)?;
    let call = || {
        let call = aws.route53.change_resource_record_sets().hosted_zone_id(&place.zone);
        call.change_batch(batch.clone()).send()
    };
    aws.write(CHANGE, call).await.map(drop)
}

/// What the SDK says of a request that lacks something: a defect of ours.
#[expect(clippy::needless_pass_by_value, reason = "it is mapped over an error")]
fn built(error: BuildError) -> CallError {
    CallError::new(CHANGE, Class::Rejected, "InvalidRequest", error.to_string())
}

fn alias(place: &Place, want: &DnsRecordConfig) -> Result<ResourceRecordSet, CallError> {
    let target = types::AliasTarget::builder()
        .hosted_zone_id(&want.target.zone)
        .dns_name(&want.target.name)
        .evaluate_target_health(want.evaluate_target_health)
        .build()
        .map_err(built)?;
    let set = ResourceRecordSet::builder().name(&place.name).r#type(RrType::A).alias_target(target);
    set.build().map_err(built)
}

fn beside_of(place: &Place, text: &str) -> Result<ResourceRecordSet, CallError> {
    let record = ResourceRecord::builder().value(format!("\"{text}\"")).build().map_err(built)?;
    let set = ResourceRecordSet::builder().name(mark::name_of(&place.name)).r#type(RrType::Txt);
    set.ttl(TTL).resource_records(record).build().map_err(built)
}

/// All sets of a name and a type; none if the zone is gone.
async fn sets(
    aws: &Aws,
    zone: &str,
    name: &str,
    kind: &RrType,
) -> Result<Vec<ResourceRecordSet>, CallError> {
    let call = || {
        let call = aws.route53.list_resource_record_sets().hosted_zone_id(zone);
        let call = call.start_record_name(name).start_record_type(kind.clone());
        call.max_items(PAGE).send()
    };
    let answer = match aws.read(LIST, call).await {
        Ok(answer) => answer,
        Err(error) if error.class == Class::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut all = answer.resource_record_sets;
    all.retain(|set| normal(set.name()) == name && set.r#type() == kind);
    Ok(all)
}

async fn is_ours(aws: &Aws, place: &Place) -> Result<bool, CallError> {
    let beside = sets(aws, &place.zone, &mark::name_of(&place.name), &RrType::Txt).await?;
    Ok(beside.iter().filter_map(|set| marked(aws, set)).any(|it| it.owner != Owner::Other))
}

fn marked(aws: &Aws, set: &ResourceRecordSet) -> Option<Mark> {
    let mut records = set.resource_records().iter();
    records.find_map(|it| mark::read(aws, DnsRecord::ABOUT.name, it.value()))
}

/// What is at a place, if there is anything: a record of that name, the one beside it, or a note of them.
async fn look(
    aws: &Aws,
    place: &Place,
    noted: Option<Mark>,
) -> Result<Option<Found<DnsRecord>>, CallError> {
    let records = sets(aws, &place.zone, &place.name, &RrType::A).await?;
    let name = mark::name_of(&place.name);
    let beside = sets(aws, &place.zone, &name, &RrType::Txt).await?.into_iter().next();
    let mark = beside.as_ref().and_then(|set| marked(aws, set));
    let mark = mark.filter(|it| it.owner != Owner::Other);
    // Ours is the only one of its name and type.
    let alone = records.iter().all(|set| set.set_identifier().is_none());
    let Some(current) = records
        .into_iter()
        .next()
        .map(Some)
        .or_else(|| (noted.is_some() || mark.is_some()).then_some(None))
    else {
        return Ok(None);
    };
    let current = current.filter(|_| alone);
    let (target, _) = leads(current.as_ref())?;
    let right = noted.as_ref().is_some_and(|it| it.target.as_ref() == Some(&target.name));
    // Where nothing but a note says that a name is ours, what is there has to lead where the note says: else it is
    // somebody else's, and ours is not there.
    let strange = mark.is_none() && noted.is_some() && !right;
    let current = current.filter(|_| !strange);
    let (target, evaluates) = leads(current.as_ref())?;
    let owner = mark.as_ref().or(noted.as_ref()).map_or(Owner::Other, |it| it.owner.clone());
    Ok(Some(Found {
        id: id_of(place),
        owner,
        config: DnsRecordConfig {
            zone: HostedZoneId::new(&place.zone),
            name: DnsName::new(&place.name),
            target,
            evaluate_target_health: evaluates,
            marked: mark.is_some(),
            noted: right,
        },
        outputs: DnsRecordOutputs { current, beside },
        phase: Phase::Ready,
    }))
}

/// Where a record leads, and whether it looks at the health of the target.
fn leads(record: Option<&ResourceRecordSet>) -> Result<(AliasTarget, bool), CallError> {
    let Some(record) = record else { return Ok((AliasTarget::other(NOT_THERE), false)) };
    let Some(alias) = record.alias_target() else {
        let values = record.resource_records().iter().map(ResourceRecord::value);
        let values: Vec<&str> = values.collect();
        return Ok((AliasTarget::other(values.join(", ")), false));
    };
    let name = text(LIST, "DNSName", Some(alias.dns_name()))?;
    let zone = text(LIST, "HostedZoneId", Some(alias.hosted_zone_id()))?;
    Ok((AliasTarget::new(name, zone), alias.evaluate_target_health()))
}

/// What else a name is used for, so that there cannot be a record of ours: an alias of another type.
async fn others(aws: &Aws, place: &Place) -> Result<Option<Found<DnsRecord>>, CallError> {
    let found = sets(aws, &place.zone, &place.name, &RrType::Cname).await?;
    Ok(found.first().map(|set| Found {
        id: PhysicalId(format!("{}/{}/CNAME", place.zone, place.name.trim_end_matches('.'))),
        owner: Owner::Other,
        config: DnsRecordConfig {
            zone: HostedZoneId::new(&place.zone),
            name: DnsName::new(&place.name),
            target: AliasTarget::other(
                set.resource_records().first().map(ResourceRecord::value).unwrap_or_default(),
            ),
            evaluate_target_health: false,
            marked: false,
            noted: false,
        },
        outputs: DnsRecordOutputs { current: None, beside: None },
        phase: Phase::Ready,
    }))
}
