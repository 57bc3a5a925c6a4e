//! What holds of every drawing, whatever is in the environment.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;
use xmlparser::{ElementEnd, Token, Tokenizer};

use super::{
    fixture::{self, thing},
    geometry::{Point, Rect},
    layout::layout,
    mermaid::mermaid,
    model::model,
    picture::{Drawn, Look, Picture, Text},
    places::{Place, Shelf, place},
    scene::{FACTS, Running, Scene, State, Thing},
    svg::{escape, svg},
};

/// Checks that a drawing can be read: boxes apart, text within them, arrows from box to box around all others.
fn check(picture: &Picture) {
    let page = Rect::new(0, 0, picture.width, picture.height);
    let leaves: Vec<&Drawn> = picture.boxes.iter().filter(|it| it.look.is_leaf()).collect();
    for (number, drawn) in leaves.iter().enumerate() {
        for other in leaves.iter().skip(number + 1) {
            assert!(!drawn.rect.overlaps(other.rect), "{} and {}", drawn.id, other.id);
        }
    }
    for drawn in &picture.boxes {
        assert!(page.contains(drawn.rect), "{} leaves the page", drawn.id);
        let marks = drawn.marks.iter().map(|mark| &mark.text).filter(|text| !text.shown.is_empty());
        for text in drawn.texts.iter().chain(marks) {
            fits(text, drawn.rect, &drawn.id);
        }
        if let Some(chip) = &drawn.chip {
            fits(&chip.text, chip.rect, &drawn.id);
            assert!(drawn.rect.contains(chip.rect), "{}", drawn.id);
            assert!(
                drawn.texts.iter().all(|text| !text.rect().overlaps(chip.rect)),
                "{}",
                drawn.id
            );
        }
        let mut texts: Vec<&Text> = drawn.texts.iter().collect();
        texts.extend(drawn.marks.iter().map(|mark| &mark.text));
        for (number, text) in texts.iter().enumerate() {
            for other in texts.iter().skip(number + 1) {
                assert!(!text.rect().overlaps(other.rect()), "{}: {other:?}", drawn.id);
            }
        }
    }
    for text in picture.heading.iter().chain(picture.legend.iter().map(|mark| &mark.text)) {
        fits(text, page, "the heading");
    }
    // A box is within another one or beside it, but for what stands over several.
    for outer in picture.boxes.iter().filter(|it| matches!(it.look, Look::Network | Look::Zone)) {
        for inner in picture.boxes.iter().filter(|it| it.look != Look::Network) {
            let spans = inner.look == Look::Band || outer.look == Look::Zone && inner.rect.w > 200;
            let apart = !outer.rect.overlaps(inner.rect) || outer.rect.contains(inner.rect);
            let around = inner.rect.contains(outer.rect);
            assert!(apart || around || spans, "{} and {}", outer.id, inner.id);
        }
    }
    let mut pills: Vec<(Rect, &str)> = Vec::new();
    for route in &picture.routes {
        let end = |id: &str| picture.boxes.iter().find(|it| it.id == id).map(|it| it.rect);
        let ends = [(&route.from, route.points.first()), (&route.to, route.points.last())];
        for (id, point) in ends {
            let (rect, point) = (end(id).unwrap(), *point.unwrap());
            assert!(borders(rect, point), "an arrow of {} does not end at {id}", route.label);
        }
        for (a, b) in route.segments() {
            assert!(a.x == b.x || a.y == b.y);
            for leaf in &leaves {
                let through = leaf.rect.overlaps(Rect::around(a, b));
                assert!(!through, "{} to {} goes through {}", route.from, route.to, leaf.id);
            }
        }
        if let Some((rect, text)) = &route.pill {
            fits(text, *rect, &route.label);
            assert!(page.contains(*rect), "{}", route.label);
            for leaf in &leaves {
                assert!(!leaf.rect.overlaps(*rect), "{} is over {}", route.label, leaf.id);
            }
            for (other, label) in &pills {
                assert!(!other.overlaps(*rect), "{} is over {label}", route.label);
            }
            pills.push((*rect, &route.label));
        }
    }
}

