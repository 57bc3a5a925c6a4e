//! A set of records: what a name leads to.
//!
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html>

use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::{call::invalid, name};
use crate::{
    fault::Fault,
    shelf::Kind,
    wire::{query::Reader, xml::Xml},
};

const LONGEST_TTL: u64 = 2_147_483_647;
const HEAVIEST: u64 = 255;

/// A set of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RecordSet {
    /// The zone it is in.
    pub(super) zone: String,
    pub(super) name: String,
    /// `A`, `TXT`.
    pub(super) kind: String,
    /// What tells it from others of its name and type, and how much it weighs.
    pub(super) weighted: Option<(String, u64)>,
    pub(super) leads: Leads,
}

/// What it leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Leads {
    Alias(Alias),
    Records { ttl: u64, values: Vec<String> },
}

/// Where an alias leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Alias {
    pub(super) zone: String,
    pub(super) name: String,
    pub(super) evaluate: bool,
}

impl Kind for RecordSet {
    const TYPE: &'static str = "resource-record-set";
    const PREFIX: &'static str = "Z";
    const NOUN: &'static str = "resource record set";
    const NOT_FOUND: &'static str = "InvalidChangeBatch";
    const MALFORMED: &'static str = "InvalidInput";

    fn goes_with(&self) -> Option<&str> {
        Some(&self.zone)
    }
}

impl RecordSet {
    /// What tells sets of a zone apart.
    pub(super) fn key(&self) -> (&str, &str, Option<&str>) {
        (&self.name, &self.kind, self.identifier())
    }

    pub(super) fn identifier(&self) -> Option<&str> {
        self.weighted.as_ref().map(|it| it.0.as_str())
    }

    /// Under which it is kept: the zone, the name, the type, and the identifier if it has one.
    pub(super) fn id(&self) -> String {
        let end = self.identifier().map(|it| format!("/{it}")).unwrap_or_default();
        format!("{}/{}/{}{end}", self.zone, self.name.trim_end_matches('.'), self.kind)
    }

    /// How refusals name it: `[name='www.example.com.', type='A']`.
    pub(super) fn spoken(&self) -> String {
        let end = self.identifier().map(|it| format!(", set-identifier='{it}'"));
        format!("[name='{}', type='{}'{}]", self.name, self.kind, end.unwrap_or_default())
    }

    /// How many records it counts for.
    pub(super) fn weight(&self) -> usize {
        match &self.leads {
            Leads::Alias(_) => 1,
            Leads::Records { values, .. } => values.len(),
        }
    }

    /// Whether it is the very same, whatever the order of its values.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let sorted = |set: &Self| {
            let mut set = set.clone();
            if let Leads::Records { values, .. } = &mut set.leads {
                values.sort();
            }
            set
        };
        sorted(self) == sorted(other)
    }

    pub(super) fn render(&self) -> Xml {
        let xml = Xml::new().text("Name", &self.name).text("Type", &self.kind);
        let xml = match &self.weighted {
            Some((identifier, weight)) => {
                xml.text("SetIdentifier", identifier).text("Weight", weight)
            }
            None => xml,
        };
        match &self.leads {
            Leads::Alias(Alias { zone, name, evaluate }) => xml.nest(
                "AliasTarget",
                Xml::new()
                    .text("HostedZoneId", zone)
                    .text("DNSName", name)
                    .text("EvaluateTargetHealth", evaluate),
            ),
            Leads::Records { ttl, values } => {
                let records = values.iter().map(|it| Xml::new().text("Value", it));
                xml.text("TTL", ttl).members("ResourceRecords", "ResourceRecord", records)
            }
        }
    }

    /// Reads a set of a request about a zone.
    pub(super) fn read(zone: &str, action: &str, set: &Reader<'_>) -> Result<Self, Fault> {
        let given = set.text("Name").unwrap_or_default();
        let kind = set.text("Type").unwrap_or_default();
        let identifier = set.text("SetIdentifier");
        let about = || {
            let end = identifier.as_deref().unwrap_or("null");
            format!("Change with [Action={action}, Name={given}, Type={kind}, SetIdentifier={end}]")
        };
        let Some(name) = name::normal(&given) else {
            return Err(invalid(format!(
                "FATAL problem: DomainLabelInvalid encountered with '{given}'"
            )));
        };
        match kind.as_str() {
            "A" | "AAAA" | "CNAME" | "TXT" | "NS" | "SOA" => {}
            "CAA" | "DS" | "HTTPS" | "MX" | "NAPTR" | "PTR" | "SPF" | "SRV" | "SSHFP" | "SVCB"
            | "TLSA" => {
                return Err(Fault::unsupported(format!("records of the type {kind}")));
            }
            other => {
                let rule = "Member must satisfy enum value set: [SOA, A, TXT, NS, CNAME, MX, NAPTR, \
                            PTR, SRV, SPF, AAAA, CAA, DS, TLSA, SSHFP, SVCB, HTTPS]";
                let text = format!(
                    "1 validation error detected: Value '{other}' at \
                     'changeBatch.changes.1.member.resourceRecordSet.type' failed to satisfy \
                     constraint: {rule}"
                );
                return Err(invalid(text));
            }
        }
        let weighted = match (identifier.clone(), number(set, "Weight", HEAVIEST)?) {
            (Some(identifier), Some(weight)) => Some((identifier, weight)),
            (None, None) => None,
            (Some(_), None) => {
                return Err(Fault::unsupported("routing of another kind than by weight"));
            }
            (None, Some(_)) => {
                let text = format!("Invalid request: Missing field 'SetIdentifier' in {}", about());
                return Err(invalid(text));
            }
        };
        let ttl = number(set, "TTL", LONGEST_TTL)?;
        let values: Vec<String> = set
            .structs("ResourceRecords")
            .iter()
            .map(|it| it.text("Value").unwrap_or_default())
            .collect();
        let leads = match (set.structure("AliasTarget"), ttl, values.is_empty()) {
            (Some(alias), None, true) => Leads::Alias(read_alias(&alias, &about())?),
            (None, Some(ttl), false) => Leads::Records { ttl, values: checked(&kind, values)? },
            (found, ttl, empty) => {
                let found = match (found, ttl, empty) {
                    (None, None, true) => "none".to_owned(),
                    (None, Some(_), true) => "only TTL".to_owned(),
                    (None, ..) => "only ResourceRecords".to_owned(),
                    (Some(_), ..) => "more than one".to_owned(),
                };
                let text = format!(
                    "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and \
                     ResourceRecords], or TrafficPolicyInstanceId], but found {found} in {}",
                    about()
                );
                return Err(invalid(text));
            }
        };
        Ok(Self { zone: zone.to_owned(), name, kind, weighted, leads })
    }
}

