//! What a listener or a rule does with a request.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{
    self, ActionTypeEnum, FixedResponseActionConfig, RedirectActionConfig,
    RedirectActionStatusCodeEnum,
};
use serde::Serialize;
use serde_json::json;

use crate::{
    engine::{Address, CallError, Cell, Field, Outputs, PhysicalId, Resolved, Stage},
    leaf,
};

use super::{
    super::answers::{required, text},
    target_group::TargetGroupArn,
};

/// Where a request is sent instead. Its parts may refer to those of the request: `#{host}`
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Redirect {
    /// The protocol.
    pub protocol: String,
    /// The port.
    pub port: String,
    /// The host.
    pub host: String,
    /// The path.
    pub path: String,
    /// The query.
    pub query: String,
    /// Whether it is for good: `HTTP_301` or `HTTP_302`.
    pub status_code: String,
}
leaf!(Redirect);

impl Redirect {
    /// To the same over HTTPS, for good.
    pub fn to_https() -> Self {
        Self {
            protocol: "HTTPS".to_owned(),
            port: "443".to_owned(),
            host: "#{host}".to_owned(),
            path: "/#{path}".to_owned(),
            query: "#{query}".to_owned(),
            status_code: "HTTP_301".to_owned(),
        }
    }
}

/// What a request is answered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FixedResponse {
    /// The status.
    pub status_code: String,
    /// What kind of text.
    pub content_type: String,
    /// The text.
    pub message_body: String,
}
leaf!(FixedResponse);

impl FixedResponse {
    /// That there is nothing.
    pub fn not_found() -> Self {
        Self {
            status_code: "404".to_owned(),
            content_type: "text/plain".to_owned(),
            message_body: "Not found".to_owned(),
        }
    }
}

/// What a listener or a rule does with a request.
#[derive(Clone, Debug)]
pub enum Action<S: Stage = Resolved> {
    /// It hands it to a target of this group.
    Forward(S::In<TargetGroupArn>),
    /// It sends it elsewhere.
    Redirect(Redirect),
    /// It answers it itself.
    FixedResponse(FixedResponse),
    /// Something that we never declare.
    Other(String),
}

impl<S: Stage> Field for Action<S> {
    type Resolved = Action;

    fn cell(&self, outputs: &Outputs) -> Cell {
        let (what, cell) = match self {
            Self::Forward(group) => ("forward", group.cell(outputs)),
            Self::Redirect(redirect) => ("redirect", Cell::Known(json!(redirect))),
            Self::FixedResponse(response) => ("fixed-response", Cell::Known(json!(response))),
            Self::Other(what) => ("other", Cell::Known(what.as_str().into())),
        };
        Cell::Map(BTreeMap::from([(what.to_owned(), cell)]))
    }

    fn refs(&self, visit: &mut dyn FnMut(&Address)) {
        if let Self::Forward(group) = self {
            group.refs(visit);
        }
    }

    fn uses(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        if let Self::Forward(group) = self {
            group.uses(visit);
        }
    }

    fn resolve(&self, outputs: &Outputs) -> Result<Action, Address> {
        Ok(match self {
            Self::Forward(group) => Action::Forward(group.resolve(outputs)?),
            Self::Redirect(redirect) => Action::Redirect(redirect.clone()),
            Self::FixedResponse(response) => Action::FixedResponse(response.clone()),
            Self::Other(what) => Action::Other(what.clone()),
        })
    }
}

impl Action {
    /// As AWS takes it.
    pub(super) fn said(&self) -> Vec<types::Action> {
        let action = types::Action::builder();
        let action = match self {
            Self::Forward(group) => {
                action.r#type(ActionTypeEnum::Forward).target_group_arn(group.as_str())
            }
            Self::Redirect(to) => action.r#type(ActionTypeEnum::Redirect).redirect_config(
                RedirectActionConfig::builder()
                    .protocol(&to.protocol)
                    .port(&to.port)
                    .host(&to.host)
                    .path(&to.path)
                    .query(&to.query)
                    .status_code(RedirectActionStatusCodeEnum::from(to.status_code.as_str()))
                    .build(),
            ),
            Self::FixedResponse(with) => {
                action.r#type(ActionTypeEnum::FixedResponse).fixed_response_config(
                    FixedResponseActionConfig::builder()
                        .status_code(&with.status_code)
                        .content_type(&with.content_type)
                        .message_body(&with.message_body)
                        .build(),
                )
            }
            // Nobody declares it.
            Self::Other(_) => return Vec::new(),
        };
        vec![action.build()]
    }

    /// Reads what AWS answers. It says twice where a request is handed to: as a group, and as a list of groups with
    /// weights.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the SDK's enums may grow")]
    pub(super) fn read(operation: &'static str, from: &[types::Action]) -> Result<Self, CallError> {
        let [only] = from else {
            let mut kinds = Vec::new();
            for action in from {
                kinds.push(kind(operation, action)?.as_str().to_owned());
            }
            return Ok(Self::Other(kinds.join(", ")));
        };
        Ok(match kind(operation, only)? {
            ActionTypeEnum::Forward => forward(operation, only)?,
            ActionTypeEnum::Redirect => {
                let to = required(operation, "RedirectConfig", only.redirect_config())?;
                let code = required(operation, "StatusCode", to.status_code())?;
                let or = |part: Option<&str>, usual: &str| part.unwrap_or(usual).to_owned();
                Self::Redirect(Redirect {
                    protocol: or(to.protocol(), "#{protocol}"),
                    port: or(to.port(), "#{port}"),
                    host: or(to.host(), "#{host}"),
                    path: or(to.path(), "/#{path}"),
                    query: or(to.query(), "#{query}"),
                    status_code: code.as_str().to_owned(),
                })
            }
            ActionTypeEnum::FixedResponse => {
                let with =
                    required(operation, "FixedResponseConfig", only.fixed_response_config())?;
                Self::FixedResponse(FixedResponse {
                    status_code: text(operation, "StatusCode", with.status_code())?.to_owned(),
                    content_type: with.content_type().unwrap_or_default().to_owned(),
                    message_body: with.message_body().unwrap_or_default().to_owned(),
                })
            }
            other => Self::Other(other.as_str().to_owned()),
        })
    }
}

fn kind<'a>(
    operation: &'static str,
    action: &'a types::Action,
) -> Result<&'a ActionTypeEnum, CallError> {
    required(operation, "Type", action.r#type())
}

fn forward(operation: &'static str, from: &types::Action) -> Result<Action, CallError> {
    let config = from.forward_config();
    let groups = config.map(types::ForwardActionConfig::target_groups).unwrap_or_default();
    let sticks = config
        .and_then(|it| it.target_group_stickiness_config())
        .is_some_and(|it| it.enabled() == Some(true));
    let group = match groups {
        [] => from.target_group_arn(),
        [only] if !sticks => only.target_group_arn(),
        several => {
            let mut told = Vec::new();
            for group in several {
                let arn = text(operation, "TargetGroupArn", group.target_group_arn())?;
                told.push(format!("{arn} ({})", group.weight().unwrap_or(1)));
            }
            told.sort_unstable();
            let how = if sticks { ", sticky" } else { "" };
            return Ok(Action::Other(format!("forward to {}{how}", told.join(", "))));
        }
    };
    Ok(Action::Forward(TargetGroupArn::new(text(operation, "TargetGroupArn", group)?)))
}
