//! User data as cloud-init reads it: files to write, and what to run once they are there.
//!
//! <https://docs.cloud-init.io/en/latest/reference/modules.html#write-files>. A file is a literal block of YAML, byte
//! for byte, unless it has something in it that YAML does not show, and then it is in quotes. All of it is compressed:
//! scripts and units alone take twelve of the sixteen KiB that EC2 takes, and chains come on top.

use std::fmt::Write as _;

use crate::gzip::pack;

use super::Error;

/// What EC2 takes, before it is encoded in base64.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html>
pub const MOST_BYTES: usize = 16 * 1024;

/// A file to be written, owned by root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where.
    pub path: &'static str,
    /// Who may do what with it, in octal.
    pub mode: &'static str,
    /// What is in it.
    pub content: String,
}

impl File {
    /// Something that is read.
    pub(super) fn data(path: &'static str, content: impl Into<String>) -> Self {
        Self { path, mode: "0644", content: content.into() }
    }

    /// A script, without what only its readers need: that is not worth a byte of the 16 KiB.
    pub(super) fn script(path: &'static str, source: &str) -> Self {
        Self { path, mode: "0755", content: bare(source) }
    }
}

/// What an instance is told when it is launched. There are no secrets in it: whoever may describe the instance reads
/// it, and every process on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserData {
    files: Vec<File>,
    text: String,
}

impl UserData {
    /// Files to write, and a command to run then.
    pub(super) fn new(files: Vec<File>, command: &[&str]) -> Result<Self, Error> {
        let mut text = "#cloud-config\nwrite_files:\n".to_owned();
        for File { path, mode, content } in &files {
            let content = scalar(content);
            let _ = write!(text, "- path: {path}\n  permissions: \"{mode}\"\n  content: {content}");
        }
        text.push_str("runcmd:\n- [");
        text.push_str(&command.join(", "));
        text.push_str("]\n");
        let packed = pack(&text);
        if packed.len() <= MOST_BYTES {
            return Ok(Self { files, text });
        }
        let largest = files.iter().max_by_key(|file| pack(&file.content).len());
        let (file, file_bytes) =
            largest.map_or(("", 0), |file| (file.path, pack(&file.content).len()));
        let file = file.to_owned();
        Err(Error::TooLarge { bytes: packed.len(), most: MOST_BYTES, file, file_bytes })
    }

    /// What it says. This is what is to be compared: two compressors may pack it in two ways.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What is handed to EC2, before it is encoded in base64.
    pub fn packed(&self) -> Vec<u8> {
        pack(&self.text)
    }

    /// What it writes.
    pub fn files(&self) -> &[File] {
        &self.files
    }
}

/// A script without comments and empty lines.
fn bare(source: &str) -> String {
    let mut lines = source.lines();
    let mut bare: String = lines.next().into_iter().flat_map(|first| [first, "\n"]).collect();
    for line in lines {
        let code = line.trim_start();
        if !code.is_empty() && !code.starts_with('#') {
            bare.push_str(line);
            bare.push('\n');
        }
    }
    bare
}

/// Text as the value of a key that stands two spaces in, with the line's end.
fn scalar(text: &str) -> String {
    let body = text.trim_end_matches('\n');
    if body.is_empty() || body.ends_with([' ', '\t']) || !text.chars().all(is_plain) {
        return quoted(text);
    }
    let chomping = match text.len() - body.len() {
        0 => "-",
        1 => "",
        _ => "+",
    };
    let mut block = format!("|2{chomping}\n");
    for line in text.split_inclusive('\n') {
        // An empty line is one, and has no spaces at its end.
        if line != "\n" {
            block.push_str("    ");
        }
        block.push_str(line);
    }
    if !block.ends_with('\n') {
        block.push('\n');
    }
    block
}

