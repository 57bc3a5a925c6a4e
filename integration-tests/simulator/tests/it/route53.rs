//! Hosted zones and records, after <https://docs.aws.amazon.com/Route53/latest/APIReference/Welcome.html>.

use tokio::task::JoinSet;

use clctl_simulator::Settings;

use crate::client::{Answer, Client};

async fn zone(client: &Client, name: &str) -> String {
    let body = format!(
        "<CreateHostedZoneRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">\
         <Name>{name}</Name><CallerReference>{name}</CallerReference></CreateHostedZoneRequest>"
    );
    let made = client.route53("POST hostedzone", &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.text("Id").trim_start_matches("/hostedzone/").to_owned()
}

/// A set of one record.
fn set(name: &str, kind: &str, value: &str) -> String {
    format!(
        "<Name>{name}</Name><Type>{kind}</Type><TTL>60</TTL><ResourceRecords><ResourceRecord>\
         <Value>{value}</Value></ResourceRecord></ResourceRecords>"
    )
}

fn alias(name: &str, zone: &str, target: &str) -> String {
    format!(
        "<Name>{name}</Name><Type>A</Type><AliasTarget><HostedZoneId>{zone}</HostedZoneId>\
         <DNSName>{target}</DNSName><EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>"
    )
}

async fn names(client: &Client, zone: &str) -> Vec<String> {
    let listed = client.route53(&format!("GET hostedzone/{zone}/rrset"), "").await.good();
    let kinds = listed.texts("Type");
    listed
        .texts("Name")
        .into_iter()
        .zip(kinds)
        .map(|(name, kind)| format!("{name} {kind}"))
        .collect()
}

#[track_caller]
fn refused(answer: &Answer, why: &str) {
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (400, "InvalidChangeBatch"),
        "{}",
        answer.body
    );
    assert!(answer.text("Message").contains(why), "{}", answer.body);
}

#[tokio::test(start_paused = true)]
async fn a_zone_begins_with_what_it_cannot_be_without() {
    let client = Client::calm();
    let id = zone(&client, "Example.com").await;
    let told = client.route53(&format!("GET hostedzone/{id}"), "").await.good();
    assert_eq!(told.text("Name"), "example.com.");
    assert_eq!(told.text("PrivateZone"), "false");
    assert_eq!(told.text("ResourceRecordSetCount"), "2");
    assert_eq!(told.texts("NameServer").len(), 4);
    assert_eq!(names(&client, &id).await, ["example.com. NS", "example.com. SOA"]);
    let again = client.route53("GET hostedzone/Z0123456789", "").await;
    assert_eq!((again.status, again.code().as_str()), (404, "NoSuchHostedZone"));
    let gone = client.record(&id, "DELETE", &set("example.com", "NS", "ns.example.net.")).await;
    refused(&gone, "do not match the current values");
}

#[tokio::test(start_paused = true)]
async fn a_zone_is_made_once_for_a_reference_and_deleted_once_it_is_empty() {
    let client = Client::calm();
    let id = zone(&client, "example.com").await;
    let body = "<CreateHostedZoneRequest><Name>example.net</Name><CallerReference>example.com\
                </CallerReference></CreateHostedZoneRequest>";
    let again = client.route53("POST hostedzone", body).await;
    assert_eq!((again.status, again.code().as_str()), (409, "HostedZoneAlreadyExists"));
    let record = set("a.example.com", "A", "192.0.2.1");
    client.record(&id, "CREATE", &record).await.good();
    let path = format!("DELETE hostedzone/{id}");
    assert_eq!(client.route53(&path, "").await.code(), "HostedZoneNotEmpty");
    client.record(&id, "DELETE", &record).await.good();
    client.route53(&path, "").await.good();
    assert_eq!(client.route53(&path, "").await.code(), "NoSuchHostedZone");
}

