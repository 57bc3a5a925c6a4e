//! `spec.secrets`, and the places that refer to secrets. None of them holds one.

use std::{borrow::Cow, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de::Visitor};

use crate::{
    arn::{Arn, Home},
    at::{At, Filled, HIDDEN, Optional},
    chapter::{chapter, choice, in_place, interrupts, refused},
    form::{Form, leaf, settle_optional},
    log::Log,
    names::{NameError, name},
    problem::{Code, Draft},
    tree::Span,
    url,
    whole::Whole,
};

const SECRETS: &str =
    "https://docs.aws.amazon.com/secretsmanager/latest/APIReference/API_CreateSecret.html";
const DELETE: &str =
    "https://docs.aws.amazon.com/secretsmanager/latest/APIReference/API_DeleteSecret.html";
const GET: &str =
    "https://docs.aws.amazon.com/secretsmanager/latest/APIReference/API_GetSecretValue.html";
const NODE_SECRETS: &str = "https://docs.chain.link/chainlink-nodes/v1/secrets-config";
const RESTART: &str = "the nodes are restarted, the standby first: silent for one handover";
const GENERATED: &str =
    "it counts when the password is generated: one that was is not generated again";
const KEYSTORE: &str = "the nodes are restarted, the standby first; it has to be the same password: no other opens the keys in the database";

/// How a password is written: not at all.
const PASSWORD: &str =
    "{generate: {}}, or {existing: {id: oracles/password}}; a password never stands in this file";

chapter! {
    /// The passwords of the environment, one by one: generated, or taken from a secret that exists. What they
    /// are is written in no file; the secrets RPC URLs come from are named where the URLs are.
    pub struct Secrets, SecretsFields {
        default {
            /// What opens the keystore in the database, and with it the wallet. Generated once and never
            /// changed. Together with the database it is the wallet: back up both.
            keystore_password: Password = Password::default(), interrupts(KEYSTORE, NODE_SECRETS).example(PASSWORD);
            /// What the administrator logs in to the GUI with, for the first time: after that it is changed
            /// there. 16 to 50 characters.
            admin_password: Password = Password::default(), interrupts("it counts at the first start only, and the nodes are replaced, the standby first: silent for one handover", NODE_SECRETS).example(PASSWORD);
            /// What the nodes log in to the database with. At least 16 characters.
            database_password: Password = Password::default(), interrupts(RESTART, NODE_SECRETS).example(PASSWORD);
            /// How long a secret of ours can be restored after it was deleted.
            recovery_window_in_days: Whole<7, 30> = Whole::of(30), in_place(DELETE).effect("nothing in AWS changes; it counts when one is deleted").unit("days");
        }
    }
}

choice! {
    /// Where a password comes from. Generated, by default.
    pub enum Password, PasswordFields, default Generate(Generate) {
        /// clctl makes one from AWS's random numbers and never sees it again.
        generate: Generate(Generate), interrupts(RESTART, SECRETS);
        /// A secret of the environment whose value you put in yourself: its name, as in
        /// `clctl secret put NAME --from-stdin`.
        secret: Secret(SecretName), interrupts(RESTART, SECRETS);
        /// A secret of yours in Secrets Manager. The nodes read its value. clctl reads its description, and the value
        /// only of a database password, to set it; a new version of it restarts the nodes, the standby first.
        existing: Existing(ExistingSecret), interrupts(RESTART, GET);
    }
}

impl Default for Password {
    fn default() -> Self {
        Self::Generate(Generate { length: Whole::of(32) })
    }
}

chapter! {
    /// A password that is generated: letters, digits, `-` and `_`.
    pub struct Generate, GenerateFields {
        default {
            /// How long it is.
            length: Whole<16, 50> = Whole::of(32), in_place(NODE_SECRETS).effect(GENERATED).unit("characters");
        }
    }
}

chapter! {
    /// A secret of yours in Secrets Manager.
    pub struct ExistingSecret, ExistingSecretFields {
        required {
            /// Its name, or its ARN if it is in another account.
            id: SecretId, interrupts(RESTART, GET);
        }
        optional {
            /// Which field of it, if it is a JSON object. All of it, if this is left out.
            key: SecretKey, interrupts(RESTART, GET);
        }
    }
}

name! {
    /// The name of a secret of the environment.
    SecretName: cautious, pattern "^[a-z0-9]([a-z0-9]|-[a-z0-9])*$", longest 64, |text| {
        let is_name = !text.is_empty()
            && text.len() <= 64
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains("--");
        if SecretName::GENERATED.contains(&text) {
            return Err(NameError::new("this name is taken", "clctl gives it to a password that it generates: choose another one, for example `my-keystore-password`"));
        }
        if is_name {
            return Ok(());
        }
        // It may be the secret itself.
        Err(NameError::new("this is not the name of a secret", "a name has up to 64 lower-case letters, digits and single hyphens between them, for example `sepolia-http`; what is secret goes in with `clctl secret put NAME --from-stdin`"))
    }
}

