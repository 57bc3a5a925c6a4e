//! Records of Route 53, after <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html>.

use serde_json::json;

use super::{allow, calm, denied};

fn set(name: &str) -> String {
    format!(
        "<Name>{name}</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord>\
         <Value>192.0.2.1</Value></ResourceRecord></ResourceRecords>"
    )
}

#[tokio::test(start_paused = true)]
async fn who_may_make_one_name_makes_no_other() {
    let (admin, role) = calm().await;
    let body = "<CreateHostedZoneRequest><Name>example.com</Name><CallerReference>one</CallerReference>\
                </CreateHostedZoneRequest>";
    let made = admin.route53("POST hostedzone", body).await;
    let zone = made.text("Id").trim_start_matches("/hostedzone/").to_owned();
    let arn = format!("arn:aws:route53:::hostedzone/{zone}");
    let names = "route53:ChangeResourceRecordSetsNormalizedRecordNames";
    let statement = json!([{
        "Effect": "Allow", "Action": "route53:ChangeResourceRecordSets", "Resource": arn,
        "Condition": { "ForAllValues:StringEquals": { names: ["node.example.com"] } },
    }]);
    allow(&admin, &statement).await;
    role.record(&zone, "CREATE", &set("Node.Example.com.")).await.good();
    let other = role.record(&zone, "CREATE", &set("other.example.com")).await;
    denied(&other, "route53:ChangeResourceRecordSets", &arn);
    let listed = role.route53(&format!("GET hostedzone/{zone}/rrset"), "").await;
    denied(&listed, "route53:ListResourceRecordSets", &arn);
}