/// Whether YAML 1.1 takes a character as it is, and neither it nor 1.2 for the end of a line.
/// <https://yaml.org/spec/1.1/#id868518>
fn is_plain(c: char) -> bool {
    matches!(c, '\n' | '\t' | ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}'
        | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

/// Text in double quotes, and nothing but ASCII.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for c in text.chars() {
        let _ = match c {
            '"' | '\\' => write!(quoted, "\\{c}"),
            '\n' => write!(quoted, "\\n"),
            ' '..='~' => write!(quoted, "{c}"),
            c if u32::from(c) <= 0xff => write!(quoted, "\\x{:02x}", u32::from(c)),
            c if u32::from(c) <= 0xffff => write!(quoted, "\\u{:04x}", u32::from(c)),
            c => write!(quoted, "\\U{:08x}", u32::from(c)),
        };
    }
    quoted.push_str("\"\n");
    quoted
}

/// Hexadecimal digits that no compressor makes shorter than half.
#[cfg(test)]
pub(super) fn noise(length: usize) -> String {
    let mut text = String::new();
    let mut state = 1_u64;
    while text.len() < length {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let _ = write!(text, "{:08x}", state >> 32);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a YAML parser that is not ours makes of it.
    fn read(text: &str) -> String {
        let document = format!("- path: /x\n  content: {}", scalar(text));
        let read: Vec<std::collections::BTreeMap<String, String>> =
            serde_saphyr::from_str(&document).unwrap_or_else(|error| panic!("{error}\n{document}"));
        read[0]["content"].clone()
    }

    /// What is hostile to shells, systemd, YAML and TOML, among anything.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("\n".to_owned()),
            Just("  ".to_owned()),
            Just("\t".to_owned()),
            Just("\r\n".to_owned()),
            Just("$(reboot)`id`%n%%\\\"'''\"\"\"".to_owned()),
            Just("\n- path: /etc/shadow\n  content: |\n".to_owned()),
            Just("---\n...\n#cloud-config\n{{ x }}: &a *a !b".to_owned()),
            Just("\u{85}\u{2028}\u{feff}\u{7f}\u{0}\u{1f600}".to_owned()),
            any::<char>().prop_map(String::from),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn a_file_comes_out_as_it_went_in(text in hostile()) {
            prop_assert_eq!(read(&text), text);
        }
    }

    #[test]
    fn what_is_text_stays_readable() {
        assert_eq!(scalar("a\n\n  b: $(c)\n"), "|2\n    a\n\n      b: $(c)\n");
        assert_eq!(scalar("a"), "|2-\n    a\n");
        assert_eq!(scalar("a\n\n"), "|2+\n    a\n\n");
        assert_eq!(scalar("a\r\n"), "\"a\\x0d\\n\"\n");
        assert_eq!(scalar(""), "\"\"\n");
    }

    #[test]
    fn a_script_keeps_what_it_does() {
        let source =
            "#!/bin/bash\n# Why.\n\nif true; then\n    # What.\n    echo '#' # shown\nfi\n";
        assert_eq!(bare(source), "#!/bin/bash\nif true; then\n    echo '#' # shown\nfi\n");
    }

    #[test]
    fn what_ec2_does_not_take_is_refused_and_says_what_is_large() {
        let files = |length| vec![File::data("/small", "x"), File::data("/large", noise(length))];
        assert!(UserData::new(files(20_000), &["true"]).is_ok());
        let error = UserData::new(files(60_000), &["true"]).unwrap_err();
        let Error::TooLarge { bytes, most, file, file_bytes } = error else { panic!("{error}") };
        assert!(bytes > most && most == MOST_BYTES && file == "/large" && file_bytes < bytes);
    }

    #[test]
    fn what_is_packed_is_what_is_said() {
        use std::io::Read as _;

        let data = UserData::new(vec![File::data("/x", "é\n")], &["true"]).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*data.packed()).read_to_string(&mut text).unwrap();
        assert_eq!(text, data.as_str());
        assert_eq!(&data.packed()[..4], [0x1f, 0x8b, 8, 0]);
        assert_eq!(&data.packed()[4..8], [0; 4]);
    }
}