impl SecretName {
    /// What the generated password that opens the keystore is called.
    pub const KEYSTORE: &'static str = "keystore-password";
    /// What the administrator's generated password is called.
    pub const ADMIN: &'static str = "admin-password";
    /// What the generated password for the database is called.
    pub const DATABASE: &'static str = "database-password";
    const GENERATED: [&'static str; 3] = [Self::KEYSTORE, Self::ADMIN, Self::DATABASE];
}

name! {
    /// The name or ARN of a secret in Secrets Manager.
    SecretId: cautious,
    pattern "^(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:)?[A-Za-z0-9/_+=.@-]+$",
    longest 2048, |text| {
        let is_name = |name: &str| {
            (1..=519).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+=.@-".contains(&b))
        };
        let resource = Arn::of(text).and_then(Arn::secret);
        if is_name(resource.unwrap_or(text)) {
            return Ok(());
        }
        Err(NameError::new("this is neither the name nor the ARN of a secret", "a name looks like `oracles/rpc`, an ARN like `arn:aws:secretsmanager:us-east-1:123456789012:secret:oracles/rpc-AbCdEf`"))
    }
}

name! {
    /// The name of a field in a secret that is a JSON object.
    SecretKey: cautious, pattern "^[A-Za-z0-9_.-]+$", longest 128, |text| {
        let is_key = (1..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        if is_key {
            return Ok(());
        }
        Err(NameError::new("this is not the name of a field in a secret", "it has letters, digits and `_ . -`, for example `httpUrl`"))
    }
}

/// Which schemes a URL can have.
pub(crate) trait Scheme {
    /// The secure one first.
    const SCHEMES: [&'static str; 2];
}

/// A URL that is usually secret: where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum UrlSource {
    /// A secret of the environment.
    Secret(SecretName),
    /// A secret of the user's.
    Existing(ExistingSecret),
    /// None at all: everybody may know it.
    #[serde(untagged)]
    Public(PublicUrl),
}

/// A URL that everybody may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicUrl {
    /// The URL.
    pub value: String,
    /// That everybody may know it: always true.
    pub public: bool,
}

/// A URL with one of the schemes of `S`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct SecretUrl<S> {
    /// Where it comes from.
    pub source: UrlSource,
    #[serde(skip)]
    scheme: PhantomData<S>,
}

/// A URL as written: exactly one of `secret`, `existing` and `value`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline, extend("oneOf" = [
    {"required": ["secret"]}, {"required": ["existing"]}, {"required": ["value"]}
]))]
struct UrlFields {
    /// A secret of the environment that holds the URL: its name, as in `clctl secret put NAME --from-stdin`.
    #[serde(default)]
    #[schemars(extend("x-clctl" = interrupts(RESTART, SECRETS)))]
    secret: Filled<SecretName>,
    /// A secret of yours in Secrets Manager that holds the URL.
    #[serde(default)]
    #[schemars(extend("x-clctl" = interrupts(RESTART, GET).example("{id: oracles/rpc, key: httpUrl}")))]
    existing: Filled<ExistingSecretFields>,
    /// The URL itself. Only with `public: true`: URLs of RPC providers have a key in their path.
    #[serde(default)]
    #[schemars(extend("x-clctl" = interrupts(RESTART, NODE_SECRETS)))]
    value: Filled<UrlText>,
    /// That everybody may know the URL in `value`.
    #[serde(default)]
    #[schemars(extend("x-clctl" = refused("without it, no URL stands here", NODE_SECRETS), "default" = false))]
    public: Optional<bool>,
}

/// A URL as written, with the schemes of `S` in its schema.
#[derive(Clone, Debug)]
pub(crate) struct WrittenUrl<S> {
    fields: UrlFields,
    scheme: PhantomData<S>,
}

impl<S> Default for WrittenUrl<S> {
    fn default() -> Self {
        Self { fields: UrlFields::default(), scheme: PhantomData }
    }
}

impl<'de, S> Deserialize<'de> for WrittenUrl<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        UrlFields::deserialize(deserializer).map(|fields| Self { fields, scheme: PhantomData })
    }
}

impl<S> JsonSchema for WrittenUrl<S> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Url".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        UrlFields::json_schema(generator)
    }
}

/// The text of a URL. Never shown, whatever is wrong with it.
#[derive(Clone, PartialEq)]
struct UrlText(String);

impl std::fmt::Debug for UrlText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UrlText(…)")
    }
}

impl<'de> Deserialize<'de> for UrlText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = UrlText;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a URL")
            }
            fn visit_str<E>(self, text: &str) -> Result<UrlText, E> {
                Ok(UrlText(text.to_owned()))
            }
        }
        deserializer.deserialize_newtype_struct(HIDDEN, Text)
    }
}

impl JsonSchema for UrlText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "UrlText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(https?|wss?)://[!-~]+$", "maxLength": 2048 })
    }
}

leaf!(UrlText);

impl<S: Scheme> Form for SecretUrl<S> {
    type Written = WrittenUrl<S>;

