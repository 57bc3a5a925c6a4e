//! What runs on instances, played from outside.
//!
//! A test that plays the part of the software on the instances (a fleet) sees here what an instance sees of
//! itself, acts with the credentials of its role, and tells what AWS would observe of it: status checks, what
//! its console shows, that it shut itself down. What the instance does to other services it does over the
//! wire, with [`Running::access_key`].

use std::collections::BTreeMap;

use super::{Region, World};
use crate::{
    Time,
    random::Rng,
    services::{Around, Ec2, ec2},
};

/// A running instance, as it sees itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Where: `us-east-1`.
    pub region: String,
    /// Its id.
    pub id: String,
    /// Its Availability Zone.
    pub zone: String,
    /// Its private address.
    pub private_ip: String,
    /// Its public address.
    pub public_ip: Option<String>,
    /// When it began to run, or was rebooted last.
    pub booted: Time,
    /// Its user data, decoded: as the metadata service gives it, compressed or not.
    pub user_data: Vec<u8>,
    /// The ARN of the role whose credentials it gets, as its profile is now.
    pub role: Option<String>,
    /// The access key of these credentials. Whoever calls with it is a session of the role that is named
    /// after the instance.
    pub access_key: String,
    /// Its tags, if it may see them.
    pub tags: Option<BTreeMap<String, String>>,
}

/// An instance at a glance: for whoever looks often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance<'a> {
    /// Where: `us-east-1`.
    pub region: &'a str,
    /// Its id.
    pub id: &'a str,
    /// When it began to run, or was rebooted last.
    pub booted: Option<Time>,
    /// Whether it is being shut down.
    pub ends: bool,
    /// What status checks are told to see of it.
    pub checks: Checks,
}

/// What status checks see of an instance.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// They pass.
    Pass,
    /// The instance cannot be reached, and its host can.
    InstanceFails,
    /// The host of the instance cannot be reached, nor can the instance.
    SystemFails,
}

impl World {
    /// The instances that run, in all regions.
    pub fn running(&self) -> Vec<Running> {
        let mut all = Vec::new();
        for (name, region) in &self.regions {
            all.extend(region.ec2.running().into_iter().map(|it| Running {
                region: name.clone(),
                role: it.profile.and_then(|it| self.role_for_instances(&it)),
                access_key: ec2::key_of(&it.id),
                id: it.id,
                zone: it.zone,
                private_ip: it.private_ip,
                public_ip: it.public_ip,
                booted: it.booted,
                user_data: it.user_data,
                tags: it.tags,
            }));
        }
        all
    }

    /// The instances that run or are being shut down, in all regions, at a glance.
    pub fn glance(&self) -> Vec<Glance<'_>> {
        let mut all = Vec::new();
        for (name, region) in &self.regions {
            all.extend(region.ec2.glance().map(|it| Glance {
                region: name,
                id: it.id,
                booted: it.booted,
                ends: it.ends,
                checks: match it.failing {
                    None | Some((false, false)) => Checks::Pass,
                    Some((true, false)) => Checks::InstanceFails,
                    Some((_, true)) => Checks::SystemFails,
                },
            }));
        }
        all
    }

    /// Whether an instance reaches a port of hosts on the internet: its route table leads out, and its
    /// security groups let it.
    pub fn leads_out(&self, instance: &str, port: u32) -> bool {
        self.regions.values().any(|it| it.ec2.leads_out(instance, port))
    }

    /// Lets the status checks of a running instance pass or fail from now on; says whether it runs.
    pub fn impair(&mut self, instance: &str, checks: Checks) -> bool {
        let failing = match checks {
            Checks::Pass => (false, false),
            Checks::InstanceFails => (true, false),
            Checks::SystemFails => (true, true),
        };
        self.touch(instance, |ec2, around, rng, now| {
            ec2.impair(around, rng, (now, instance), failing)
        })
    }

    /// Lets a running instance write on its console, behind what is there; says whether it runs.
    pub fn write_console(&mut self, instance: &str, text: &str) -> bool {
        self.touch(instance, |ec2, around, rng, now| {
            ec2.write_console(around, rng, (now, instance), text)
        })
    }

    /// Lets a running instance shut itself down, as after a crash or `shutdown -h`; it stops or ends, as
    /// it is told to. Says whether it ran.
    pub fn power_off(&mut self, instance: &str) -> bool {
        self.touch(instance, |ec2, around, rng, now| ec2.power_off(around, rng, (now, instance)))
    }

    /// Loses an Availability Zone of the settings' region: what runs there cannot be reached any more, and
    /// nothing can be launched there.
    pub fn lose_zone(&mut self, zone: &str) {
        if !self.settings.short_of.iter().any(|it| it == zone) {
            self.settings.short_of.push(zone.to_owned());
        }
        if !self.settings.has_lost(zone) {
            self.settings.lost_zones.push(zone.to_owned());
        }
        let Self { settings, regions, rng, now, .. } = self;
        for (name, region) in regions {
            region.rds.lose_zone((settings, name), rng.fork(), *now, zone);
        }
        for id in self.running_in(zone) {
            self.impair(&id, Checks::SystemFails);
        }
    }

    /// Brings a lost zone back: what runs there can be reached again.
    pub fn regain_zone(&mut self, zone: &str) {
        self.settings.short_of.retain(|it| it != zone);
        self.settings.lost_zones.retain(|it| it != zone);
        for id in self.running_in(zone) {
            self.impair(&id, Checks::Pass);
        }
    }

    /// Brings out the next release of Amazon's images in every region asked about so far: the public
    /// parameters name it from now on, and the older ones stay.
    pub fn publish_images(&mut self) {
        let now = self.now;
        for region in self.regions.values_mut() {
            region.ec2.publish_images(now);
        }
    }

    /// The newest image of Amazon Linux 2023 in a region, as its public parameter names it.
    pub fn newest_image(&self, region: &str) -> Option<String> {
        let none = Vec::new();
        let releases = self.regions.get(region).map_or(&none, |it| it.ec2.releases());
        let path = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
        let parameter = ec2::image_parameter(region, self.settings.start, releases, path);
        parameter.map(|(id, ..)| id)
    }

    fn running_in(&self, zone: &str) -> Vec<String> {
        self.regions.values().flat_map(|it| it.ec2.running_in(zone)).collect()
    }

    fn touch(
        &mut self,
        instance: &str,
        act: impl Fn(&mut Ec2, Around<'_>, Rng, Time) -> bool,
    ) -> bool {
        let Self { settings, iam, now, rng, regions, .. } = self;
        regions.iter_mut().any(|(name, region)| {
            let Region { ec2, kms, .. } = region;
            let around = Around { settings, region: name, iam, kms };
            ec2.look(instance).is_some() && act(ec2, around, rng.fork(), *now)
        })
    }
}
