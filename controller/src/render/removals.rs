//! What a deletion removes, and what is left of it.

use owo_colors::Style;

use crate::{
    aws::{
        Aws, Environment,
        ec2::NatGateway,
        rds::{Cluster, Instance},
    },
    engine::{Phase, Plan, Resource, Seen, expected},
};

use super::{
    state::outputs,
    text::{Paint, roughly},
    view::{EnvironmentView, KeptView},
};

/// What a deletion removes.
#[derive(Clone, Debug)]
pub struct Removals {
    environment: EnvironmentView,
    sandbox: bool,
    rows: Vec<Row>,
    unread: Vec<String>,
    marker: Option<String>,
    /// Why there is no order, if there is none.
    ring: Option<String>,
    seconds: u64,
    kept: Vec<Row>,
    recoverable: Vec<Row>,
    nat_gateways: usize,
    public_addresses: Vec<String>,
}

#[derive(Clone, Debug)]
struct Row {
    address: String,
    id: String,
    note: Option<String>,
}

/// Lists what a plan that declares nothing removes, and the intent marker if there is one.
pub fn removals(
    plan: &Plan<Aws>,
    environment: &Environment,
    marker: Option<&str>,
    sandbox: bool,
) -> Removals {
    let name =
        |seen: &dyn Seen| seen.address().map_or_else(String::new, |address| address.to_string());
    let row = |seen: &dyn Seen, note: String| Row {
        address: name(seen),
        id: seen.id().to_string(),
        note: Some(note),
    };
    let kept = plan.kept.iter().map(|kept| {
        let KeptView { address, id, reason } = KeptView::of(kept);
        Row { address, id, note: Some(reason) }
    });
    let recoverable = plan.recoverable.iter().filter_map(|seen| {
        let until = seen.phase().recoverable()?;
        Some(row(seen.as_ref(), format!("can be taken back {until}")))
    });
    let last = plan.removals.iter().filter(|removal| {
        let databases = [Instance::ABOUT.name, Cluster::ABOUT.name];
        environment.deletions.final_snapshot && databases.contains(&removal.seen.kind().name)
    });
    let last = last.map(|removal| Row {
        address: name(removal.seen.as_ref()),
        id: "a last snapshot".to_owned(),
        note: Some(
            if removal.seen.kind().name == Cluster::ABOUT.name {
                "policies.deletion.database is Snapshot; costs US$0.021 a month for each GB; the next apply takes the database back from it; to end it: aws rds delete-db-cluster-snapshot"
            } else {
                "policies.deletion.database is Snapshot; costs US$0.095 a month for each GB; the next apply takes the database back from it; to end it: aws rds delete-db-snapshot"
            }
            .to_owned(),
        ),
    });
    let kept = kept.chain(last);
    let rows = plan.removals.iter().map(|removal| {
        let seen = removal.seen.as_ref();
        let going = *seen.phase() == Phase::Going;
        let note = match &removal.held {
            Some(held) if removal.protected => Some(held.clone()),
            Some(held) => Some(format!("not now: {held}")),
            None => going.then(|| "is being removed already".to_owned()),
        };
        Row { address: name(seen), id: seen.id().to_string(), note }
    });
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by(|a, b| (&a.address, &a.id).cmp(&(&b.address, &b.id)));
    let public = plan.removals.iter().filter_map(|removal| {
        let outputs = outputs(removal.seen.as_ref());
        Some(outputs.get("publicIp")?.as_str()?.to_owned())
    });
    let nat = NatGateway::ABOUT.name;
    Removals {
        environment: EnvironmentView::of(environment),
        sandbox,
        rows,
        unread: plan.unread.iter().map(|(kind, why)| format!("{kind}: {why}")).collect(),
        marker: marker.map(ToOwned::to_owned),
        ring: plan.ring.clone(),
        seconds: expected(plan).as_secs(),
        kept: kept.collect(),
        recoverable: recoverable.collect(),
        nat_gateways: plan
            .removals
            .iter()
            .filter(|removal| removal.seen.kind().name == nat)
            .count(),
        public_addresses: public.collect(),
    }
}

impl Removals {
    /// Whether nothing is there to be removed.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.marker.is_none()
    }

    /// How many objects there are to be removed, the marker among them.
    pub fn len(&self) -> usize {
        self.rows.len() + usize::from(self.marker.is_some())
    }

    /// Shows what is left of it, on purpose or for a time.
    fn stays(&self, out: &mut String, paint: Paint) {
        let listed = |out: &mut String, rows: &[Row]| {
            for Row { address, id, note } in rows {
                let id = paint.with(id, Style::new().dimmed());
                let note = note.as_deref().unwrap_or_default();
                line!(out, "  = {address}  {id}\n      {note}");
            }
        };
        out.push_str(if self.kept.is_empty() { "Kept: nothing.\n" } else { "Kept:\n" });
        listed(out, &self.kept);
        if !self.recoverable.is_empty() {
            out.push_str("Deleted before, and still there for a time:\n");
            listed(out, &self.recoverable);
        }
    }

    /// Shows it.
    pub fn text(&self, paint: Paint) -> String {
        let EnvironmentView { name, region, account, .. } = &self.environment;
        let place = if self.sandbox { "SANDBOX " } else { "" };
        let head = format!("{place}delete {name} in {region}, account {account}");
        let mut out = format!("{}\n\n", paint.with(&head, Style::new().bold()));
        let width = self.rows.iter().map(|row| row.address.len()).max().unwrap_or_default().max(13);
        let minus = paint.with("-", Style::new().red());
        for Row { address, id, note } in &self.rows {
            let note = note.as_ref().map(|note| format!("  {note}")).unwrap_or_default();
            let id = paint.with(id, Style::new().dimmed());
            line!(out, "  {minus} {address:<width$}  {id}{note}");
        }
        if let Some(marker) = &self.marker {
            let marker = paint.with(marker, Style::new().dimmed());
            line!(out, "  {minus} {:<width$}  {marker}", "intent marker");
        }
        for unread in &self.unread {
            let mark = paint.with("?", Style::new().cyan());
            line!(out, "  {mark} could not be read: {unread}");
        }
        if let Some(ring) = &self.ring {
            line!(out, "  {} {ring}", paint.with("!", Style::new().red()));
        }
        if self.is_empty() {
            if self.unread.is_empty() {
                out.push_str("Nothing of it is there.\n");
            }
            if !(self.kept.is_empty() && self.recoverable.is_empty()) {
                self.stays(&mut out, paint);
            }
            return out;
        }
        line!(out, "\n{} to remove. Takes {}.", self.len(), roughly(self.seconds));
        match self.public_addresses.as_slice() {
            [] => {}
            [one] => line!(out, "The public address {one} is given back for good."),
            all => line!(out, "The public addresses {} are given back for good.", all.join(", ")),
        }
        self.stays(&mut out, paint);
        match self.nat_gateways {
            0 => {}
            1 => out.push_str(
                "AWS goes on showing the deleted NAT gateway for about an hour; it costs nothing.\n",
            ),
            n => line!(
                out,
                "AWS goes on showing the {n} deleted NAT gateways for about an hour; they cost nothing."
            ),
        }
        out
    }
}
