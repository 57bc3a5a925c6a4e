//! The databases, as whoever connects to them finds them, and what a test that plays clients needs to know: the
//! world keeps no rows.

use crate::{Time, World};

/// A database that there is: an instance that stands alone, or a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Where: `us-east-1`.
    pub region: String,
    /// What it is called now.
    pub name: String,
    /// The id that stays, whatever it is called: `db-ABC…`.
    pub resource: String,
    /// Whose data it was made of, by the id that stays, and as of when; nothing when it was made empty.
    pub heir: Option<(String, Time)>,
    /// Whether it serves clients now.
    pub serves: bool,
}

/// Who connects, from where, to what.
#[derive(Clone, Copy)]
pub struct Login<'a> {
    /// The instance that connects.
    pub instance: &'a str,
    /// The region whose endpoint it is.
    pub region: &'a str,
    /// The name of the endpoint.
    pub host: &'a str,
    /// The port.
    pub port: u32,
    /// The name of the user.
    pub user: &'a str,
    /// The user's password.
    pub password: &'a str,
    /// The name of the database.
    pub database: &'a str,
}

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// There is no such host.
    Unknown,
    /// No answer: security groups, another VPC, or nobody is there.
    Unreachable,
    /// It does not serve.
    Down,
    /// Another user, another password, or no such database.
    Login,
}

impl World {
    /// The databases there are, in all regions.
    pub fn databases(&self) -> Vec<Database> {
        let mut all = Vec::new();
        for (name, region) in &self.regions {
            let of = region.rds.databases(&self.settings).into_iter();
            all.extend(of.map(|it| Database {
                region: name.clone(),
                name: it.name,
                resource: it.resource,
                heir: it.heir,
                serves: it.serves,
            }));
        }
        all
    }

    /// Connects to a database from an instance, as far as names, network and password go; gives the id of the
    /// database that stays.
    pub fn connect(&self, login: &Login<'_>) -> Result<String, Refused> {
        let region = self.regions.get(login.region).ok_or(Refused::Unknown)?;
        let door = region.rds.door(&self.settings, login.region, login.host);
        let door = door.ok_or(Refused::Unknown)?;
        let reaches = |it: &String| region.ec2.lets_connect(login.instance, it, login.port);
        if !door.serves {
            return Err(Refused::Down);
        }
        if door.port != login.port || !door.interfaces.iter().any(reaches) {
            return Err(Refused::Unreachable);
        }
        if !door.opens(login.user, login.password, login.database) {
            return Err(Refused::Login);
        }
        Ok(door.resource)
    }
}
