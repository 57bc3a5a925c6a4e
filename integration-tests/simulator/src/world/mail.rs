//! What SNS sends, as its receivers find it, and what they do about it.

use crate::{
    Time, World,
    services::{Letter, in_topic_arn},
};

/// Something that came to an address: a message, or the question whether the address is to be subscribed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// When it was sent.
    pub at: Time,
    /// The name of the topic it is from.
    pub topic: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub body: String,
    /// What confirms the subscription, where this asks for that.
    pub token: Option<String>,
}

impl From<&Letter> for Mail {
    fn from(letter: &Letter) -> Self {
        Self {
            at: letter.at,
            topic: letter.topic.clone(),
            subject: letter.subject.clone(),
            body: letter.body.clone(),
            token: letter.token.clone(),
        }
    }
}

impl World {
    /// What has come to an address (or to a queue or a web server, by its ARN or URL), the oldest first: the latest
    /// thousand letters of a region are kept.
    pub fn mail(&self, endpoint: &str) -> Vec<Mail> {
        let mut all: Vec<Mail> = Vec::new();
        for region in self.regions.values() {
            all.extend(region.sns.sent_to(endpoint).map(Mail::from));
        }
        all.sort_by_key(|it| it.at);
        all
    }

    /// Lets the owner of an address confirm its subscription to a topic, by the link in the letter that asks for it; says whether there
    /// was one to confirm.
    pub fn confirm_subscription(&mut self, topic: &str, endpoint: &str) -> bool {
        self.answer_mail(topic, |world, region, name| {
            let rng = world.rng.fork();
            let Self { settings, regions, now, .. } = world;
            let sns = regions.get_mut(region).map(|it| &mut it.sns);
            sns.is_some_and(|it| it.confirm((settings, rng), *now, name, endpoint))
        })
    }

    /// Lets the owner of an address end its subscription to a topic, by the link in every letter; says whether that ended one.
    pub fn leave_topic(&mut self, topic: &str, endpoint: &str) -> bool {
        self.answer_mail(topic, |world, region, name| {
            let rng = world.rng.fork();
            let Self { settings, regions, now, .. } = world;
            let sns = regions.get_mut(region).map(|it| &mut it.sns);
            sns.is_some_and(|it| it.leave((settings, rng), *now, name, endpoint))
        })
    }

    /// Does something about a topic, by its ARN.
    fn answer_mail(
        &mut self,
        topic: &str,
        act: impl FnOnce(&mut Self, &str, &str) -> bool,
    ) -> bool {
        let Some(region) = topic.split(':').nth(3).map(str::to_owned) else { return false };
        let Some(name) = in_topic_arn(&self.settings, &region, topic) else { return false };
        act(self, &region, name)
    }
}