    fn settle(written: At<WrittenUrl<S>>, log: &Log) -> Option<Self> {
        let At { value: WrittenUrl { fields, .. }, span } = written;
        let given = [
            ("secret", fields.secret.is_given()),
            ("existing", fields.existing.is_given()),
            ("value", fields.value.is_given()),
        ];
        let places = [
            fields.secret.given().map(|at| at.span),
            fields.existing.given().map(|at| at.span),
            fields.value.given().map(|at| at.span),
        ];
        let is_one = crate::chapter::choose(&given, &places, 1, span, log);
        let url = check_url::<S>(&fields, log);
        let secret = settle_optional(fields.secret.0, log)?;
        let existing = settle_optional(fields.existing.0, log)?;
        let source = match (secret, existing, url) {
            (Some(secret), _, _) => UrlSource::Secret(secret),
            (_, Some(existing), _) => UrlSource::Existing(existing),
            (_, _, Some(value)) => UrlSource::Public(PublicUrl { value, public: true }),
            (None, None, None) => return None,
        };
        is_one.then_some(Self { source, scheme: PhantomData })
    }
}

/// The URL that is written, if everything is right with it.
fn check_url<S: Scheme>(fields: &UrlFields, log: &Log) -> Option<String> {
    let public = fields.public.or(false)?;
    let Some(At { value: UrlText(url), span }) = fields.value.given() else {
        if let Some(public) = fields.public.given().filter(|_| !fields.value.is_given()) {
            let draft =
                Draft::new(Code::Needs, public.span, "there is no URL here that could be public");
            log.report(draft.label("without `value`").help("remove it"));
        }
        return None;
    };
    if !public {
        log.report(
            Draft::new(Code::PublicUrl, *span, "a URL stands in the file, where everybody reads it")
                .label("not said to be public")
                .help("if it has a key in it, put it into a secret: `{secret: NAME}` here, and `clctl secret put NAME --from-stdin`; if everybody may know it, add `public: true`"),
        );
    }
    if let Some((message, help)) = url::problem(url, S::SCHEMES) {
        log.report(Draft::new(Code::InvalidValue, *span, message).label("this URL").help(help));
        return None;
    }
    if public && url::has_key(url) {
        let draft = Draft::new(
            Code::KeyInUrl,
            *span,
            "this URL is said to be public, and looks as if it had a key in it",
        );
        log.report(draft.label("this URL").help(
            "if that is a key, take it back at its provider, and put the new one into a secret: `{secret: NAME}`",
        ));
    }
    public.then(|| url.clone())
}

impl<S> WrittenUrl<S> {
    /// The secret of the environment it is in, if it is in one.
    pub(crate) fn secret(&self) -> Option<&At<SecretName>> {
        self.fields.secret.given()
    }

    /// Whether it comes from a secret.
    pub(crate) fn is_secret(&self) -> bool {
        self.fields.secret.is_given() || self.fields.existing.is_given()
    }

    /// What makes it the same URL as another, and where that is written: never the URL itself in a report.
    pub(crate) fn identity(&self, at: Span) -> Option<(String, Span)> {
        if let Some(secret) = self.fields.secret.given() {
            return Some((format!("secret {}", secret.value), secret.span));
        }
        if let Some(existing) = self.fields.existing.given() {
            let id = existing.value.id.0.as_ref()?;
            let key = existing.value.key.given().map(|key| key.value.to_string());
            return Some((format!("existing {} {}", id.value, key.unwrap_or_default()), at));
        }
        let value = self.fields.value.given()?;
        Some((format!("value {}", value.value.0), value.span))
    }

    /// Checks what is named of AWS against where the environment is.
    pub(crate) fn check_home(&self, home: Home<'_>, log: &Log) {
        if let Some(existing) = self.fields.existing.given() {
            existing.value.check_home(home, log);
        }
    }
}

impl PasswordFields {
    /// How long it is to be, where that is written.
    pub(crate) fn length(&self) -> Option<&At<Whole<16, 50>>> {
        self.generate.given()?.value.length.given()
    }

    /// Whether somebody else makes the password.
    pub(crate) fn is_of_others(&self) -> bool {
        self.secret.is_given() || self.existing.is_given()
    }
}

impl ExistingSecretFields {
    fn check_home(&self, home: Home<'_>, log: &Log) {
        if let Some(id) = &self.id.0 {
            home.check(id.value.as_str(), id.span, "the secret", log);
        }
    }
}

impl SecretsFields {
    /// Checks what is named of AWS against where the environment is.
    pub(crate) fn check_home(&self, home: Home<'_>, log: &Log) {
        let Self {
            keystore_password,
            admin_password,
            database_password,
            recovery_window_in_days: _,
        } = self;
        for password in [keystore_password, admin_password, database_password] {
            let existing = password.given().and_then(|password| password.value.existing.given());
            if let Some(existing) = existing {
                existing.value.check_home(home, log);
            }
        }
    }
}
