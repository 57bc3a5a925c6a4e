//! `spec.access`: how people get to the instances.

use crate::{
    at::At,
    chapter::{chapter, choice, in_place, interrupts, replaces},
    cidrs::{self, Cidrs},
    instance::{self, ImageId, InstanceType},
    log::{Log, Quoted},
    names::{Fixed, NameError, name},
    network::Tenancy,
    problem::{Code, Draft},
    text::Banner,
    whole::Whole,
};

const RULES: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html";
const KEY_PAIRS: &str = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-key-pairs.html";
const BASTION: &str = "https://aws-ia.github.io/cfn-ps-linux-bastion/";
const TYPES: &str = "https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html";
const IMAGES: &str = "https://docs.aws.amazon.com/linux/al2023/ug/ec2.html";
const TENANCY: &str = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/dedicated-instance.html";
const SSHD: &str = "https://man.openbsd.org/sshd_config";
const SESSIONS: &str =
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html";

const NEW_BASTION: &str = "the bastion is made anew; sessions through it end";

chapter! {
    /// How people get to the instances. Nobody does, by default, but through Session Manager.
    pub struct Access, AccessFields, check check {
        optional {
            /// The key pair for SSH to the bastion and, through it, to the nodes.
            key_pair: KeyPair, replaces("instances are made anew, the standby first", KEY_PAIRS)
                .example("{name: operations}");
            /// A bastion host in the public subnets: the way in by SSH. None, if this is left out; `{}` makes one
            /// with its defaults. Needs `keyPair`.
            bastion: Bastion, in_place(BASTION).effect("it is made or removed").example("{}");
        }
        default {
            /// IPv4 ranges from which the bastion takes SSH (port 22).
            allowed_cidrs: Cidrs = Cidrs::default(), in_place(RULES).example("[203.0.113.0/24]");
            /// Whether `allowedCidrs` may be the whole internet. Then everybody can try to get in.
            allow_from_anywhere: bool = false, in_place(RULES).effect("nothing in AWS changes: it is what `allowedCidrs` may be");
        }
        chapters {
            /// AWS Systems Manager Session Manager: a way in without open ports, keys or a bastion, for those whom
            /// IAM lets in.
            session_manager: SessionManager, in_place(SESSIONS);
        }
    }
}

choice! {
    /// The key pair: one that exists in the region, or a public key to be imported.
    pub enum KeyPair, KeyPairFields {
        /// The name of a key pair that exists in the region.
        name: Name(KeyPairName), replaces("instances are made anew, the standby first", KEY_PAIRS);
        /// A public key in OpenSSH's form, one line: what is in `id_ed25519.pub`.
        public_key: PublicKey(SshPublicKey), replaces("instances are made anew, the standby first", KEY_PAIRS);
    }
}

chapter! {
    /// A bastion host: the way in by SSH.
    pub struct Bastion, BastionFields, check check_bastion {
        optional {
            /// What everybody reads before logging in, up to 2,000 characters. May have several lines.
            banner: Banner, replaces(NEW_BASTION, SSHD);
            /// The image it starts from: one of Amazon Linux 2023 for x86-64. Without it, the newest one when the
            /// bastion is first made, and from then on that one.
            image_id: ImageId, replaces(NEW_BASTION, IMAGES).example("ami-0123456789abcdef0");
        }
        default {
            /// How many. Each has an address of its own; a second one serves while the first is made anew.
            count: Whole<1, 2> = Whole::of(1), interrupts("each knows all addresses: those that are there are made anew, and sessions through them end", BASTION);
            /// What it runs on. It only passes on what others say.
            instance_type: InstanceType = InstanceType::fixed("t3.micro"), replaces(NEW_BASTION, TYPES);
            /// Whether it stands on hardware that no other account uses.
            tenancy: Tenancy = Tenancy::Default, replaces(NEW_BASTION, TENANCY);
            /// Whether it passes on TCP connections: `ssh -J` and `ssh -L` need that, and so does
            /// `clctl tunnel` through the bastion.
            tcp_forwarding: bool = true, replaces(NEW_BASTION, SSHD);
            /// Whether it passes on X11, for graphical programs.
            x11_forwarding: bool = false, replaces(NEW_BASTION, SSHD);
        }
    }
}

