//! Lists of ranges from which something can be reached.

use ipnet::Ipv4Net;

use crate::{
    at::{At, Optional},
    bounded::{List, Listed},
    cidr::Cidr,
    log::Log,
    problem::{Code, Draft},
    tree::Span,
};

/// Ranges from which something can be reached. AWS takes 60 rules in a security group by default, and
/// some of them are clctl's.
pub type Cidrs = List<Ipv4Net, 0, 50>;
/// Such ranges as written.
pub(crate) type WrittenCidrs = Listed<Cidr, 0, 50>;

/// Larger than any company's range of addresses: 16 million of them.
const WIDE: u8 = 8;
/// Ranges that belong to nobody on the internet: RFC 1918 and RFC 6598.
const PRIVATE: [&str; 4] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];

/// Checks who may reach some part of the administration.
pub(crate) fn check(
    cidrs: &Optional<WrittenCidrs>,
    anywhere: &Optional<bool>,
    what: &str,
    log: &Log,
) {
    let Some(At { value: written, span }) = cidrs.given() else { return };
    let accepted = anywhere.given().filter(|at| at.value);
    let all: Vec<Ipv4Net> = written.readable().map(|at| at.value.0).collect();
    let whole = written.readable().find(|at| at.value.0.prefix_len() == 0);
    // Many parts are the whole as well: half of all addresses are meant to be everybody.
    let addresses = |net: &Ipv4Net| 1_u64 << (32 - net.prefix_len());
    let is_open = Ipv4Net::aggregate(&all).iter().map(addresses).sum::<u64>() >= 1 << 31;
    if is_open {
        let at = whole.map_or(*span, |at| at.span);
        let message = format!("{what} is open to the whole internet");
        log.report(match (accepted, anywhere) {
            (Some(accepted), _) => Draft::new(Code::OpenAccepted, at, message)
                .label("everybody")
                .also(accepted.span, "accepted here")
                .help("name the ranges you come from as soon as you can"),
            (None, Optional::Broken) => return,
            (None, _) => Draft::new(Code::OpenToInternet, at, message).label("everybody").help(
                "name the ranges you come from, for example that of your VPN; if everybody is really meant, \
                 accept it with `allowFromAnywhere: true`",
            ),
        });
        return;
    }
    let is_private = |net: Ipv4Net| {
        PRIVATE.iter().any(|range| range.parse::<Ipv4Net>().is_ok_and(|it| it.contains(&net)))
    };
    for At { value: Cidr(net), span } in written.readable() {
        if net.prefix_len() < WIDE && !is_private(*net) {
            let message = format!("{what} is open to {net}, more than 16 million addresses");
            log.report(
                Draft::new(Code::WideRange, *span, message)
                    .label("a very wide range")
                    .help("name the ranges you come from, for example that of your VPN"),
            );
        }
    }
}

/// Checks that somebody may reach what is made to be reached. `at` is where it is written, `field` where the
/// ranges belong.
pub(crate) fn check_reachable(
    cidrs: &Optional<WrittenCidrs>,
    at: Span,
    what: &str,
    field: &str,
    log: &Log,
) {
    let nobody = match cidrs {
        Optional::Absent => true,
        Optional::Given(at) => at.value.count() == 0,
        Optional::Broken => false,
    };
    if nobody {
        let message = format!("no address may reach {what}");
        let draft = Draft::new(Code::Unreachable, at, message).label("behind closed doors");
        log.report(draft.help(format!("add `{field}` with the ranges you come from")));
    }
}

/// The ranges in order: the one they are written in means nothing.
pub(crate) fn sorted(cidrs: &Cidrs) -> Vec<Ipv4Net> {
    let mut sorted = cidrs.to_vec();
    sorted.sort_unstable();
    sorted
}
