//! The intent marker: an SSM parameter of the environment that says that objects which have
//! neither name nor token may be under way.

use aws_sdk_ssm::types::{ParameterType, ResourceTypeForTagging, Tag};
use jiff::Timestamp;

use crate::engine::{CallError, Class, Cloud, Mark};

use super::{
    answers::{required, text},
    clients::Aws,
    identity::{TAG_ADDRESS, TAG_ENVIRONMENT, TAG_UID},
};

/// The calls the marker needs to be read.
pub(super) const READS: &[&str] = &["ssm:GetParameter", "ssm:ListTagsForResource"];
/// The calls the marker needs to be put and taken away.
pub(super) const WRITES: &[&str] =
    &["ssm:PutParameter", "ssm:AddTagsToResource", "ssm:DeleteParameter"];

impl Aws {
    /// The name of the parameter.
    pub fn marker_name(&self) -> String {
        format!("/clctl/{}/intent", self.environment.name)
    }

    /// Whether the parameter carries our owner tag.
    async fn owns_marker(&self) -> Result<bool, CallError> {
        let call = || {
            self.ssm
                .list_tags_for_resource()
                .resource_type(ResourceTypeForTagging::Parameter)
                .resource_id(self.marker_name())
                .send()
        };
        match self.read("ssm:ListTagsForResource", call).await {
            Ok(answer) => {
                let uid = self.environment.uid();
                Ok(answer.tag_list().iter().any(|tag| tag.key() == TAG_UID && tag.value() == uid))
            }
            Err(error) if error.class == Class::NotFound || error.code == "InvalidResourceId" => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Refuses to go on if the parameter is somebody else's.
    async fn check_marker(&self) -> Result<(), CallError> {
        if self.owns_marker().await? {
            return Ok(());
        }
        let why = format!(
            "the parameter {} exists and carries no owner tag of this environment: it is left alone; remove it or rename the environment",
            self.marker_name()
        );
        Err(CallError::new("ssm:PutParameter", Class::Rejected, "Foreign", why))
    }
}

impl Cloud for Aws {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn mark(&self) -> Result<Option<Mark>, CallError> {
        let call = || self.ssm.get_parameter().name(self.marker_name()).send();
        let operation = "ssm:GetParameter";
        let parameter = match self.read(operation, call).await {
            Ok(answer) => required(operation, "Parameter", answer.parameter)?,
            Err(error) if error.class == Class::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let at = parameter.last_modified_date().and_then(|at| at.to_millis().ok());
        let at = at.and_then(|at| Timestamp::from_millisecond(at).ok());
        Ok(Some(Mark {
            nonce: text(operation, "Value", parameter.value)?,
            at: required(operation, "LastModifiedDate", at)?,
        }))
    }

    async fn put_mark(&self, nonce: &str, overwrite: bool) -> Result<(), CallError> {
        if overwrite {
            self.check_marker().await?;
            let call = || {
                self.ssm
                    .put_parameter()
                    .name(self.marker_name())
                    .value(nonce)
                    .r#type(ParameterType::String)
                    .overwrite(true)
                    .send()
            };
            return self.write("ssm:PutParameter", call).await.map(drop);
        }
        let tags = [
            (TAG_ENVIRONMENT, self.environment.name.clone()),
            (TAG_UID, self.environment.uid()),
            (TAG_ADDRESS, "marker/intent".to_owned()),
        ];
        let tags: Result<Vec<Tag>, _> = tags
            .into_iter()
            .map(|(key, value)| Tag::builder().key(key).value(value).build())
            .collect();
        let tags = tags.unwrap_or_default();
        let call = || {
            self.ssm
                .put_parameter()
                .name(self.marker_name())
                .description("clctl: objects of this environment may be under way")
                .value(nonce)
                .r#type(ParameterType::String)
                .overwrite(false)
                .set_tags(Some(tags.clone()))
                .send()
        };
        self.write("ssm:PutParameter", call).await.map(drop)
    }

    async fn remove_mark(&self) -> Result<(), CallError> {
        if !self.owns_marker().await? {
            return Ok(());
        }
        let call = || self.ssm.delete_parameter().name(self.marker_name()).send();
        // Repeated as a read is: a second one finds nothing to delete.
        match self.read("ssm:DeleteParameter", call).await {
            Err(error) if error.class != Class::NotFound => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}
