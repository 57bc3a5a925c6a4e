//! What things are called: the name that leads to the GUI, in a hosted zone of the user's, and what instances are told
//! of DNS.

use clctl_simulator::Settings;

use crate::{
    client::Answer,
    harness::{Bench, SETTLED, Wanted, steps},
    samples::SAMPLES,
    stand::{NAME, Variant, ZONE},
};

const RECORD: &str = "dns-record/sample";
const MARK: &str = "_clctl.node.oracles.example.com";

fn sample(kind: &str, variant: Variant) -> Wanted {
    SAMPLES.iter().find(|it| it.kind == kind).unwrap().wanted(variant)
}

/// A name that leads to a load balancer, and no more.
fn named() -> Wanted {
    sample("dns-record", Variant::Usual)
}

/// A set of one record.
fn set(name: &str, value: &str) -> String {
    format!(
        "<Name>{name}</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>{value}\
         </Value></ResourceRecord></ResourceRecords>"
    )
}

async fn zone(bench: &Bench) -> Answer {
    bench.somebody().route53(&format!("GET hostedzone/{ZONE}/rrset"), "").await.good()
}

/// The names in the zone, but for what it cannot be without.
async fn names(bench: &Bench) -> Vec<String> {
    let listed = zone(bench).await;
    let names = listed.texts("Name").into_iter();
    names
        .map(|it| it.trim_end_matches('.').to_owned())
        .filter(|it| it != "oracles.example.com")
        .collect()
}

/// What the account has of parameters.
fn parameters(bench: &Bench) -> usize {
    bench.truth().things().iter().filter(|it| it.id.contains("/dns-record/")).count()
}

