//! EC2 instance types: what can be told from their names.

use crate::{
    at::At,
    log::{Log, Quoted},
    names::{NameError, name},
    problem::{Code, Draft},
};

name! {
    /// An EC2 instance type: a family, a generation, what is special about it, and a size.
    InstanceType, pattern "^[a-z][a-z-]*[0-9]+[a-z0-9-]*[.](nano|micro|small|medium|large|xlarge|metal|[0-9]{1,3}xlarge|metal-[0-9]{1,3}xl)$", longest 40, |text| {
        if Parts::of(text).is_some() {
            return Ok(());
        }
        let message = format!("{} is not an instance type", Quoted(text));
        let help = match text.strip_prefix("db.") {
            Some(rest) => format!("classes of databases begin with `db.`; for an instance write `{rest}`"),
            None => "it looks like `m6i.large`".to_owned(),
        };
        Err(NameError::new(message, help))
    }
}

name! {
    /// The id of a machine image.
    ImageId, pattern "^ami-([0-9a-f]{8}|[0-9a-f]{17})$", longest 21, |text| {
        let digits = text.strip_prefix("ami-").unwrap_or_default();
        let is_hex = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if is_hex && matches!(digits.len(), 8 | 17) {
            return Ok(());
        }
        let message = format!("{} is not the id of an image", Quoted(text));
        Err(NameError::new(message, "it looks like `ami-0123456789abcdef0`"))
    }
}

/// The parts of an instance type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parts<'a> {
    family: &'a str,
    special: &'a str,
    size: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (kind, size) = text.split_once('.')?;
        let digit = kind.find(|c: char| c.is_ascii_digit())?;
        let (family, rest) = kind.split_at(digit);
        let special = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_part = |part: &str| {
            part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let is_type = family.starts_with(|c: char| c.is_ascii_lowercase())
            && text.len() <= 40
            && is_size(size)
            && is_part(family)
            && is_part(special)
            && is_part(size);
        is_type.then_some(Self { family, special, size })
    }
}

/// `large`, `4xlarge`, `metal`, `metal-24xl`.
fn is_size(size: &str) -> bool {
    let is_number = |digits: &str| {
        !digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|b| b.is_ascii_digit())
    };
    matches!(size, "nano" | "micro" | "small" | "medium" | "large" | "xlarge" | "metal")
        || size.strip_suffix("xlarge").is_some_and(is_number)
        || size
            .strip_prefix("metal-")
            .and_then(|rest| rest.strip_suffix("xl"))
            .is_some_and(is_number)
}

impl InstanceType {
    /// Whether its processors are AWS's own, of the architecture arm64.
    ///
    /// The letter `g` behind the generation says so: `m7g`, `c6gn`, `r8gd`. `a1` is older than that.
    pub fn is_arm(&self) -> bool {
        Parts::of(self.as_str()).is_some_and(|it| {
            it.family == "a"
                || it.family == "mac"
                || it.special.split('-').any(|part| part.contains('g'))
        })
    }

    /// Whether it runs at full speed only while it has credits.
    pub fn is_burstable(&self) -> bool {
        Parts::of(self.as_str()).is_some_and(|it| it.family == "t")
    }

    /// Whether it has less than two cores or less than 4 GiB of memory.
    fn is_small(&self) -> bool {
        Parts::of(self.as_str()).is_some_and(|it| {
            matches!(it.size, "nano" | "micro" | "small")
                || (it.size == "medium" && it.family != "t")
        })
    }
}

/// Checks what a Chainlink node runs on.
pub(crate) fn check_node(written: &At<InstanceType>, log: &Log) {
    let At { value, span } = written;
    if value.is_arm() {
        log.report(
            Draft::new(Code::Architecture, *span, format!("{value} has processors of AWS's own, arm64"))
                .label("another architecture")
                .help("the image of the node is built for x86-64 in production: take an `i` or `a` type, for example `m6i.large`"),
        );
    } else if value.is_small() {
        log.report(
            Draft::new(Code::InstanceSize, *span, format!("{value} is smaller than Chainlink asks for"))
                .label("less than two cores or 4 GiB")
                .help("a node needs two cores and 4 GiB, with more than 100 jobs four cores and 8 GiB: `m6i.large` or more"),
        );
    } else if value.is_burstable() {
        log.report(
            Draft::new(Code::InstanceSize, *span, format!("{value} is slowed down once its credits are used up"))
                .label("a burstable type")
                .help("Chainlink advises against it in production: `m6i.large` for example has no credits"),
        );
    }
}

/// Checks what the bastion runs on.
pub(crate) fn check_bastion(written: &At<InstanceType>, log: &Log) {
    let At { value, span } = written;
    if value.is_arm() {
        log.report(
            Draft::new(
                Code::Architecture,
                *span,
                format!("{value} has processors of AWS's own, arm64"),
            )
            .label("another architecture")
            .help("clctl's image is Amazon Linux for x86-64: take for example `t3.micro`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(text: &str, question: fn(&InstanceType) -> bool) -> bool {
        text.parse::<InstanceType>().as_ref().is_ok_and(question)
    }

    #[test]
    fn the_letter_g_behind_the_generation_means_arm() {
        for arm in [
            "a1.large",
            "t4g.small",
            "m7gd.xlarge",
            "c6gn.large",
            "im4gn.large",
            "x2gd.metal",
            "g5g.xlarge",
            "hpc7g.4xlarge",
        ] {
            assert!(is(arm, InstanceType::is_arm), "{arm}");
        }
        for x86 in [
            "t3.small",
            "m6i.large",
            "m7a.large",
            "g5.xlarge",
            "gr6.4xlarge",
            "m7i-flex.large",
            "u-6tb1.metal",
            "c5d.18xlarge",
        ] {
            assert!(!is(x86, InstanceType::is_arm), "{x86}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            "large",
            "m6i",
            "m6i.",
            ".large",
            "M6i.large",
            "db.m6i.large",
            "m6i large",
            "m6i.huge",
            "6m.large",
            "t3.micro ",
        ] {
            assert!(text.parse::<InstanceType>().is_err(), "{text}");
        }
    }
}
