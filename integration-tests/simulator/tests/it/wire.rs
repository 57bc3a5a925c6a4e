//! What answers look like on the wire, where that is no matter of one service.

use crate::client::{Answer, Client};

async fn iam(client: &Client, form: &str) -> Answer {
    let form = format!("{form}&Version=2010-05-08");
    let answer = client.send("iam", "application/x-www-form-urlencoded", None, form).await;
    answer.unwrap().good()
}

const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A\
    %22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22ec2.amazonaws.com%22%7D%2C%22Action%22%3A\
    %22sts%3AAssumeRole%22%7D%5D%7D";

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html> and
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html>: their sample responses.
#[tokio::test(start_paused = true)]
async fn an_operation_without_output_answers_without_a_result_and_one_whose_output_is_empty_with_one()
 {
    let client = Client::calm();
    let made = format!("Action=CreateRole&RoleName=node&AssumeRolePolicyDocument={TRUST}");
    assert!(iam(&client, &made).await.body.contains("<CreateRoleResult>"));
    let tag = "Action=TagRole&RoleName=node&Tags.member.1.Key=a&Tags.member.1.Value=b";
    let tagged = iam(&client, tag).await.body;
    assert!(!tagged.contains("Result"), "{tagged}");
    assert!(tagged.contains("<ResponseMetadata><RequestId>"), "{tagged}");
    let updated = iam(&client, "Action=UpdateRole&RoleName=node&Description=ours").await.body;
    assert!(updated.contains("UpdateRoleResult"), "{updated}");
}