#[tokio::test(start_paused = true)]
async fn the_name_of_the_example_leads_to_its_load_balancer_and_goes_with_it() {
    const LINE: &str = "    loadBalancer:\n";
    let gui = format!("    domainName: {NAME}\n    hostedZoneId: {ZONE}\n{LINE}");
    let wanted = Wanted::with(&[(LINE, &gui)]);
    let bench = Bench::standing(&wanted).await;
    bench.is_settled(&wanted).await;
    assert_eq!(names(&bench).await, [NAME, MARK]);
    let listed = zone(&bench).await;
    assert!(listed.text("DNSName").ends_with(".us-east-1.elb.amazonaws.com."), "{}", listed.body);
    let text = listed.texts("Value").pop().unwrap();
    assert!(text.contains("clctl.dev/address=dns-record/gui"), "{text}");
    // The nodes are told the name as well.
    let wanted = Wanted::with(&[(LINE, &format!("    domainName: {NAME}\n{LINE}"))]);
    let outcome = bench.apply(&wanted).await.complete();
    assert_eq!(steps(&outcome.plan), ["remove dns-record/gui"]);
    assert_eq!((names(&bench).await, parameters(&bench)), (Vec::<String>::new(), 0));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_is_not_ours_is_named_and_left_as_it_is() {
    for form in [0, 1] {
        let mut settings = Settings::calm();
        settings.disputes.insert("route53-invalid-change-batch".to_owned(), form);
        let bench = Bench::new(settings);
        // The zone is there once somebody has looked.
        bench.diff(&named()).await;
        bench.somebody().record(ZONE, "CREATE", &set(NAME, "192.0.2.1")).await.good();
        let outcome = bench.apply(&named()).await;
        let why = outcome.error(RECORD).to_string();
        assert!(why.contains(&format!("{ZONE}/{NAME}/A is in the way")), "{why}");
        assert!(why.contains("it is left alone; rename or remove it"), "{why}");
        assert_eq!((names(&bench).await, parameters(&bench)), (vec![NAME.to_owned()], 0));
        assert!(zone(&bench).await.texts("Value").contains(&"192.0.2.1".to_owned()));
        bench.delete(&named()).await.complete();
        assert_eq!(names(&bench).await, [NAME]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_stands_for_another_one_is_in_the_way_as_well() {
    let bench = Bench::calm();
    bench.diff(&named()).await;
    let other = set(NAME, "a.oracles.example.com").replace(">A<", ">CNAME<");
    bench.somebody().record(ZONE, "CREATE", &other).await.good();
    let outcome = bench.apply(&named()).await;
    let why = outcome.error(RECORD).to_string();
    assert!(why.contains(&format!("{ZONE}/{NAME}/CNAME is in the way")), "{why}");
    assert_eq!((names(&bench).await, parameters(&bench)), (vec![NAME.to_owned()], 0));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_does_to_the_record_is_named_and_put_right() {
    let wanted = named();
    let standing = Bench::standing(&wanted).await;
    standing.somebody().wait(SETTLED).await;
    let (world, before) = (standing.world(), standing.truth());
    let deeds = world.deeds().into_iter().filter(|it| it.call().starts_with("route53:"));
    let deeds: Vec<_> = deeds.collect();
    assert_eq!(deeds.len(), 4);
    for deed in deeds {
        let bench = Bench::at(world.clone());
        bench.lose_record();
        assert!(bench.simulator.with(|world| world.does(&deed)), "{}", deed.says());
        let outcome = bench.apply(&wanted).await.complete();
        let said = steps(&outcome.plan);
        assert_eq!(said.len(), 1, "{}: {said:?}", deed.says());
        assert!(said[0].starts_with(&format!("update {RECORD} ")), "{}: {said:?}", deed.says());
        bench.is_settled(&wanted).await;
        bench.truth().is_like(&before, deed.says());
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_mark_is_put_back_and_what_leads_elsewhere_without_one_is_somebody_elses() {
    let wanted = named();
    let bench = Bench::standing(&wanted).await;
    let listed = zone(&bench).await;
    let text = listed.texts("Value").pop().unwrap();
    let mark = set(MARK, &text).replace(">A<", ">TXT<").replace(">60<", ">300<");
    bench.somebody().record(ZONE, "DELETE", &mark).await.good();
    bench.lose_record();
    let outcome = bench.apply(&wanted).await.complete();
    assert_eq!(steps(&outcome.plan), [format!("update {RECORD} marked")]);
    assert_eq!(names(&bench).await, [NAME, MARK]);
    bench.somebody().record(ZONE, "DELETE", &mark).await.good();
    bench.somebody().record(ZONE, "UPSERT", &set(NAME, "192.0.2.1")).await.good();
    bench.lose_record();
    let outcome = bench.apply(&wanted).await;
    let why = outcome.error(RECORD).to_string();
    assert!(why.contains("is in the way"), "{why}");
    assert!(zone(&bench).await.texts("Value").contains(&"192.0.2.1".to_owned()));
    bench.lose_record();
    bench.delete(&wanted).await.complete();
    assert_eq!((names(&bench).await, parameters(&bench)), (vec![NAME.to_owned()], 0));
}

#[tokio::test(start_paused = true)]
async fn a_zone_of_no_use_is_told_of_before_anything_is_made() {
    const LINE: &str = "    loadBalancer:\n";
    for (name, zone) in [(NAME, "Z0NOWHERE"), ("node.example.net", ZONE)] {
        let gui = format!("    domainName: {name}\n    hostedZoneId: {zone}\n{LINE}");
        let plan = Bench::calm().diff(&Wanted::with(&[(LINE, &gui)])).await;
        let said = steps(&plan);
        assert!(said.contains(&"unread dns-record/gui".to_owned()), "{said:?}");
        assert!(said.contains(&"create db-instance/main".to_owned()), "{said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn instances_are_told_what_the_file_says_and_another_set_takes_the_place_of_the_first() {
    const LINE: &str = "        natGateways: OnePerZone\n";
    let with = |options: &str| {
        let more = format!("{LINE}        dhcpOptions: {options}\n");
        Wanted::with(&[(LINE, &more)])
    };
    let wanted = with("{}");
    let bench = Bench::standing(&wanted).await;
    bench.is_settled(&wanted).await;
    let options = |bench: &Bench| {
        let truth = bench.truth();
        let thing = truth.thing("dhcp-options/main");
        let vpc = truth.thing("vpc/main").body["dhcp_options"].clone();
        (thing.id.clone(), vpc, thing.body["options"].to_string())
    };
    let (id, vpc, said) = options(&bench);
    assert_eq!(vpc, id.as_str());
    assert!(said.contains("ec2.internal") && said.contains("AmazonProvidedDNS"), "{said}");
    let wanted = with("{domainName: oracles.example.com}");
    bench.apply(&wanted).await.complete();
    bench.is_settled(&wanted).await;
    let (other, vpc, said) = options(&bench);
    assert_eq!(vpc, other.as_str());
    assert!(id != other && said.contains("oracles.example.com"), "{said}");
    assert!(!bench.truth().ids().contains(&id.as_str()));
    bench.apply(&Wanted::usual()).await.complete();
    bench.is_settled(&Wanted::usual()).await;
}

#[tokio::test(start_paused = true)]
async fn a_set_that_somebody_elses_vpc_has_is_not_taken_from_it() {
    let wanted = sample("dhcp-options", Variant::Usual);
    let bench = Bench::standing(&wanted).await;
    let somebody = bench.somebody();
    let (vpc, id) = (somebody.vpc().await, bench.truth().id("dhcp-options/sample"));
    let pair = [("VpcId", vpc.as_str()), ("DhcpOptionsId", id.as_str())];
    somebody.ec2("AssociateDhcpOptions", &pair).await.good();
    let outcome = bench.delete(&wanted).await;
    assert!(outcome.told().contains(&format!("the VPC {vpc} has it")), "{}", outcome.told());
    let has = somebody.ec2("DescribeVpcs", &[("VpcId.1", &vpc)]).await.good().text("dhcpOptionsId");
    assert_eq!(has, id);
}
