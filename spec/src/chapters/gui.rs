//! `spec.gui`: the way to the node's GUI from outside.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    arn::{CertificateArn, Home},
    at::{At, Optional},
    chapter::{chapter, in_place, interrupts, replaces},
    cidrs::{self, Cidrs},
    form::leaf,
    log::{Log, Quoted},
    names::{NameError, name},
    network::DomainName,
    problem::{Code, Draft},
    whole::Whole,
};

const BALANCER: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html";
const POLICIES: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html";
const CERTIFICATES: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html";
const RECORDS: &str =
    "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-to-elb-load-balancer.html";
const RULES: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html";

chapter! {
    /// The way to the node's GUI. Without a load balancer it is `clctl tunnel gui`.
    pub struct Gui, GuiFields, check check {
        optional {
            /// A load balancer in front of the GUI, which leads to the node that is active. None, if this is left
            /// out.
            load_balancer: LoadBalancer, interrupts("it is made or removed, and the nodes are replaced, the standby first: silent for one handover", BALANCER)
                .example("{certificateArn: \"arn:aws:acm:us-east-1:123456789012:certificate/…\"}");
            /// The name the GUI is reached at. The certificate has to be for it.
            domain_name: DomainName, replaces("the record is made anew, and the nodes are replaced, the standby first: silent for one handover", RECORDS);
            /// The hosted zone in Route 53 in which clctl makes the record for `domainName`. Without this you make
            /// it yourself.
            hosted_zone_id: HostedZoneId, replaces("the record is made anew: the GUI is not found until name servers know", RECORDS);
        }
        default {
            /// IPv4 ranges from which the load balancer takes HTTPS (port 443). None by default.
            allowed_cidrs: Cidrs = Cidrs::default(), in_place(RULES).example("[203.0.113.0/24]");
            /// Whether `allowedCidrs` may be the whole internet. Chainlink advises against it.
            allow_from_anywhere: bool = false, in_place(RULES).effect("nothing in AWS changes: it is what `allowedCidrs` may be");
        }
    }
}

chapter! {
    /// A load balancer in front of the GUI: HTTPS, and a redirect from HTTP.
    pub struct LoadBalancer, LoadBalancerFields {
        required {
            /// The certificate, in AWS Certificate Manager in the same region.
            certificate_arn: CertificateArn, in_place(CERTIFICATES)
                .example("arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012");
        }
        default {
            /// Whether it is reached from the internet, or from within the VPC and what is connected to it.
            scheme: Scheme = Scheme::default(), replaces("the load balancer is made anew, with another DNS name: minutes without the GUI, none without the oracle", BALANCER);
            /// Which versions of TLS and which ciphers it speaks. None older than TLS 1.2.
            ssl_policy: SslPolicy = SslPolicy::default(), in_place(POLICIES);
            /// How long a connection may be silent.
            idle_timeout: Whole<1, 4000> = Whole::of(60), in_place(BALANCER).unit("seconds");
            /// Whether AWS refuses to delete it.
            deletion_protection: bool = false, in_place(BALANCER);
        }
    }
}

/// From where a load balancer is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// From within the VPC and what is connected to it.
    #[default]
    Internal,
    /// From the internet, as far as `allowedCidrs` lets it.
    InternetFacing,
}

/// Which versions of TLS and which ciphers are spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum SslPolicy {
    /// TLS 1.3, with keys that quantum computers do not find, and 1.2 with few ciphers. What AWS recommends.
    #[default]
    #[serde(rename = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09")]
    Tls13And12RestrictedPq,
    /// The same, with more ciphers of TLS 1.2.
    #[serde(rename = "ELBSecurityPolicy-TLS13-1-2-PQ-2025-09")]
    Tls13And12Pq,
    /// TLS 1.3 alone, with such keys.
    #[serde(rename = "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09")]
    Tls13Pq,
    /// TLS 1.3 and 1.2 with ciphers of FIPS 140, and such keys.
    #[serde(rename = "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09")]
    FipsPq,
    /// TLS 1.3, and 1.2 with forward secrecy.
    #[serde(rename = "ELBSecurityPolicy-TLS13-1-2-2021-06")]
    Tls13And12,
    /// The same, with few ciphers of TLS 1.2.
    #[serde(rename = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06")]
    Tls13And12Restricted,
    /// TLS 1.3 alone.
    #[serde(rename = "ELBSecurityPolicy-TLS13-1-3-2021-06")]
    Tls13,
    /// TLS 1.3, and 1.2 with ciphers of FIPS 140.
    #[serde(rename = "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04")]
    Fips,
}

leaf!(Scheme, SslPolicy);

name! {
    /// The id of a hosted zone in Route 53.
    HostedZoneId, pattern "^Z[0-9A-Z]{1,31}$", longest 32, |text| {
        let is_id = (2..=32).contains(&text.len())
            && text.starts_with('Z')
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if is_id {
            return Ok(());
        }
        let message = format!("{} is not the id of a hosted zone", Quoted(text));
        let help = match text.strip_prefix("/hostedzone/") {
            Some(id) => format!("write the id alone: `{id}`"),
            None => "it looks like `Z0123456789ABCDEFGHIJ`; `aws route53 list-hosted-zones` has it".to_owned(),
        };
        Err(NameError::new(message, help))
    }
}

impl Gui {
    /// From where the load balancer takes HTTPS, sorted.
    pub fn admitted(&self) -> Vec<ipnet::Ipv4Net> {
        cidrs::sorted(&self.allowed_cidrs)
    }
}

fn check(written: &At<GuiFields>, log: &Log) {
    let fields = &written.value;
    cidrs::check(&fields.allowed_cidrs, &fields.allow_from_anywhere, "the GUI of the node", log);
    if let (Some(zone), Optional::Absent) = (fields.hosted_zone_id.given(), &fields.domain_name.0) {
        let draft = Draft::new(Code::Needs, zone.span, "a hosted zone, and no name to make in it");
        log.report(draft.label("needs `gui.domainName`").help("add `domainName`, or remove this"));
    }
    match (&fields.load_balancer.0, &fields.domain_name.0) {
        (Optional::Absent, Optional::Given(name)) => {
            let draft = Draft::new(
                Code::Needs,
                name.span,
                "a name for the GUI, and nothing it could lead to",
            );
            log.report(draft.label("needs `gui.loadBalancer`").help(
                "add `loadBalancer` with a `certificateArn`, or remove this: `clctl tunnel gui` needs neither",
            ));
        }
        (Optional::Given(balancer), _) => {
            let allowed = &fields.allowed_cidrs;
            let what = "the load balancer";
            cidrs::check_reachable(allowed, balancer.span, what, "gui.allowedCidrs", log);
        }
        (Optional::Absent | Optional::Broken, _) => {}
    }
}

impl GuiFields {
    /// Checks what is named of AWS against where the environment is.
    pub(crate) fn check_home(&self, home: Home<'_>, log: &Log) {
        let balancer = self.load_balancer.given();
        if let Some(arn) = balancer.and_then(|balancer| balancer.value.certificate_arn.0.as_ref()) {
            home.check(arn.value.as_str(), arn.span, "the certificate", log);
            home.check_account(arn.value.as_str(), arn.span, "the certificate", log);
        }
    }

    /// Whether the load balancer stands in the public subnets, and where that is written.
    pub(crate) fn public(&self) -> Option<crate::tree::Span> {
        let scheme = self.load_balancer.given()?.value.scheme.given()?;
        (scheme.value == Scheme::InternetFacing).then_some(scheme.span)
    }
}
