//! Smithy RPC v2 CBOR: the operation in the path, a map of CBOR each way.
//!
//! <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>,
//! <https://www.rfc-editor.org/rfc/rfc8949>. A service sees the members as it does those of JSON; what JSON has no
//! number for (an infinity, and what is no number) becomes a text, and no member may be one.

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use serde_json::{Map, Number, Value, json};

use super::respond;
use crate::fault::Fault;

/// How deeply members may be nested.
const DEEPEST: u32 = 32;

/// The service and the operation that a path names: `/service/<name>/operation/<name>`.
pub(crate) fn target<B>(request: &Request<B>) -> Option<(&str, &str)> {
    let says = request.headers().get("smithy-protocol")?;
    if says != "rpc-v2-cbor" {
        return None;
    }
    let path = request.uri().path().split_once("/service/")?.1;
    path.split_once("/operation/")
}

/// Reads a body; an empty one has no members.
pub(crate) fn read(body: &[u8]) -> Option<Value> {
    if body.is_empty() {
        return Some(json!({}));
    }
    let mut reader = Reader { rest: body };
    let value = reader.value(0)?;
    (reader.rest.is_empty() && value.is_object()).then_some(value)
}

/// Writes an answer; members that `is_time` names are timestamps.
pub(crate) fn answer(
    request_id: &str,
    result: Result<Value, Fault>,
    is_time: fn(&str) -> bool,
) -> Response<Bytes> {
    let (status, value) = match result {
        Ok(value) => (200, value),
        Err(fault) => (fault.status, json!({ "__type": fault.code, "message": fault.message })),
    };
    let mut response = respond(status, "application/cbor", request_id, body(&value, is_time));
    response.headers_mut().insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
    response
}

/// Writes a body; members that `is_time` names are timestamps.
pub(crate) fn body(value: &Value, is_time: fn(&str) -> bool) -> Vec<u8> {
    let mut body = Vec::new();
    write(&mut body, value, false, is_time);
    body
}

/// What an item says of its size: a number, or that an end is marked.
#[derive(Clone, Copy)]
enum Argument {
    Is(u64),
    Open,
}

impl Argument {
    fn number(self) -> Option<u64> {
        match self {
            Self::Is(number) => Some(number),
            Self::Open => None,
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*first)
    }