/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html>
#[tokio::test(start_paused = true)]
async fn what_is_there_is_neither_created_again_nor_deleted_by_another_value() {
    let client = Client::calm();
    let id = zone(&client, "example.com").await;
    let (one, two) =
        (set("a.example.com", "A", "192.0.2.1"), set("a.example.com", "A", "192.0.2.2"));
    client.record(&id, "CREATE", &one).await.good();
    let again = client.record(&id, "CREATE", &two).await;
    let why = "[Tried to create resource record set [name='a.example.com.', type='A'] but it already exists]";
    refused(&again, why);
    refused(&client.record(&id, "DELETE", &two).await, "the values provided do not match");
    let other = set("b.example.com", "A", "192.0.2.1");
    refused(&client.record(&id, "DELETE", &other).await, "but it was not found");
    client.record(&id, "UPSERT", &two).await.good();
    client.record(&id, "DELETE", &two).await.good();
    assert_eq!(names(&client, &id).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_made_as_a_whole_or_not_at_all() {
    let client = Client::calm();
    let id = zone(&client, "example.com").await;
    let change = |action: &str, set: &str| {
        format!(
            "<Change><Action>{action}</Action><ResourceRecordSet>{set}</ResourceRecordSet></Change>"
        )
    };
    let (a, b) = (set("a.example.com", "A", "192.0.2.1"), set("b.example.com", "A", "192.0.2.2"));
    let both = change("CREATE", &a) + &change("DELETE", &b);
    refused(&client.records(&id, &both).await, "name='b.example.com.'");
    assert_eq!(names(&client, &id).await.len(), 2);
    client.record(&id, "CREATE", &a).await.good();
    // What is deleted may be made anew at once, and nothing else may be changed twice.
    let other = set("a.example.com", "A", "192.0.2.9");
    client.records(&id, &(change("DELETE", &a) + &change("CREATE", &other))).await.good();
    let twice = change("UPSERT", &a) + &change("UPSERT", &a);
    refused(&client.records(&id, &twice).await, "invalid set of changes");
}

#[tokio::test(start_paused = true)]
async fn records_that_cannot_be_are_refused() {
    let client = Client::calm();
    let id = zone(&client, "example.com").await;
    client.record(&id, "CREATE", &set("a.example.com", "A", "192.0.2.1")).await.good();
    client.record(&id, "CREATE", &set("c.example.com", "CNAME", "a.example.com")).await.good();
    for (set, why) in [
        (set("a.example.net", "A", "192.0.2.1"), "is not permitted in zone example.com."),
        (set("a.example.com", "CNAME", "b.example.com"), "conflicts with other records"),
        (set("c.example.com", "A", "192.0.2.1"), "because a conflicting RRSet of type CNAME"),
        (set("example.com", "CNAME", "b.example.com"), "at apex"),
        (set("b.example.com", "A", "nobody"), "ARRDATAIllegalIPv4Address"),
        (set("b.example.com", "TXT", "bare"), "InvalidCharacterString"),
        (alias("b.example.com", &id, "nothing.example.com"), "that target was not found"),
        (alias("b.example.com", &id, "a.example.net"), "does not lie within the target zone"),
    ] {
        refused(&client.record(&id, "CREATE", &set).await, why);
    }
    let bare = "<Name>b.example.com</Name><Type>A</Type>";
    assert_eq!(client.record(&id, "CREATE", bare).await.code(), "InvalidInput");
    let weighted = format!(
        "<Name>a.example.com</Name><Type>A</Type><SetIdentifier>one</SetIdentifier><Weight>1</Weight>{}",
        set("", "", "192.0.2.3").split("</Type>").nth(1).unwrap()
    );
    refused(
        &client.record(&id, "CREATE", &weighted).await,
        "cannot be created as other RRSets exist",
    );
    client.record(&id, "CREATE", &alias("b.example.com", &id, "A.example.com")).await.good();
    let listed = client.route53(&format!("GET hostedzone/{id}/rrset?name=b.example.com"), "").await;
    assert_eq!(listed.text("DNSName"), "a.example.com.");
}

/// Which of two forms a refusal has is disputed.
#[tokio::test(start_paused = true)]
async fn a_refused_batch_has_a_form_of_its_own_or_the_usual_one() {
    let mut settings = Settings::calm();
    settings.disputes.insert("route53-invalid-change-batch".to_owned(), 1);
    let client = Client::new(settings);
    let id = zone(&client, "example.com").await;
    let gone = client.record(&id, "DELETE", &set("a.example.com", "A", "192.0.2.1")).await;
    assert_eq!((gone.status, gone.code()), (400, String::new()));
    assert!(gone.body.contains("<InvalidChangeBatch xmlns="), "{}", gone.body);
    assert!(
        gone.text("Message").starts_with("Tried to delete resource record set"),
        "{}",
        gone.body
    );
}

/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html>
#[tokio::test(start_paused = true)]
async fn records_come_in_the_order_of_their_names_from_the_end_page_by_page() {
    let client = Client::calm();
    let id = zone(&client, "example.com").await;
    for name in ["b.example.com", "a.b.example.com", "a.example.com", "*.example.com"] {
        client.record(&id, "CREATE", &set(name, "A", "192.0.2.1")).await.good();
        client.wait(1).await;
    }
    let (mut found, mut at) = (Vec::new(), String::new());
    loop {
        let page =
            client.route53(&format!("GET hostedzone/{id}/rrset?maxitems=2{at}"), "").await.good();
        found.extend(page.texts("Name"));
        if page.text("IsTruncated") == "false" {
            break;
        }
        at = format!("&name={}&type={}", page.text("NextRecordName"), page.text("NextRecordType"));
    }
    let expected = [
        "example.com.",
        "example.com.",
        "\\052.example.com.",
        "a.example.com.",
        "b.example.com.",
        "a.b.example.com.",
    ];
    assert_eq!(found, expected);
    let alone = client.route53(&format!("GET hostedzone/{id}/rrset?type=A"), "").await;
    assert_eq!(alone.code(), "InvalidInput");
}

/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetChange.html>
#[tokio::test(start_paused = true)]
async fn a_change_is_on_its_way_for_a_while() {
    let client = Client::calm();
    let id = zone(&client, "example.com").await;
    let made = client.record(&id, "CREATE", &set("a.example.com", "A", "192.0.2.1")).await.good();
    assert_eq!(made.text("Status"), "PENDING");
    let path = format!("GET {}", made.text("Id").trim_start_matches('/'));
    assert_eq!(client.route53(&path, "").await.good().text("Status"), "PENDING");
    // It is listed all the same.
    assert_eq!(names(&client, &id).await.len(), 3);
    client.wait(60).await;
    assert_eq!(client.route53(&path, "").await.good().text("Status"), "INSYNC");
    assert_eq!(client.route53("GET change/C0", "").await.code(), "NoSuchChange");
}

/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests>
#[tokio::test(start_paused = true)]
async fn an_account_asks_five_times_a_second() {
    let client = Client::new(Settings { throttling: true, ..Settings::calm() });
    let asked = futures(&client, 7).await;
    let refused = asked.iter().filter(|it| it.code() == "Throttling").count();
    assert_eq!(refused, 2, "{asked:?}");
    client.wait(1).await;
    client.route53("GET hostedzone", "").await.good();
}

/// As many calls at one moment.
async fn futures(client: &Client, count: usize) -> Vec<Answer> {
    let mut all = JoinSet::new();
    for _ in 0..count {
        let simulator = client.simulator.clone();
        let client = Client { simulator, region: client.region, key: client.key };
        all.spawn(async move { client.route53("GET hostedzone", "").await });
    }
    all.join_all().await
}

#[tokio::test(start_paused = true)]
async fn zones_are_listed_by_their_names_and_carry_tags() {
    let client = Client::calm();
    let (net, com) = (zone(&client, "example.net").await, zone(&client, "example.com").await);
    let listed = client.route53("GET hostedzonesbyname", "").await.good();
    assert_eq!(listed.texts("Name"), ["example.com.", "example.net."]);
    let listed = client.route53("GET hostedzonesbyname?dnsname=example.net", "").await.good();
    assert_eq!(listed.texts("Id"), [format!("/hostedzone/{net}")]);
    let first = client.route53("GET hostedzone?maxitems=1", "").await.good();
    assert_eq!(first.text("IsTruncated"), "true");
    let marker = first.text("NextMarker");
    let second =
        client.route53(&format!("GET hostedzone?maxitems=1&marker={marker}"), "").await.good();
    assert_eq!(second.text("IsTruncated"), "false");
    let body = "<ChangeTagsForResourceRequest><AddTags><Tag><Key>team</Key><Value>oracles</Value></Tag>\
                </AddTags></ChangeTagsForResourceRequest>";
    client.route53(&format!("POST tags/hostedzone/{com}"), body).await.good();
    let tags = client.route53(&format!("GET tags/hostedzone/{com}"), "").await.good();
    assert_eq!(tags.text("Value"), "oracles");
    let body = "<ChangeTagsForResourceRequest><RemoveTagKeys><Key>team</Key></RemoveTagKeys>\
                </ChangeTagsForResourceRequest>";
    client.route53(&format!("POST tags/hostedzone/{com}"), body).await.good();
    let body = format!(
        "<ListTagsForResourcesRequest><ResourceIds><ResourceId>{com}</ResourceId></ResourceIds>\
         </ListTagsForResourcesRequest>"
    );
    let tags = client.route53("POST tags/hostedzone", &body).await.good();
    assert_eq!((tags.text("ResourceId"), tags.text("Value")), (com, String::new()));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_modelled_or_no_request_is_said_loudly() {
    let client = Client::calm();
    let id = zone(&client, "example.com").await;
    for (asked, body, code) in [
        ("GET healthcheck", "", "ClctlSimulatorUnsupported"),
        ("GET hostedzone?delegationsetid=N1", "", "ClctlSimulatorUnsupported"),
        ("POST hostedzone", "<Other/>", "MalformedInput"),
        ("POST hostedzone", "<CreateHostedZoneRequest><Name>", "MalformedInput"),
    ] {
        assert_eq!(client.route53(asked, body).await.code(), code, "{asked}");
    }
    let mx = client.record(&id, "CREATE", &set("example.com", "MX", "10 mail.example.com")).await;
    assert_eq!(mx.code(), "ClctlSimulatorUnsupported");
}

/// A private zone is for a VPC: <https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html>.
#[tokio::test(start_paused = true)]
async fn a_private_zone_is_for_a_vpc_that_is_there() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let body = |vpc: &str| {
        format!(
            "<CreateHostedZoneRequest><Name>example.com</Name><VPC><VPCRegion>us-east-1</VPCRegion>\
             <VPCId>{vpc}</VPCId></VPC><CallerReference>one</CallerReference></CreateHostedZoneRequest>"
        )
    };
    let missing = client.route53("POST hostedzone", &body("vpc-0123456789abcdef0")).await;
    assert_eq!(missing.code(), "InvalidVPCId");
    let made = client.route53("POST hostedzone", &body(&vpc)).await;
    assert_eq!((made.status, made.text("PrivateZone").as_str()), (201, "true"));
    let told =
        client.route53(&format!("GET {}", made.text("Id").trim_start_matches('/')), "").await;
    assert_eq!(told.good().text("VPCId"), vpc);
}
