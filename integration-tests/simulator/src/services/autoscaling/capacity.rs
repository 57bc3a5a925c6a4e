//! How many instances a group has at least, at most, and is to have.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-capacity-limits.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html>

use serde::{Deserialize, Serialize};

use super::{
    Answer, Operation,
    call::{Call, invalid},
};
use crate::{fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[("SetDesiredCapacity", true, set)];

const MOST: i64 = 10_000;

/// The three numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Size {
    pub(super) least: u32,
    pub(super) most: u32,
    pub(super) desired: u32,
}

impl Size {
    fn check(self) -> Result<Self, Fault> {
        let Self { least, most, desired } = self;
        if least > most {
            return Err(invalid(format!(
                "Max bound, {most}, must be greater than or equal to min bound, {least}"
            )));
        }
        if !(least..=most).contains(&desired) {
            return Err(invalid(format!(
                "Desired capacity:{desired} must be between the specified min size:{least} and max \
                 size:{most}"
            )));
        }
        Ok(self)
    }
}

/// Reads the size of a new group; what is desired is the least when nothing is said of it.
pub(super) fn read_new(call: &Call<'_>) -> Result<Size, Fault> {
    call.need("MinSize")?;
    call.need("MaxSize")?;
    let least = call.number("MinSize", 0, MOST)?.unwrap_or_default();
    let most = call.number("MaxSize", 0, MOST)?.unwrap_or_default();
    let desired = call.number("DesiredCapacity", 0, MOST)?.unwrap_or(least);
    Size { least, most, desired }.check()
}

/// Reads the size that a group is to have; bounds move what is desired with them when nothing is said
/// of it.
pub(super) fn read_changed(call: &Call<'_>, old: Size) -> Result<Size, Fault> {
    let least = call.number("MinSize", 0, MOST)?.unwrap_or(old.least);
    let most = call.number("MaxSize", 0, MOST)?.unwrap_or(old.most);
    let desired = match call.number("DesiredCapacity", 0, MOST)? {
        Some(desired) => desired,
        None if least <= most => old.desired.clamp(least, most),
        None => old.desired,
    };
    Size { least, most, desired }.check()
}

/// A cooldown after a scaling policy is honoured if that is asked for; there are no policies here.
fn set(call: &mut Call<'_>) -> Answer {
    let group = call.group()?;
    let (name, size) = (group.id.clone(), group.size);
    call.need("DesiredCapacity")?;
    let desired = call.number("DesiredCapacity", 0, MOST)?.unwrap_or_default();
    call.flag("HonorCooldown")?;
    if desired > size.most {
        return Err(invalid(format!(
            "New SetDesiredCapacity value {desired} is above max value {} for the \
             AutoScalingGroup.",
            size.most
        )));
    }
    if desired < size.least {
        return Err(invalid(format!(
            "New SetDesiredCapacity value {desired} is below min value {} for the \
             AutoScalingGroup.",
            size.least
        )));
    }
    call.change(&name, |it| {
        it.size.desired = desired;
        it.trouble.retry = None;
    });
    Ok(Xml::new())
}