/// Whether a point is on the border of a box.
fn borders(of: Rect, at: Point) -> bool {
    let within = (of.x..=of.right()).contains(&at.x) && (of.y..=of.bottom()).contains(&at.y);
    let beside = at.x == of.x || at.x == of.right();
    within && (beside || at.y == of.y || at.y == of.bottom())
}

fn fits(text: &Text, rect: Rect, what: &str) {
    assert!(rect.contains(text.rect()), "{:?} does not fit into {what}", text.shown);
}

/// Checks that a text is one element and everything in it is closed, and that no id is there twice.
fn is_well_formed(text: &str) {
    let (mut open, mut ids, mut attributes) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for token in Tokenizer::from(text) {
        match token.unwrap() {
            Token::ElementStart { local, .. } => {
                open.push(local.as_str());
                attributes.clear();
            }
            Token::ElementEnd { end: ElementEnd::Close(_, local), .. } => {
                assert_eq!(open.pop(), Some(local.as_str()));
            }
            Token::ElementEnd { end: ElementEnd::Empty, .. } => drop(open.pop()),
            Token::Attribute { local, value, .. } => {
                assert!(attributes.insert(local.as_str()), "{local} is there twice");
                assert!(!value.as_str().contains('<'));
                let is_id = local.as_str() == "id";
                assert!(!is_id || ids.insert(value.as_str()), "{value} is there twice");
            }
            Token::Text { text } => assert!(!text.as_str().contains("]]>")),
            Token::Declaration { .. }
            | Token::ProcessingInstruction { .. }
            | Token::Comment { .. }
            | Token::DtdStart { .. }
            | Token::EmptyDtd { .. }
            | Token::EntityDeclaration { .. }
            | Token::DtdEnd { .. }
            | Token::ElementEnd { end: ElementEnd::Open, .. }
            | Token::Cdata { .. } => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// Checks everything that holds of every environment.
fn holds(scene: &Scene) {
    check(&layout(scene, &model(scene)));
    let (drawn, flow) = (svg(scene), mermaid(scene));
    is_well_formed(&drawn);
    assert_eq!(drawn, svg(scene));
    for thing in &scene.things {
        assert!(drawn.contains(&escape(&thing.told())), "{} is left out", thing.address());
    }
    // What is not a line of a flowchart would be one of its own.
    let known = ["---", "title: ", "%%", "flowchart", "subgraph", "direction", "end", "n", "class"];
    for line in flow.lines().map(str::trim_start) {
        assert!(known.iter().any(|it| line.starts_with(it)), "{line}");
        assert!(line.starts_with("title: ") || line.matches('"').count() % 2 == 0, "{line}");
    }
    for state in scene.things.iter().map(|thing| thing.state) {
        assert!(drawn.contains(state.words()), "{state:?}");
    }
}

#[test]
fn every_drawing_can_be_read() {
    for (_, scene) in fixture::all() {
        holds(&scene);
    }
}

/// Nothing that is said of an arrow is left out where everything is as usual.
#[test]
fn arrows_of_a_usual_environment_say_what_goes_along_them() {
    for (name, scene) in fixture::all() {
        let picture = layout(&scene, &model(&scene));
        for route in &picture.routes {
            assert_eq!(route.pill.is_some(), !route.label.is_empty(), "{name}: {}", route.label);
        }
        assert_eq!(picture.routes.len(), model(&scene).arrows.len(), "{name}");
    }
}

#[test]
fn everything_there_may_be_is_drawn_the_same() {
    insta::assert_snapshot!("whole_svg", svg(&fixture::whole()));
    insta::assert_snapshot!("whole_mermaid", mermaid(&fixture::whole()));
}

#[test]
fn traffic_is_what_the_security_groups_let_in_and_the_routes_lead_out() {
    let scene = fixture::whole();
    let model = model(&scene);
    let mut said: Vec<String> = model
        .arrows
        .iter()
        .map(|arrow| format!("{} > {}: {}", arrow.from, arrow.to, arrow.label))
        .collect();
    said.sort();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_rule_from_within_the_network_is_from_nobody_outside() {
    let mut scene = fixture::oracle();
    for thing in &mut scene.things {
        if thing.kind == "security-group-rules" {
            thing.facts.insert(
                "rules".into(),
                json!([{ "direction": "ingress", "peer": "10.0.0.0/16", "from_port": 1, "to_port": 1, "protocol": "tcp" }]),
            );
        }
    }
    assert!(model(&scene).actors.iter().all(|actor| actor.title == "RPC endpoints"));
}

#[test]
fn a_kind_that_nobody_knows_has_a_place() {
    let at = |address: &str, refs: &[&str]| place(&thing(address, refs, json!({})));
    for (address, refs, expected) in [
        ("alarm/x", &[][..], Place::Shelf(Shelf::Monitoring)),
        ("metric-alarm/x", &[], Place::Shelf(Shelf::Monitoring)),
        ("metric-filter/x", &[], Place::Shelf(Shelf::Logs)),
        ("topic-subscription/x", &[], Place::Shelf(Shelf::Monitoring)),
        ("devops-guru-channel/x", &[], Place::Shelf(Shelf::Monitoring)),
        ("backup-selection/x", &[], Place::Shelf(Shelf::Backup)),
        ("dns-record/x", &[], Place::Shelf(Shelf::Names)),
        ("dhcp-options/x", &[], Place::Shelf(Shelf::Network)),
        ("db-anything/x", &[], Place::Part),
        ("never-heard-of/x", &[], Place::Shelf(Shelf::Other)),
        ("never-heard-of/x", &["subnet/private-a"], Place::Shelf(Shelf::Network)),
    ] {
        assert_eq!(at(address, refs), expected, "{address}");
    }
}

#[test]
fn every_kind_there_is_has_a_place_of_its_own() {
    for kind in crate::aws::kinds::all().iter() {
        let thing = thing(&format!("{}/x", kind.about().name), &[], json!({}));
        assert_ne!(place(&thing), Place::Shelf(Shelf::Other), "{}", thing.kind);
    }
}

/// A network of somebody else's is drawn with what stands in it.
#[test]
fn a_network_that_is_not_ours_is_drawn_all_the_same() {
    let mut scene = fixture::whole();
    let theirs = ["vpc", "subnet", "internet-gateway", "nat-gateway", "route-table", "eip"];
    scene.things.retain(|thing| !theirs.contains(&thing.kind.as_str()));
    for thing in &mut scene.things {
        thing.refs.retain(|to| !theirs.iter().any(|kind| to.starts_with(&format!("{kind}/"))));
    }
    holds(&scene);
    let model = model(&scene);
    assert_eq!(model.network.said, "not clctl's");
    assert!(
        model.arrows.iter().any(|arrow| arrow.from == "band/nodes" && arrow.to == "outside/chains")
    );
}

#[test]
fn the_writer_and_its_readers_share_a_band() {
    let mut scene = fixture::oracle();
    scene.things.retain(|thing| !thing.kind.starts_with("db-"));
    scene.things.push(thing(
        "db-cluster/main",
        &["security-group/database"],
        json!({ "version": { "major": "16" } }),
    ));
    for name in ["1", "2"] {
        let class = json!({ "class": "db.r6g.large" });
        scene.things.push(thing(
            &format!("db-cluster-instance/{name}"),
            &["db-cluster/main"],
            class,
        ));
    }
    holds(&scene);
    let model = model(&scene);
    let band = model.bands.iter().find(|band| band.id == "band/database").unwrap();
    assert_eq!(band.head.title, "Aurora PostgreSQL 16");
    assert!(band.cards.iter().all(|cards| cards.len() == 1));
    assert!(model.arrows.iter().any(|arrow| arrow.to == "band/database"));
}

/// What hides at the end of a long list is seen there all the same.
#[test]
fn what_is_not_as_declared_is_not_among_those_that_are_counted() {
    let mut scene = fixture::whole();
    for number in 10..60 {
        let mut alarm = thing(&format!("alarm/number-{number}"), &[], json!({}));
        alarm.state = if number == 59 { State::Failed } else { State::Same };
        scene.things.push(alarm);
    }
    holds(&scene);
    let model = model(&scene);
    let list = model.beside.iter().find(|list| list.shelf == Shelf::Monitoring).unwrap();
    assert!(list.rows.iter().any(|row| row.text == "number-59" && row.state == State::Failed));
    assert_eq!(list.rows.last().unwrap().state, State::Same);
}

#[test]
fn hostile_names_stay_text() {
    let mut scene = fixture::whole();
    let hostile = "\"><script>alert(1)</script><g x='`\n#quot;]:::x \u{0}\u{FFFE}--> end";
    scene.name = hostile.into();
    scene.chains = vec![hostile.into()];
    scene.zones = vec![hostile.into(), "us-east-1b".into()];
    for thing in &mut scene.things {
        if thing.kind == "secret" {
            thing.name = hostile.into();
            thing.detail = hostile.into();
        }
    }
    holds(&scene);
    assert!(!svg(&scene).contains("<script"));
    assert!(!mermaid(&scene).contains("<script"));
}

#[test]
fn no_field_that_may_hold_more_than_is_drawn_is_looked_at() {
    for field in
        ["user_data", "login", "master_username", "policy", "tags", "parameters", "key_name"]
    {
        assert!(!FACTS.contains(&field), "{field}");
    }
}

const KINDS: [&str; 16] = [
    "alarm",
    "nat-gateway",
    "load-balancer",
    "network-load-balancer",
    "instances",
    "db-instance",
    "db-cluster-instance",
    "secret",
    "log-group",
    "internet-gateway",
    "backup-plan",
    "route-table",
    "security-group",
    "subnet",
    "eip",
    "unheard-of",
];

prop_compose! {
    fn some_thing()(
        kind in prop::sample::select(&KINDS[..]),
        name in prop::sample::select(&["main", "a", "nodes", "2", "a-name-that-is-much-longer-than-its-box-could-be", "名前"][..]),
        state in prop::sample::select(&State::ALL[..]),
        to in prop::sample::subsequence(vec!["subnet/public-a", "subnet/private-b", "security-group/nodes", "security-group/database", "vpc/main"], 0..=3),
        running in prop::option::of(prop::collection::vec(prop::sample::select(&["active", "standby", "failing"][..]), 0..4)),
        twin in any::<bool>(),
        detail in prop::sample::select(&["", "rules", "a & b < c"][..]),
    ) -> Thing {
        let running = running.map(|roles| {
            let node = |(number, role): (usize, &&str)| Running {
                id: format!("i-{number:017}"),
                zone: (number % 2 == 0).then(|| "us-east-1b".to_owned()),
                role: (number != 2).then(|| (*role).to_owned()),
                says: "silent since a time that takes long to say".to_owned(),
                version: None,
            };
            roles.iter().enumerate().map(node).collect()
        });
        let facts = json!({ "multi_az": twin, "zone": if twin { "us-east-1b" } else { "us-east-1a" } });
        Thing { state, instances: running, detail: detail.to_owned(), ..thing(&format!("{kind}/{name}"), &to, facts) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_there_is_can_be_read(
        more in prop::collection::vec(some_thing(), 0..24),
        from in prop::sample::select(&[0_usize, 1, 2][..]),
        zones in 0_usize..=3,
        less in any::<prop::sample::Index>(),
    ) {
        let (_, mut scene) = fixture::all().swap_remove(from);
        if !scene.things.is_empty() {
            drop(scene.things.remove(less.index(scene.things.len())));
        }
        scene.zones.truncate(zones);
        if zones == 3 {
            scene.zones.push("us-east-1c".into());
        }
        scene.things.extend(more);
        holds(&scene);
    }
}