fn number(set: &Reader<'_>, name: &str, most: u64) -> Result<Option<u64>, Fault> {
    let Some(text) = set.text(name) else { return Ok(None) };
    match text.parse::<u64>() {
        Ok(number) if number <= most => Ok(Some(number)),
        Ok(_) | Err(_) => {
            Err(invalid(format!("{name} has to be between 0 and {most}, not {text}")))
        }
    }
}

fn read_alias(alias: &Reader<'_>, about: &str) -> Result<Alias, Fault> {
    let part = |name: &str| {
        let missing = || {
            let text = format!("Invalid request: Missing field '{name}' in AliasTarget in {about}");
            invalid(text)
        };
        alias.text(name).filter(|it| !it.is_empty()).ok_or_else(missing)
    };
    let given = part("DNSName")?;
    let name = name::normal(&given);
    Ok(Alias {
        zone: part("HostedZoneId")?.trim_start_matches("/hostedzone/").to_owned(),
        name: name.ok_or_else(|| {
            invalid(format!("FATAL problem: DomainLabelInvalid encountered with '{given}'"))
        })?,
        evaluate: match part("EvaluateTargetHealth")?.as_str() {
            "true" => true,
            "false" => false,
            other => return Err(invalid(format!("EvaluateTargetHealth is '{other}'"))),
        },
    })
}

/// The code of a batch whose changes cannot be made.
fn illegal(problem: &str, value: &str) -> Fault {
    let text =
        format!("Invalid Resource Record: 'FATAL problem: {problem} encountered with '{value}''");
    Fault::client(super::change::INVALID, text)
}

/// Refuses values that are none of the type.
fn checked(kind: &str, values: Vec<String>) -> Result<Vec<String>, Fault> {
    for (at, value) in values.iter().enumerate() {
        if values.iter().take(at).any(|it| it == value) {
            let text = format!("Duplicate Resource Record: '{value}'");
            return Err(Fault::client(super::change::INVALID, text));
        }
        match kind {
            "A" if value.parse::<Ipv4Addr>().is_err() => {
                let problem = "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)";
                return Err(illegal(problem, value));
            }
            "AAAA" if value.parse::<Ipv6Addr>().is_err() => {
                let problem = "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)";
                return Err(illegal(problem, value));
            }
            "TXT" if value.len() < 2 || !value.starts_with('"') || !value.ends_with('"') => {
                let problem =
                    "InvalidCharacterString (Value should be enclosed in quotation marks)";
                return Err(illegal(problem, value));
            }
            "TXT" if value.split("\" \"").any(|it| it.trim_matches('"').len() > 255) => {
                let problem = "CharacterStringTooLong (Value is too long)";
                return Err(illegal(problem, value));
            }
            "CNAME" | "NS" if name::normal(value).is_none() => {
                return Err(illegal("DomainLabelInvalid", value));
            }
            _ => {}
        }
    }
    if kind == "CNAME" && values.len() > 1 {
        let text = "A CNAME record set can have only one record".to_owned();
        return Err(Fault::client(super::change::INVALID, text));
    }
    Ok(values)
}
