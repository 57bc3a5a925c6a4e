//! The commands that open a way to a node: pure. Only options that the AWS CLI of versions 1 and 2 share.

use serde_json::json;

use crate::render::quoted;

use super::super::args::{TunnelTo, Via};

/// Where a node serves its GUI and API.
pub(super) const GUI: u16 = 6688;
/// Who logs in on Amazon Linux
/// (<https://docs.aws.amazon.com/linux/al2023/ug/connecting-to-instances.html>).
const USER: &str = "ec2-user";
/// The AWS CLI.
pub(super) const AWS: &str = "aws";
/// The client of OpenSSH.
pub(super) const SSH: &str = "ssh";

/// How the AWS CLI is told whom to ask.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    pub(super) region: String,
    pub(super) profile: Option<String>,
    pub(super) endpoint_url: Option<String>,
}

impl Account {
    fn options(&self) -> Vec<String> {
        let given = |name: &str, value: &Option<String>| {
            value.iter().flat_map(|value| [name.to_owned(), value.clone()]).collect::<Vec<_>>()
        };
        let mut options = vec!["--region".to_owned(), self.region.clone()];
        options.extend(given("--profile", &self.profile));
        options.extend(given("--endpoint-url", &self.endpoint_url));
        options
    }
}

/// What a way leads to, and over what.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) to: TunnelTo,
    pub(super) via: Via,
    pub(super) account: Account,
    /// The active node's instance.
    pub(super) instance: String,
    /// Its address in the VPC; known where it is needed.
    pub(super) address: String,
    /// The address of a bastion; known where it is needed.
    pub(super) bastion: String,
    /// Host and port of the database; known where they are needed.
    pub(super) database: (String, u16),
    /// The port on this machine.
    pub(super) local: u16,
}

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Invocation {
    pub(super) program: &'static str,
    pub(super) args: Vec<String>,
}

impl Invocation {
    /// As one types it.
    pub(super) fn in_shell(&self) -> String {
        let args = self.args.iter().map(|arg| format!(" {}", quoted(arg)));
        format!("{}{}", self.program, args.collect::<String>())
    }
}

impl Way {
    /// The command that opens it.
    pub(super) fn invocation(&self) -> Invocation {
        match (self.via, self.to) {
            (Via::SessionManager, TunnelTo::Gui) => {
                let ports = json!({
                    "portNumber": [GUI.to_string()],
                    "localPortNumber": [self.local.to_string()],
                });
                self.session("AWS-StartPortForwardingSession", &ports)
            }
            (Via::SessionManager, TunnelTo::Db) => {
                let (host, port) = &self.database;
                let ports = json!({
                    "host": [host],
                    "portNumber": [port.to_string()],
                    "localPortNumber": [self.local.to_string()],
                });
                self.session("AWS-StartPortForwardingSessionToRemoteHost", &ports)
            }
            (Via::SessionManager, TunnelTo::Ssh) => {
                let to = format!("{USER}@{}", self.instance);
                ssh(vec!["-o".into(), format!("ProxyCommand={}", self.proxy()), to])
            }
            (Via::Bastion, TunnelTo::Gui) => self.forward("127.0.0.1", GUI),
            // The database listens to the nodes alone.
            (Via::Bastion, TunnelTo::Db) => self.forward(&self.database.0, self.database.1),
            (Via::Bastion, TunnelTo::Ssh) => {
                // Whoever works there may go on with the keys of here.
                let mut args = vec!["-A".to_owned()];
                args.extend(self.jump());
                args.push(self.node());
                ssh(args)
            }
        }
    }

    /// <https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html>
    fn session(&self, document: &str, parameters: &serde_json::Value) -> Invocation {
        let words = ["ssm", "start-session", "--target", &self.instance, "--document-name"];
        let mut args: Vec<String> = words.map(ToOwned::to_owned).to_vec();
        args.extend([document.to_owned(), "--parameters".to_owned(), parameters.to_string()]);
        args.extend(self.account.options());
        Invocation { program: AWS, args }
    }

    /// What ssh runs in a shell to reach the node. `%` is ssh's there: its own is `%%`.
    ///
    /// <https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-getting-started-enable-ssh-connections.html>,
    /// <https://man.openbsd.org/ssh_config#TOKENS>
    fn proxy(&self) -> String {
        let begins = "aws ssm start-session --target %h --document-name AWS-StartSSHSession --parameters portNumber=%p";
        let options = self.account.options();
        let options =
            options.iter().map(|option| format!(" {}", quoted(option).replace('%', "%%")));
        format!("{begins}{}", options.collect::<String>())
    }

    fn node(&self) -> String {
        format!("{USER}@{}", self.address)
    }

    /// Through the bastion. The node goes by its id, for it takes over the address of the one before, whose key was
    /// another one; that of one that was never seen is accepted, so that nobody is asked when the node changes.
    fn jump(&self) -> Vec<String> {
        let known_as = format!("HostKeyAlias={}", self.instance);
        let mut args = vec!["-J".to_owned(), format!("{USER}@{}", self.bastion)];
        for option in [&known_as, "StrictHostKeyChecking=accept-new"] {
            args.extend(["-o".to_owned(), option.to_owned()]);
        }
        args
    }

    /// Passes a port on through ssh on the node itself: nobody but the load balancer reaches what it serves.
    fn forward(&self, host: &str, port: u16) -> Invocation {
        let mut args = self.jump();
        // Whoever does not answer for 45 seconds is gone.
        for option in
            ["ExitOnForwardFailure=yes", "ServerAliveInterval=15", "ServerAliveCountMax=3"]
        {
            args.extend(["-o".to_owned(), option.to_owned()]);
        }
        let passes = format!("127.0.0.1:{}:{host}:{port}", self.local);
        args.extend(["-N".to_owned(), "-L".to_owned(), passes, self.node()]);
        ssh(args)
    }
}

fn ssh(args: Vec<String>) -> Invocation {
    Invocation { program: SSH, args }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(to: TunnelTo, via: Via) -> Way {
        Way {
            to,
            via,
            account: Account { region: "eu-west-1".into(), ..Account::default() },
            instance: "i-0123456789abcdef0".into(),
            address: "10.0.1.7".into(),
            bastion: "192.0.2.10".into(),
            database: ("db.example.com".into(), 5433),
            local: 16688,
        }
    }

    #[test]
    fn what_the_account_is_called_stays_a_word() {
        let mut way = way(TunnelTo::Ssh, Via::SessionManager);
        way.account.profile = Some("50% of $it's mine".into());
        let args = way.invocation().args;
        assert!(
            args[1].ends_with(r" --region eu-west-1 --profile '50%% of $it'\''s mine'"),
            "{args:?}"
        );
        way.to = TunnelTo::Gui;
        let args = way.invocation().args;
        assert_eq!(args[args.len() - 2..], ["--profile", "50% of $it's mine"]);
    }

    #[test]
    fn the_database_is_reached_from_the_node() {
        let said = way(TunnelTo::Db, Via::Bastion).invocation().in_shell();
        assert!(
            said.ends_with("-L 127.0.0.1:16688:db.example.com:5433 ec2-user@10.0.1.7"),
            "{said}"
        );
        assert!(!said.contains(" -A "), "{said}");
        assert!(way(TunnelTo::Ssh, Via::Bastion).invocation().in_shell().contains(" -A "));
    }
}
