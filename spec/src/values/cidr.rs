//! IPv4 ranges as written, and how to carve subnets from a VPC.

use std::{borrow::Cow, net::IpAddr, str::FromStr};

use ipnet::Ipv4Net;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::{
    at::At,
    form::Form,
    log::{Log, Quoted},
    names::{NameError, Parse},
};

/// A range whose host bits are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cidr(pub(crate) Ipv4Net);

impl FromStr for Cidr {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let refuse = |what: &str, help: String| {
            Err(NameError::new(format!("{} is {what}", Quoted(text)), help))
        };
        if let Ok(net) = text.parse::<Ipv4Net>() {
            if net.to_string() != text {
                let help = format!("write `{net}`: some read leading zeros as octal");
                return refuse("written with leading zeros", help);
            }
            if net.trunc() != net {
                return refuse(
                    "not the beginning of its range",
                    format!(
                        "the range is `{}`; for the one address write `{}/32`",
                        net.trunc(),
                        net.addr()
                    ),
                );
            }
            return Ok(Self(net));
        }
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        match (address.parse::<IpAddr>(), length) {
            (Ok(IpAddr::V6(_)), _) => {
                refuse("an IPv6 range", "clctl builds IPv4 networks; write an IPv4 range".into())
            }
            (Ok(IpAddr::V4(address)), None) => refuse(
                "an address, not a range",
                format!("for this one address write `{address}/32`"),
            ),
            (Ok(IpAddr::V4(address)), Some(_)) => refuse(
                "not an IPv4 range",
                format!("a length is a number from 0 to 32, for example `{address}/24`"),
            ),
            (Err(_), _) => refuse("not an IPv4 range", "a range looks like `10.0.0.0/16`".into()),
        }
    }
}

impl Form for Ipv4Net {
    type Written = Cidr;

    fn is_same(a: &Cidr, b: &Cidr) -> bool {
        a == b
    }

    fn settle(written: At<Cidr>, _: &Log) -> Option<Self> {
        Some(written.value.0)
    }
}

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parse(std::marker::PhantomData))
    }
}

impl JsonSchema for Cidr {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Cidr".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])/(3[0-2]|[12]?[0-9])$",
            "maxLength": 18
        })
    }
}

/// The largest VPC and subnet, by the length of their prefix.
pub(crate) const LARGEST: u8 = 16;
/// The smallest VPC and subnet AWS makes.
pub(crate) const SMALLEST: u8 = 28;
/// The smallest VPC that has room for four of the smallest subnets.
pub(crate) const SMALLEST_FOR_FOUR: u8 = SMALLEST - 2;

/// Two private and two public subnets, one of each per zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Carved {
    pub(crate) private: [Ipv4Net; 2],
    pub(crate) public: [Ipv4Net; 2],
}

/// Carves a VPC the way the AWS quickstart does its 10.0.0.0/16.
///
/// Private subnets are the first two eighths, public ones the ninth and tenth sixteenth. So
/// 10.0.0.0/16 has private 10.0.0.0/19 and 10.0.32.0/19 and public 10.0.128.0/20 and 10.0.144.0/20,
/// and half of the VPC stays free. Below /24 AWS makes no sixteenths: a /25 or /26
/// is quartered, private first. Anything smaller has no room for four subnets.
pub(crate) fn carve(vpc: Ipv4Net) -> Option<Carved> {
    let length = vpc.prefix_len();
    let pair = |piece: u8, first: usize| {
        let mut subnets = vpc.subnets(piece).ok()?.skip(first);
        Some([subnets.next()?, subnets.next()?])
    };
    if length + 4 <= SMALLEST {
        Some(Carved { private: pair(length + 3, 0)?, public: pair(length + 4, 8)? })
    } else if length <= SMALLEST_FOR_FOUR {
        Some(Carved { private: pair(length + 2, 0)?, public: pair(length + 2, 2)? })
    } else {
        None
    }
}

pub(crate) fn overlap(a: Ipv4Net, b: Ipv4Net) -> bool {
    a.contains(&b) || b.contains(&a)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn net(text: &str) -> Ipv4Net {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn the_default_vpc_is_carved_as_by_the_quickstart() {
        let Some(carved) = carve(net("10.0.0.0/16")) else { unreachable!() };
        assert_eq!(carved.private, [net("10.0.0.0/19"), net("10.0.32.0/19")]);
        assert_eq!(carved.public, [net("10.0.128.0/20"), net("10.0.144.0/20")]);
    }

    #[test]
    fn small_vpcs_are_quartered() {
        let Some(carved) = carve(net("10.1.2.64/26")) else { unreachable!() };
        assert_eq!(carved.private, [net("10.1.2.64/28"), net("10.1.2.80/28")]);
        assert_eq!(carved.public, [net("10.1.2.96/28"), net("10.1.2.112/28")]);
    }

    proptest! {
        #[test]
        fn carved_subnets_lie_within_and_apart(address: u32, length in LARGEST..=SMALLEST) {
            let vpc = Ipv4Net::new(address.into(), length).unwrap_or_default().trunc();
            let Some(Carved { private, public }) = carve(vpc) else {
                prop_assert!(length > SMALLEST_FOR_FOUR);
                return Ok(());
            };
            let all: Vec<_> = private.into_iter().chain(public).collect();
            for (i, subnet) in all.iter().enumerate() {
                prop_assert!(vpc.contains(subnet));
                prop_assert!((LARGEST..=SMALLEST).contains(&subnet.prefix_len()));
                prop_assert_eq!(subnet.trunc(), *subnet);
                for other in &all[..i] {
                    prop_assert!(!overlap(*subnet, *other), "{} {}", subnet, other);
                }
            }
        }

        #[test]
        fn ranges_are_taken_exactly_if_their_host_bits_are_zero(address: u32, length in 0u8..=32) {
            let net = Ipv4Net::new(address.into(), length).unwrap_or_default();
            prop_assert_eq!(net.to_string().parse::<Cidr>().is_ok(), net.trunc() == net);
            prop_assert_eq!(net.trunc().to_string().parse(), Ok(Cidr(net.trunc())));
        }
    }

    #[test]
    fn refusals_say_what_to_write() {
        for (text, help) in [
            ("10.0.0.5/16", "the range is `10.0.0.0/16`; for the one address write `10.0.0.5/32`"),
            ("10.0.0.5", "for this one address write `10.0.0.5/32`"),
            ("10.0.0.0/33", "a length is a number from 0 to 32, for example `10.0.0.0/24`"),
            ("::/0", "clctl builds IPv4 networks; write an IPv4 range"),
            ("home", "a range looks like `10.0.0.0/16`"),
        ] {
            assert_eq!(
                text.parse::<Cidr>().map_err(|error| error.help().to_owned()),
                Err(help.to_owned())
            );
        }
    }
}
