//! Associations of route tables with subnets, and which table is the main one.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateRouteTable.html> and
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceRouteTableAssociation.html>.

use serde::{Deserialize, Serialize};

use super::{
    Answer, Operation,
    route_table::RouteTable,
    scene::{Call, Scene},
    subnet::Subnet,
    write,
};
use crate::{Life, Time, fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[
    write("AssociateRouteTable", associate),
    write("ReplaceRouteTableAssociation", replace),
    write("DisassociateRouteTable", disassociate),
];

/// An association; without a subnet it is the one that makes its table the main one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Association {
    pub(super) id: String,
    pub(super) subnet: Option<String>,
    ready: Time,
}

impl Association {
    pub(super) fn new(id: String, subnet: Option<String>, ready: Time) -> Self {
        Self { id, subnet, ready }
    }

    pub(super) fn render(&self, table: &str, now: Time) -> Xml {
        Xml::new()
            .text("routeTableAssociationId", &self.id)
            .text("routeTableId", table)
            .maybe("subnetId", self.subnet.as_ref())
            .text("main", self.subnet.is_none())
            .nest("associationState", self.state(now))
    }

    fn state(&self, now: Time) -> Xml {
        Xml::new().text("state", if now < self.ready { "associating" } else { "associated" })
    }
}

/// The association that is like this, and the id of its table.
fn search(scene: &Scene<'_>, like: impl Fn(&Association) -> bool) -> Option<(String, Association)> {
    let tables = scene.ec2.route_tables.all();
    let mut all = tables.flat_map(|table| table.associations.iter().map(move |it| (table, it)));
    all.find(|it| like(it.1)).map(|(table, it)| (table.id.clone(), it.clone()))
}

/// The association of that id, and the id of its table.
fn find(call: &Call<'_>, id: &str) -> Result<(String, Association), Fault> {
    search(call, |it| it.id == id).ok_or_else(|| {
        let text = format!("The association ID '{id}' does not exist");
        Fault::client("InvalidAssociationID.NotFound", text)
    })
}

/// Adds an association to a table.
fn join(call: &mut Call<'_>, table: &str, subnet: Option<String>) -> Association {
    let span = call.settings.durations.association;
    let association = Association::new(call.rng.id("rtbassoc"), subnet, call.scene.after(span));
    let life = Life { created: call.now, ready: Some(association.ready), deleted: None };
    let now = call.now;
    call.ec2.route_tables.note(&association.id, |it| *it = life, now);
    call.change::<RouteTable>(table, |it| it.associations.push(association.clone()));
    association
}

/// Takes an association from its table.
fn part(scene: &mut Scene<'_>, table: &str, id: &str) {
    let now = scene.now;
    scene.ec2.route_tables.note(id, |it| it.deleted = Some(now), now);
    scene.change::<RouteTable>(table, |it| it.associations.retain(|it| it.id != id));
}

/// Takes away the association of a subnet that is deleted.
pub(super) fn drop_subnet(scene: &mut Scene<'_>, subnet: &str) {
    if let Some((table, old)) = search(scene, |it| it.subnet.as_deref() == Some(subnet)) {
        part(scene, &table, &old.id);
    }
}

fn different(table: &str, other: &str) -> Fault {
    Fault::invalid(format!("Route table {table} and network {other} belong to different networks"))
}

fn associate(call: &mut Call<'_>) -> Answer {
    for name in ["GatewayId", "PublicIpv4Pool"] {
        if call.params.given(name) {
            return Err(Fault::unsupported(format!("route table associations with {name}")));
        }
    }
    let table = call.params.need("RouteTableId")?;
    let subnet = call.params.need("SubnetId")?;
    let vpc = call.find::<RouteTable>(&table)?.vpc.clone();
    if call.find::<Subnet>(&subnet)?.vpc != vpc {
        return Err(different(&table, &subnet));
    }
    if let Some((holder, held)) = search(call, |it| it.subnet.as_ref() == Some(&subnet)) {
        if holder == table && call.settings.disputed("associate-route-table-again", 2) == 1 {
            return Ok(Xml::new()
                .text("associationId", &held.id)
                .nest("associationState", held.state(call.now)));
        }
        let text = format!(
            "the specified association for route table {table} conflicts with an existing \
             association"
        );
        return Err(Fault::client("Resource.AlreadyAssociated", text));
    }
    let made = join(call, &table, Some(subnet));
    Ok(Xml::new().text("associationId", &made.id).nest("associationState", made.state(call.now)))
}

fn replace(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("AssociationId")?;
    let table = call.params.need("RouteTableId")?;
    let (holder, old) = find(call, &id)?;
    let vpc = call.find::<RouteTable>(&table)?.vpc.clone();
    if call.ec2.route_tables.get(&holder).is_some_and(|it| it.vpc != vpc) {
        return Err(different(&table, &vpc));
    }
    part(call, &holder, &id);
    let made = join(call, &table, old.subnet);
    Ok(Xml::new().text("newAssociationId", &made.id).nest("associationState", made.state(call.now)))
}

fn disassociate(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("AssociationId")?;
    let (table, old) = find(call, &id)?;
    if old.subnet.is_none() {
        let text = format!("cannot disassociate the main route table association {id}");
        return Err(Fault::invalid(text));
    }
    part(call, &table, &id);
    Ok(Xml::new().text("return", true))
}
