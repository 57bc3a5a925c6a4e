//! URLs of RPC endpoints, as far as somebody can be told what is wrong with one without it being shown.

use std::net::Ipv6Addr;

/// What is wrong with a URL: the message, and what would be right.
pub(crate) fn problem(url: &str, schemes: [&str; 2]) -> Option<(String, String)> {
    let [secure, plain] = schemes;
    let is_not = |help: &str| {
        Some((format!("this is not a URL with `{secure}` or `{plain}`"), help.to_owned()))
    };
    let Some((_, rest)) =
        url.split_once("://").filter(|(scheme, _)| *scheme == secure || *scheme == plain)
    else {
        return is_not(&format!("it begins with `{secure}://` or `{plain}://`"));
    };
    if !rest.bytes().all(|b| (b'!'..=b'~').contains(&b) && !b"\"<>\\^`{}|".contains(&b)) {
        return is_not(
            "it has no spaces, quotes or brackets; other characters are percent-encoded",
        );
    }
    if url.len() > 2048 {
        return is_not("it has at most 2048 characters");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Some((
            "there is a user or a password in this URL".to_owned(),
            "everybody who reads the file would have it: put the URL into a secret".to_owned(),
        ));
    }
    let literal = authority.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (host, port) = if let Some((host, port)) = literal {
        (host.parse::<Ipv6Addr>().is_ok(), port.strip_prefix(':'))
    } else {
        let parts = authority.split_once(':');
        let (host, port) = parts.map_or((authority, None), |(host, port)| (host, Some(port)));
        let is_part = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        (!host.is_empty() && host.bytes().all(is_part), port)
    };
    if !host {
        return is_not("a host follows behind the two slashes, for example `rpc.example.com`");
    }
    if port.is_some_and(|port| port.starts_with('+') || !port.parse::<u16>().is_ok_and(|it| it > 0))
    {
        return is_not("a port is a number from 1 to 65535");
    }
    None
}

/// Whether something in its path or query looks like a key: long, of letters and digits.
pub(crate) fn has_key(url: &str) -> bool {
    const LONG: usize = 20;
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.split_once(['/', '?']).map_or("", |(_, path)| path);
    path.split(['/', '?', '&', '=', '#']).any(|part| {
        part.len() >= LONG
            && part.bytes().any(|b| b.is_ascii_digit())
            && part.bytes().any(|b| b.is_ascii_alphabetic())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_a_host_and_perhaps_a_port() {
        for url in [
            "https://rpc.example.com",
            "https://rpc.example.com/eth?x=1",
            "http://10.0.0.7:8545/",
            "https://[fd00::1]:8545",
            "http://geth:8545",
        ] {
            assert_eq!(problem(url, ["https", "http"]), None, "{url}");
        }
        for url in [
            "",
            "rpc.example.com",
            "ftp://rpc.example.com",
            "https://",
            "https:///x",
            "https://:8545",
            "https://a b",
            "https://a\"b",
            "https://${RPC}",
            "https://<host>",
            "https://[::1",
            "https://x:99999",
            "https://x:0",
            "https://me:pw@x",
            "wss://x",
        ] {
            assert!(problem(url, ["https", "http"]).is_some(), "{url}");
        }
    }

    #[test]
    fn keys_of_providers_are_seen() {
        assert!(has_key("https://eth-mainnet.example.com/v2/a1b2c3d4e5f6a7b8c9d0e1f2"));
        assert!(has_key("wss://example.com/?apikey=0123456789abcdef0123456789abcdef"));
        assert!(!has_key("https://rpc.example.com/ethereum-mainnet-archive-node"));
    }
}
