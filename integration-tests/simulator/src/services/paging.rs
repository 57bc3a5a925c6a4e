//! Pages of lists, whatever the protocol.
//!
//! A token says after which key the next page begins, so that what comes and goes between two
//! pages neither hides nor repeats anything else. It is opaque, and good only for the very
//! request it was given for.

use crate::random::{self, Rng};

/// Which page is wanted.
#[derive(Debug)]
pub(crate) struct Page {
    size: Option<u32>,
    after: Option<String>,
    print: u64,
}

/// A page, and the token of the next.
#[derive(Debug)]
pub(crate) struct Cut<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<String>,
}

impl Page {
    /// The page of `size` that `token` stands for in the request that `print` folds; nothing when
    /// it stands for none.
    pub(crate) fn new(size: Option<u32>, token: Option<&str>, print: &str) -> Option<Self> {
        let print = random::fold(0, print);
        let after = match token {
            Some(token) => Some(decode(token, print)?),
            None => None,
        };
        Some(Self { size, after, print })
    }

    /// Cuts the page out of what there is, in the order of keys; no page is larger than `most`.
    pub(crate) fn cut<T>(self, most: u32, all: Vec<(String, T)>) -> Cut<T> {
        self.cut_while(most, all, |_| true)
    }

    /// The same; the page also ends before the first thing that does not fit.
    pub(crate) fn cut_while<T>(
        self,
        most: u32,
        mut all: Vec<(String, T)>,
        mut fits: impl FnMut(&T) -> bool,
    ) -> Cut<T> {
        all.sort_by(|a, b| a.0.cmp(&b.0));
        let size = self.size.unwrap_or(most).min(most) as usize;
        if let Some(after) = &self.after {
            all.retain(|it| it.0 > *after);
        }
        let size = all.iter().take(size).take_while(|it| fits(&it.1)).count();
        let more = all.len() > size;
        all.truncate(size);
        let next = all.last().filter(|_| more).map(|it| encode(&it.0, self.print));
        Cut { items: all.into_iter().map(|it| it.1).collect(), next }
    }
}

fn encode(after: &str, print: u64) -> String {
    let sum = random::fold(print, after);
    let hidden = after.bytes().zip(mask(print)).map(|(byte, mask)| byte ^ mask);
    let digits = |mut text: String, byte: u8| {
        for half in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(half), 16));
        }
        text
    };
    hidden.chain(sum.to_be_bytes()).fold(String::new(), digits)
}

fn decode(token: &str, print: u64) -> Option<String> {
    if !token.len().is_multiple_of(2) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(token.get(at..at + 2)?, 16).ok();
    let bytes: Vec<u8> = (0..token.len()).step_by(2).map(byte).collect::<Option<_>>()?;
    let (hidden, sum) = bytes.split_last_chunk::<8>()?;
    let clear = hidden.iter().zip(mask(print)).map(|(byte, mask)| byte ^ mask).collect();
    let after = String::from_utf8(clear).ok()?;
    (random::fold(print, &after).to_be_bytes() == *sum).then_some(after)
}

/// Bytes that hide what a token holds.
fn mask(print: u64) -> impl Iterator<Item = u8> {
    let mut rng = Rng::new(print);
    std::iter::repeat_with(move || rng.next().to_be_bytes()).flatten()
}
