//! What somebody else might do to a database.

use super::{PLAIN, running};

#[tokio::test(start_paused = true)]
async fn every_change_by_hand_is_one_that_rds_allows() {
    let mark = [
        ("Tags.Tag.1.Key", "clctl.dev/uid"),
        ("Tags.Tag.1.Value", "u"),
        ("Tags.Tag.2.Key", "Name"),
        ("Tags.Tag.2.Value", "n"),
    ];
    let (client, _net) = running(&mark).await;
    let group = [
        ("DBParameterGroupName", "mine"),
        ("DBParameterGroupFamily", "postgres17"),
        ("Description", "x"),
    ];
    let group: Vec<_> = group.into_iter().chain(mark).collect();
    client.rds("CreateDBParameterGroup", &group).await.good();
    let (said, refused) = client.simulator.with(|world| {
        let deeds = world.deeds();
        let said: Vec<_> = deeds.iter().map(|it| it.says().to_owned()).collect();
        let refused: Vec<_> = deeds
            .iter()
            .filter(|deed| !world.clone().does(deed))
            .map(|it| it.says().to_owned())
            .collect();
        (said, refused)
    });
    assert!(said.len() > 20, "{said:?}");
    assert!(said.iter().any(|it| it.contains("the tag Name of db is gone")), "{said:?}");
    // In a VPC without a way out nothing is public.
    let refused = refused.iter().filter(|it| !it.contains("PubliclyAccessible is true"));
    assert_eq!(refused.collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(PLAIN.len() > 5);
}

#[tokio::test(start_paused = true)]
async fn protection_and_tags_are_taken_from_outside() {
    let (client, _net) = running(&[("DeletionProtection", "true")]).await;
    let object = client.simulator.with(|world| {
        let object = world.objects().into_iter().find(|it| it.kind == "db").unwrap();
        assert!(world.unprotect(&object));
        let put = std::collections::BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        assert!(world.retag(&object, &put, &[]));
        object
    });
    assert_eq!(object.id, "db");
    let there = super::seen(&client, "db").await;
    assert_eq!(there.text("DeletionProtection"), "false");
    assert_eq!(there.texts("Key"), ["a"]);
}