chapter! {
    /// A way in without open ports, keys or a bastion.
    pub struct SessionManager, SessionManagerFields {
        default {
            /// Whether it is there. Who gets in is for IAM to say: `ssm:StartSession`.
            enabled: bool = true, in_place(SESSIONS).effect("sessions end");
        }
    }
}

name! {
    /// The name of a key pair: up to 255 ASCII characters.
    KeyPairName, pattern "^[!-~]([ -~]*[!-~])?$", longest 255, |text| {
        let is_name = (1..=255).contains(&text.len())
            && text.bytes().all(|b| (b' '..=b'~').contains(&b))
            && text.trim() == text;
        if is_name {
            return Ok(());
        }
        let message = format!("{} cannot name a key pair", Quoted(text));
        Err(NameError::new(message, "it has 1 to 255 ASCII characters, and no space at either end"))
    }
}

name! {
    /// A public key for SSH. EC2 imports RSA and ED25519 keys.
    SshPublicKey: cautious, pattern "^ssh-(rsa|ed25519) [A-Za-z0-9+/]+=* ?[ -~]*$", longest 4096, |text| {
        let refuse = |message: &str, help: &str| Err(NameError::new(message, help));
        let mut words = text.splitn(3, ' ');
        let kind = words.next().unwrap_or_default();
        let body = words.next().unwrap_or_default();
        if text.contains("PRIVATE KEY") {
            return refuse("this is a private key", "it belongs in no file but your own: write the public one, from the file that ends with `.pub`");
        }
        if kind.starts_with("ecdsa-") || kind.starts_with("sk-") {
            return refuse("EC2 does not import keys of this kind", "use an ED25519 or RSA key: `ssh-keygen -t ed25519`");
        }
        if !matches!(kind, "ssh-rsa" | "ssh-ed25519") {
            return refuse("this is not a public key for SSH", "it looks like `ssh-ed25519 AAAA… somebody@example.com`: what is in `id_ed25519.pub`");
        }
        let digits = body.trim_end_matches('=');
        let is_base64 = !digits.is_empty()
            && body.len() - digits.len() <= 2
            && digits.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/');
        // The kind stands in the key as well, after its length.
        let begins = if kind == "ssh-rsa" { "AAAAB3NzaC1yc2" } else { "AAAAC3NzaC1lZDI1NTE5" };
        // What an ED25519 key has in bytes, and an RSA key of 1,024 bits at least, in base64.
        let is_long = if kind == "ssh-rsa" { body.len() >= 200 } else { body.len() == 68 };
        if !is_base64 || !body.starts_with(begins) || !is_long || text.len() > 4096 {
            return refuse("this public key is damaged", "copy the whole line of the file that ends with `.pub`");
        }
        if text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            return Ok(());
        }
        refuse("the comment of this public key is not ASCII", "change what stands behind the key, or leave it out")
    }
}

fn check(written: &At<AccessFields>, log: &Log) {
    let fields = &written.value;
    cidrs::check(&fields.allowed_cidrs, &fields.allow_from_anywhere, "the bastion", log);
    let Some(bastion) = fields.bastion.given() else {
        let sessions = fields.session_manager.given().and_then(|at| at.value.enabled.given());
        if let Some(off) = sessions.filter(|at| !at.value && !fields.bastion.is_given()) {
            let message = "there is no way in: neither Session Manager nor a bastion";
            let draft = Draft::new(Code::Unreachable, off.span, message).label("switched off");
            log.report(
                draft.help("add `bastion: {}` with a `keyPair`, or leave Session Manager on"),
            );
        }
        return;
    };
    if !fields.key_pair.is_given() {
        log.report(
            Draft::new(
                Code::Needs,
                bastion.span,
                "nobody can log in to a bastion without a key pair",
            )
            .label("needs `access.keyPair`")
            .help("add `keyPair: {name: …}`, or remove the bastion: Session Manager needs neither"),
        );
    }
    let allowed = &fields.allowed_cidrs;
    cidrs::check_reachable(allowed, bastion.span, "the bastion", "access.allowedCidrs", log);
}

fn check_bastion(written: &At<BastionFields>, log: &Log) {
    if let Some(at) = written.value.instance_type.given() {
        instance::check_bastion(at, log);
    }
}

/// Ranges that are admitted, sorted: their order means nothing.
impl Access {
    /// From where the bastion takes SSH, sorted.
    pub fn admitted(&self) -> Vec<ipnet::Ipv4Net> {
        cidrs::sorted(&self.allowed_cidrs)
    }
}