    fn text(&mut self, length: u64) -> Option<String> {
        let (text, rest) = self.rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.rest = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    /// What follows the first three bits of an item.
    fn argument(&mut self, low: u8) -> Option<Argument> {
        let number = match low {
            0..24 => u64::from(low),
            24 => u64::from(self.byte()?),
            25 => u64::from(u16::from_be_bytes(self.bytes()?)),
            26 => u64::from(u32::from_be_bytes(self.bytes()?)),
            27 => u64::from_be_bytes(self.bytes()?),
            31 => return Some(Argument::Open),
            _ => return None,
        };
        Some(Argument::Is(number))
    }

    fn ends(&mut self) -> bool {
        let ends = self.rest.first() == Some(&0xff);
        if ends {
            self.byte();
        }
        ends
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        let first = self.byte()?;
        let (major, low) = (first >> 5, first & 31);
        if major == 7 {
            return self.simple(low);
        }
        let argument = self.argument(low)?;
        match major {
            0 => Some(json!(argument.number()?)),
            1 => Some(json!(-1 - i64::try_from(argument.number()?).ok()?)),
            3 => match argument {
                Argument::Is(length) => self.text(length).map(Value::String),
                Argument::Open => self.pieces(),
            },
            4 => self.items(argument.number(), depth).map(Value::Array),
            5 => self.members(argument.number(), depth).map(Value::Object),
            6 => self.value(depth + 1),
            // Bytes: no member that is modelled has any.
            _ => None,
        }
    }

    fn simple(&mut self, low: u8) -> Option<Value> {
        let number = match low {
            20 | 21 => return Some(Value::Bool(low == 21)),
            22 | 23 => return Some(Value::Null),
            25 => half(u16::from_be_bytes(self.bytes()?)),
            26 => f64::from(f32::from_be_bytes(self.bytes()?)),
            27 => f64::from_be_bytes(self.bytes()?),
            _ => return None,
        };
        Some(
            Number::from_f64(number)
                .map_or_else(|| Value::String(number.to_string()), Value::Number),
        )
    }

    fn pieces(&mut self) -> Option<Value> {
        let mut whole = String::new();
        while !self.ends() {
            let first = self.byte()?;
            let length = self.argument(first & 31)?.number()?;
            whole.push_str(&self.text(length).filter(|_| first >> 5 == 3)?);
        }
        Some(Value::String(whole))
    }

    fn items(&mut self, count: Option<u64>, depth: u32) -> Option<Vec<Value>> {
        let mut all = Vec::new();
        match count {
            Some(count) => {
                for _ in 0..count {
                    all.push(self.value(depth + 1)?);
                }
            }
            None => {
                while !self.ends() {
                    all.push(self.value(depth + 1)?);
                }
            }
        }
        Some(all)
    }

    fn members(&mut self, count: Option<u64>, depth: u32) -> Option<Map<String, Value>> {
        let mut all = Map::new();
        let mut left = count;
        loop {
            match &mut left {
                Some(0) => break,
                Some(left) => *left -= 1,
                None if self.ends() => break,
                None => {}
            }
            let Value::String(name) = self.value(depth + 1)? else { return None };
            all.insert(name, self.value(depth + 1)?);
        }
        Some(all)
    }
}

/// A number of sixteen bits: <https://www.rfc-editor.org/rfc/rfc8949#name-half-precision>.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from((bits >> 10) & 31), f64::from(bits & 1023));
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction > 0.0 => f64::NAN,
        31 => f64::INFINITY,
        _ => (fraction + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

fn head(into: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    match (u8::try_from(argument), u16::try_from(argument), u32::try_from(argument)) {
        (Ok(small @ 0..24), ..) => into.push(major | small),
        (Ok(small), ..) => into.extend([major | 0x18, small]),
        (_, Ok(number), _) => {
            into.push(major | 0x19);
            into.extend(number.to_be_bytes());
        }
        (_, _, Ok(number)) => {
            into.push(major | 0x1a);
            into.extend(number.to_be_bytes());
        }
        _ => {
            into.push(major | 0x1b);
            into.extend(argument.to_be_bytes());
        }
    }
}

fn write(into: &mut Vec<u8>, value: &Value, time: bool, is_time: fn(&str) -> bool) {
    match value {
        Value::Null => into.push(0xf6),
        Value::Bool(it) => into.push(if *it { 0xf5 } else { 0xf4 }),
        Value::Number(number) => {
            if time {
                head(into, 6, 1);
            }
            match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => head(into, 0, number),
                (None, Some(number), _) => head(into, 1, number.unsigned_abs() - 1),
                (None, None, number) => {
                    into.push(0xfb);
                    into.extend(number.unwrap_or_default().to_be_bytes());
                }
            }
        }
        Value::String(text) => {
            head(into, 3, text.len() as u64);
            into.extend(text.as_bytes());
        }
        Value::Array(all) => {
            head(into, 4, all.len() as u64);
            for it in all {
                write(into, it, time, is_time);
            }
        }
        Value::Object(members) => {
            head(into, 5, members.len() as u64);
            for (name, value) in members {
                head(into, 3, name.len() as u64);
                into.extend(name.as_bytes());
                write(into, value, is_time(name), is_time);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From <https://www.rfc-editor.org/rfc/rfc8949#name-examples-of-encoded-cbor-da>.
    #[test]
    fn values_are_read_as_the_document_shows_them() {
        for (bytes, expected) in [
            (&[0xf9, 0x3e, 0x00][..], json!(1.5)),
            (&[0xf9, 0x7b, 0xff], json!(65504.0)),
            (&[0xf9, 0x00, 0x01], json!(5.960_464_477_539_063e-8)),
            (&[0xf9, 0xc4, 0x00], json!(-4.0)),
            (&[0xfa, 0x47, 0xc3, 0x50, 0x00], json!(100_000.0)),
            (&[0xfb, 0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a], json!(1.1)),
            (&[0xf9, 0x7c, 0x00], json!("inf")),
            (&[0x39, 0x03, 0xe7], json!(-1000)),
            (&[0x1a, 0x00, 0x0f, 0x42, 0x40], json!(1_000_000)),
            (&[0xc1, 0x1a, 0x51, 0x4b, 0x67, 0xb0], json!(1_363_896_240)),
            (&[0x9f, 0x01, 0x82, 0x02, 0x03, 0xff], json!([1, [2, 3]])),
            (&[0x7f, 0x61, b'a', 0x61, b'b', 0xff], json!("ab")),
            (&[0xbf, 0x61, b'a', 0x01, 0xff], json!({ "a": 1 })),
        ] {
            let mut reader = Reader { rest: bytes };
            assert_eq!(reader.value(0), Some(expected), "{bytes:x?}");
        }
    }

    #[test]
    fn what_is_no_map_is_refused() {
        for bytes in [&[0x01][..], &[0xa1], &[0xa1, 0x01, 0x02], &[0xa0, 0x00], &[0x9b; 9]] {
            assert_eq!(read(bytes), None, "{bytes:x?}");
        }
        assert_eq!(read(&[]), Some(json!({})));
        assert_eq!(read(&[0x81; 10_000]), None);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let value = json!({
            "a": [0, 23, 24, 255, 256, 65_536, u64::MAX, -1, -25, 1.0, true, null, "é"],
            "b": { "Timestamp": 1.5 },
        });
        let mut bytes = Vec::new();
        write(&mut bytes, &value, false, |it| it == "Timestamp");
        assert_eq!(read(&bytes), Some(value));
        assert!(bytes.contains(&0xc1));
    }
}
