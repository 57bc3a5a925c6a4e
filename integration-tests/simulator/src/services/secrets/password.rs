//! Random passwords.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html>: they
//! are drawn and forgotten.

use serde_json::json;

use super::{Answer, Call, constraint, invalid};

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const NUMBERS: &str = "0123456789";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

pub(super) fn random(call: &mut Call<'_>) -> Answer {
    let members = call.members;
    let length: i64 = members.get("PasswordLength")?.unwrap_or(32);
    let excluded: String = members.get("ExcludeCharacters")?.unwrap_or_default();
    let each = members.get("RequireEachIncludedType")?.unwrap_or(true);
    let Some(length) = usize::try_from(length).ok().filter(|it| (1..=4096).contains(it)) else {
        return Err(constraint("passwordLength", "have value between 1 and 4096"));
    };
    if excluded.chars().count() > 4096 {
        return Err(constraint("excludeCharacters", "have length less than or equal to 4096"));
    }
    let mut kinds: Vec<Vec<char>> = Vec::new();
    for (switch, letters) in [
        ("ExcludeLowercase", LOWER),
        ("ExcludeUppercase", UPPER),
        ("ExcludeNumbers", NUMBERS),
        ("ExcludePunctuation", PUNCTUATION),
    ] {
        if !members.get::<bool>(switch)?.unwrap_or_default() {
            kinds.push(letters.chars().filter(|it| !excluded.contains(*it)).collect());
        }
    }
    if members.get("IncludeSpace")?.unwrap_or(false) && !excluded.contains(' ') {
        kinds.push(vec![' ']);
    }
    let all: Vec<char> = kinds.iter().flatten().copied().collect();
    if all.is_empty() {
        return Err(invalid("The password would have no characters to choose from."));
    }
    if each && (kinds.iter().any(Vec::is_empty) || length < kinds.len()) {
        return Err(invalid(
            "The password can't have at least one character of every type that is included.",
        ));
    }
    let rng = &mut call.rng;
    let mut password: Vec<char> = Vec::new();
    if each {
        password.extend(kinds.iter().filter_map(|it| rng.pick(it).copied()));
    }
    while password.len() < length {
        password.extend(rng.pick(&all).copied());
    }
    for last in (1..password.len()).rev() {
        let other = usize::try_from(rng.below(last as u64 + 1)).unwrap_or_default();
        password.swap(last, other);
    }
    Ok(json!({ "RandomPassword": password.into_iter().collect::<String>() }))
}
