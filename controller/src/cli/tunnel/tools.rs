//! The programs that a way needs on this machine, and its ports.

use std::{
    ffi::OsStr,
    net::{Ipv4Addr, TcpListener},
    path::Path,
};

use anyhow::bail;

use super::{
    super::{args::Via, exit::Exit, session::Ends},
    way::{AWS, SSH},
};

/// What session-manager-plugin is called: the AWS CLI runs it.
const PLUGIN: &str = "session-manager-plugin";

/// Fails unless everything is there that this way runs, with what to install.
///
/// # Errors
/// What is missing.
pub(super) fn check(via: Via, uses_ssh: bool) -> anyhow::Result<()> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let of_ssh = (SSH, "install the client of OpenSSH (openssh-client, openssh-clients)");
    let of_aws = [
        (
            AWS,
            "install the AWS CLI: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
        ),
        (
            PLUGIN,
            "install the Session Manager plugin of the AWS CLI: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html",
        ),
    ];
    let needed = match via {
        Via::SessionManager if uses_ssh => vec![of_ssh, of_aws[0], of_aws[1]],
        Via::SessionManager => of_aws.to_vec(),
        Via::Bastion => vec![of_ssh],
    };
    for (program, install) in needed {
        if !is_in(&path, program) {
            bail!(Ends {
                exit: Exit::Local,
                text: format!(
                    "there is no {program} in PATH, and this way runs it: {install}; or see with --print what it would run"
                ),
            });
        }
    }
    Ok(())
}

fn is_in(path: &OsStr, program: &str) -> bool {
    let names = [program.to_owned(), format!("{program}{}", std::env::consts::EXE_SUFFIX)];
    std::env::split_paths(path)
        .any(|folder| names.iter().any(|name| is_program(&folder.join(name))))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;

    path.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// Whether nobody listens on a port of this machine.
pub(super) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// A port on which nobody listens.
///
/// # Errors
/// If there is none.
pub(super) fn any_free() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
