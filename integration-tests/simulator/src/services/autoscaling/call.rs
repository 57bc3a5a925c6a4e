//! What an operation of Auto Scaling works with.

use super::{AutoScaling, group::Group};
use crate::{
    Settings, Time,
    fault::Fault,
    random::Rng,
    services::{
        Elb,
        ec2::{Around, Ec2},
        paging::Page,
    },
    shelf::{Eyes, Record, Stamp},
    wire::{query::Reader, xml::Xml},
};

/// The largest page of most lists, and the page when none is asked for.
const LARGEST_PAGE: u32 = 100;
const USUAL_PAGE: u32 = 50;

/// A call: a copy of what the service holds, kept if the call succeeds, and a request.
pub(super) struct Call<'a> {
    pub(super) around: Around<'a>,
    pub(super) settings: &'a Settings,
    pub(super) state: &'a mut AutoScaling,
    /// What a group launches into; a call never changes it.
    pub(super) ec2: &'a Ec2,
    /// What its target groups are of.
    pub(super) elb: &'a Elb,
    pub(super) params: Reader<'a>,
    pub(super) rng: Rng,
    pub(super) now: Time,
    pub(super) stamp: Stamp,
    /// How far behind the replica is that answers this call.
    behind: u64,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        around: Around<'a>,
        state: &'a mut AutoScaling,
        (ec2, elb): (&'a Ec2, &'a Elb),
        params: Reader<'a>,
        mut rng: Rng,
        now: Time,
    ) -> Self {
        let settings = around.settings;
        let stamp = Stamp::draw(&settings.lag, &mut rng, now);
        let behind = rng.below(1000);
        Self { around, settings, state, ec2, elb, params, rng, now, stamp, behind }
    }

    /// How this call reads what is named.
    pub(super) fn by_id(&self) -> Eyes {
        Eyes { now: self.now, behind: self.behind, list: false }
    }

    /// How this call reads lists.
    pub(super) fn in_lists(&self) -> Eyes {
        Eyes { now: self.now, behind: self.behind, list: true }
    }

    /// A text that has to be given.
    pub(super) fn need(&self, name: &str) -> Result<String, Fault> {
        self.params.text(name).filter(|it| !it.is_empty()).ok_or_else(|| {
            let member = lower_first(name);
            invalid(format!(
                "1 validation error detected: Value null at '{member}' failed to satisfy \
                 constraint: Member must not be null"
            ))
        })
    }

    /// A whole number in a range, if it is given.
    pub(super) fn number(&self, name: &str, least: i64, most: i64) -> Result<Option<u32>, Fault> {
        let Some(given) = self.params.number(name).map_err(ours)? else { return Ok(None) };
        if !(least..=most).contains(&given) {
            return Err(invalid(format!(
                "1 validation error detected: Value '{given}' at '{}' failed to satisfy \
                 constraint: Member must be between {least} and {most}",
                lower_first(name)
            )));
        }
        Ok(u32::try_from(given).ok())
    }

    /// A truth value, if it is given.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Fault> {
        self.params.flag(name).map_err(ours)
    }

    /// A truth value that has to be given.
    pub(super) fn need_flag(&self, name: &str) -> Result<bool, Fault> {
        self.need(name)?;
        Ok(self.flag(name)?.unwrap_or_default())
    }

    /// The group that a write is about: its true state. One that is being deleted is not changed any
    /// more.
    pub(super) fn group(&self) -> Result<&Record<Group>, Fault> {
        let name = self.need("AutoScalingGroupName")?;
        let group = self.find(&name)?;
        if group.deleting.is_some() {
            return Err(invalid(
                "The AutoScaling group may not be modified while it is pending delete",
            ));
        }
        Ok(group)
    }

    /// The group of a name: its true state.
    pub(super) fn find(&self, name: &str) -> Result<&Record<Group>, Fault> {
        let known =
            !self.settings.lag.dependents || self.state.groups.seen(name, self.by_id()).is_some();
        self.state.groups.get(name).filter(|_| known).ok_or_else(|| unknown(name))
    }

    /// The group that a read is about, as the replica shows it.
    pub(super) fn look(&self) -> Result<&Record<Group>, Fault> {
        let name = self.need("AutoScalingGroupName")?;
        self.state.groups.seen(&name, self.by_id()).ok_or_else(|| unknown(&name))
    }

    /// Changes a group that is there, and lets it look at its instances soon.
    pub(super) fn change(&mut self, group: &str, change: impl FnOnce(&mut Record<Group>)) {
        self.state.groups.change(self.stamp, group, change);
        let span = self.settings.durations.group_action;
        let soon = self.now + self.settings.lasting(&mut self.rng, span);
        self.state.look_at(group, soon);
    }

    /// Cuts the wanted page out of what there is, in the order of keys, and writes it.
    pub(super) fn page(
        &self,
        all: Vec<(String, Xml)>,
        write: impl FnOnce(Vec<Xml>) -> Xml,
    ) -> Result<Xml, Fault> {
        let size = self.number("MaxRecords", 1, i64::from(LARGEST_PAGE))?.unwrap_or(USUAL_PAGE);
        let token = self.params.text("NextToken").filter(|it| !it.is_empty());
        let print = self.params.fingerprint(&["NextToken", "MaxRecords", "Version"]);
        let page = Page::new(Some(size), token.as_deref(), &print).ok_or_else(|| {
            Fault::client("InvalidNextToken", "The specified NextToken is not valid.")
        })?;
        let cut = page.cut(self.settings.page.unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE), all);
        Ok(write(cut.items).maybe("NextToken", cut.next))
    }
}

/// The name under which AWS's error texts know a parameter.
fn lower_first(name: &str) -> String {
    let first = name.chars().take(1).map(|it| it.to_ascii_lowercase());
    first.chain(name.chars().skip(1)).collect()
}

/// The caller's mistake, as Auto Scaling says nearly all of them.
pub(super) fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationError", message)
}

/// A mistake that EC2 would say otherwise.
fn ours(fault: Fault) -> Fault {
    invalid(fault.message)
}

fn unknown(name: &str) -> Fault {
    invalid(format!("AutoScalingGroup name not found - AutoScalingGroup {name} not found"))
}
