//! What instances can ask of themselves: the options of the instance metadata service.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html>

use serde::{Deserialize, Serialize};

use super::{
    Answer, Operation,
    instance::{Instance, State, wrong_state},
    scene::Call,
    write,
};
use crate::{
    fault::Fault,
    shelf::Tags,
    wire::{query::Reader, xml::Xml},
};

pub(super) const OPERATIONS: &[Operation] = &[write("ModifyInstanceMetadataOptions", modify)];

/// The options that are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    tokens: Option<String>,
    hops: Option<i64>,
    endpoint: Option<String>,
    ipv6: Option<String>,
    tags: Option<String>,
}

/// The options that an instance has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Options {
    pub(super) tokens: String,
    pub(super) hops: i64,
    pub(super) endpoint: String,
    ipv6: String,
    tags: String,
}

impl Wanted {
    /// Reads what a request says.
    pub(super) fn read(params: &Reader<'_>) -> Result<Self, Fault> {
        Ok(Self {
            tokens: params.text("HttpTokens"),
            hops: params.number("HttpPutResponseHopLimit")?,
            endpoint: params.text("HttpEndpoint"),
            ipv6: params.text("HttpProtocolIpv6"),
            tags: params.text("InstanceMetadataTags"),
        })
    }

    /// These, and where they say nothing, others.
    pub(super) fn over(self, base: &Self) -> Self {
        Self {
            tokens: self.tokens.or_else(|| base.tokens.clone()),
            hops: self.hops.or(base.hops),
            endpoint: self.endpoint.or_else(|| base.endpoint.clone()),
            ipv6: self.ipv6.or_else(|| base.ipv6.clone()),
            tags: self.tags.or_else(|| base.tags.clone()),
        }
    }

    /// Refuses values that no option can have.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let one_of = |name: &str, value: Option<&String>, good: [&str; 2]| match value {
            Some(value) if !good.contains(&value.as_str()) => {
                Err(Fault::invalid(format!("Value ({value}) for parameter {name} is invalid.")))
            }
            Some(_) | None => Ok(()),
        };
        one_of("httpTokens", self.tokens.as_ref(), ["optional", "required"])?;
        one_of("httpEndpoint", self.endpoint.as_ref(), ["enabled", "disabled"])?;
        one_of("httpProtocolIpv6", self.ipv6.as_ref(), ["enabled", "disabled"])?;
        one_of("instanceMetadataTags", self.tags.as_ref(), ["enabled", "disabled"])?;
        if let Some(other) = self.hops.filter(|it| !(1..=64).contains(it)) {
            return Err(Fault::invalid(format!(
                "Value ({other}) for parameter httpPutResponseHopLimit is invalid. It must be \
                 between 1 and 64."
            )));
        }
        Ok(())
    }

    pub(super) fn render(&self) -> Xml {
        Xml::new()
            .maybe("httpTokens", self.tokens.as_ref())
            .maybe("httpPutResponseHopLimit", self.hops)
            .maybe("httpEndpoint", self.endpoint.as_ref())
            .maybe("httpProtocolIpv6", self.ipv6.as_ref())
            .maybe("instanceMetadataTags", self.tags.as_ref())
    }

    /// What an instance has that is launched with these: for an image that says `v2.0` tokens are
    /// required and two hops allowed where nothing else is said.
    ///
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html#instance-metadata-options-order-of-precedence>
    pub(super) fn complete(&self, v2_only: bool) -> Options {
        let (tokens, hops) = if v2_only { ("required", 2) } else { ("optional", 1) };
        let base = Options {
            tokens: tokens.to_owned(),
            hops,
            endpoint: "enabled".to_owned(),
            ipv6: "disabled".to_owned(),
            tags: "disabled".to_owned(),
        };
        base.with(self)
    }
}

impl Options {
    fn with(&self, wanted: &Wanted) -> Self {
        let or = |new: Option<&String>, old: &String| new.unwrap_or(old).clone();
        Self {
            tokens: or(wanted.tokens.as_ref(), &self.tokens),
            hops: wanted.hops.unwrap_or(self.hops),
            endpoint: or(wanted.endpoint.as_ref(), &self.endpoint),
            ipv6: or(wanted.ipv6.as_ref(), &self.ipv6),
            tags: or(wanted.tags.as_ref(), &self.tags),
        }
    }

    /// The same, as a launch would ask for it.
    pub(super) fn as_wanted(&self) -> Wanted {
        Wanted {
            tokens: Some(self.tokens.clone()),
            hops: Some(self.hops),
            endpoint: Some(self.endpoint.clone()),
            ipv6: Some(self.ipv6.clone()),
            tags: Some(self.tags.clone()),
        }
    }

    /// Whether the instance can read its own tags.
    pub(super) fn show_tags(&self) -> bool {
        self.tags == "enabled"
    }

    pub(super) fn render(&self) -> Xml {
        Xml::new()
            .text("state", "applied")
            .text("httpTokens", &self.tokens)
            .text("httpPutResponseHopLimit", self.hops)
            .text("httpEndpoint", &self.endpoint)
            .text("httpProtocolIpv6", &self.ipv6)
            .text("instanceMetadataTags", &self.tags)
    }
}

/// Refuses tags that an instance could not read of itself.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html>
pub(super) fn readable(tags: &Tags) -> Result<(), Fault> {
    let good = |it: char| it.is_ascii_alphanumeric() || "-_+=,.@:".contains(it);
    let own = tags.keys().filter(|it| !it.starts_with("aws:"));
    for key in own {
        if !key.chars().all(good) || matches!(key.as_str(), "." | ".." | "_index") {
            return Err(Fault::invalid(format!(
                "'{key}' is not a valid tag key. Tag keys must match pattern \
                 ([0-9a-zA-Z\\\\-_+=,.@:]{{1,255}}), and must not be a reserved name ('.', '..', \
                 '_index')"
            )));
        }
    }
    Ok(())
}

fn modify(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("InstanceId")?;
    let wanted = Wanted::read(&call.params)?;
    wanted.check()?;
    if wanted == Wanted::default() {
        return Err(Fault::missing("httpTokens"));
    }
    let instance = call.find::<Instance>(&id)?;
    if matches!(instance.state, State::ShuttingDown | State::Terminated) {
        return Err(wrong_state(&id, instance.state, "modified"));
    }
    let options = instance.metadata.with(&wanted);
    if options.show_tags() {
        readable(&instance.tags)?;
    }
    let shown = options.render();
    call.change::<Instance>(&id, |it| it.metadata = options);
    Ok(Xml::new().text("instanceId", id).nest("instanceMetadataOptions", shown))
}
