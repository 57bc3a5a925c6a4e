//! What a bastion is told: how SSH behaves, and which addresses it may claim.

use std::fmt::Write as _;

use clctl_spec::Bastion;

use super::{BOOT, BOOT_UNIT, Error, File, LIB, START, UserData, agent};

const BANNER: &str = "/etc/ssh/clctl-banner";

/// What a bastion is rendered from, beside the spec.
#[derive(Clone, Copy, Debug)]
pub struct BastionInputs<'a> {
    /// What is wanted.
    pub bastion: &'a Bastion,
    /// Where bastions write what happens.
    pub log_group: &'a str,
    /// The allocations of the addresses of all bastions: each claims one that is free.
    pub addresses: &'a [String],
}

/// What a bastion is told when it is launched. From where it takes SSH is for its security group to say.
///
/// # Errors
/// If there is not one address for each, or if it is more than EC2 takes.
pub fn bastion(inputs: &BastionInputs<'_>) -> Result<UserData, Error> {
    let declared = inputs.bastion;
    let count = declared.count.get();
    if u32::try_from(inputs.addresses.len()) != Ok(count) {
        return Err(Error::Addresses { count, addresses: inputs.addresses.len() });
    }
    let mut files = vec![
        File::data("/etc/clctl/addresses", lines(inputs.addresses)),
        agent::on_bastion(inputs.log_group),
        File::data("/etc/ssh/sshd_config.d/10-clctl.conf", sshd(declared)),
        File::data("/etc/audit/rules.d/60-clctl.rules", include_str!("units/audit.rules")),
        File::script(LIB, include_str!("scripts/lib.sh")),
        File::script(BOOT, include_str!("scripts/bastion-boot.sh")),
        File::data(BOOT_UNIT, include_str!("units/clctl-boot.service")),
        File::data("/etc/logrotate.d/clctl", include_str!("units/logrotate")),
    ];
    if let Some(banner) = &declared.banner {
        files.push(File::data(BANNER, banner.as_str()));
    }
    UserData::new(files, &START)
}

fn lines(items: &[String]) -> String {
    items.iter().fold(String::new(), |text, item| text + item + "\n")
}

/// Of each setting the first counts, and this file is read before those of the distribution.
/// <https://man.openbsd.org/sshd_config>
fn sshd(bastion: &Bastion) -> String {
    let word = |on| if on { "yes" } else { "no" };
    let mut text = include_str!("units/sshd.conf").to_owned();
    let _ = writeln!(text, "AllowTcpForwarding {}", word(bastion.tcp_forwarding));
    let _ = writeln!(text, "X11Forwarding {}", word(bastion.x11_forwarding));
    if bastion.banner.is_some() {
        let _ = writeln!(text, "Banner {BANNER}");
    }
    text
}
