//! What the wallets of an environment hold, said before it is deleted.

use crate::{
    aws::{Aws, Balance, autoscaling::AutoScalingGroup, rds},
    bootstrap,
    engine::{Plan, Resource},
};

use super::{printer::Printer, session::Session};

/// Warns of wallets that hold something, or of which it is not known, and gives the words for the question; nothing
/// if none of what is removed has to do with wallets, or if all of them are known to be empty.
pub(super) async fn warn(
    session: &Session,
    planned: &Plan<Aws>,
    printer: &Printer,
) -> Option<String> {
    let of_nodes =
        [AutoScalingGroup::ABOUT.name, rds::Instance::ABOUT.name, rds::Cluster::ABOUT.name];
    if !planned.removals.iter().any(|it| of_nodes.contains(&it.seen.kind().name)) {
        return None;
    }
    let namespace = bootstrap::namespace(&session.aws.environment.name);
    let chains = session.named.document.node.spec.nodes.chains.iter();
    let chains: Vec<String> = chains.map(|it| it.chain.id().to_string()).collect();
    let (warnings, question) = match session.aws.balances(&namespace).await {
        Ok(balances) => told(&balances, &chains),
        Err(error) => {
            let warning = format!("what the wallets of the nodes hold cannot be read: {error}");
            (vec![warning], Some(UNKNOWN.to_owned()))
        }
    };
    for warning in warnings {
        printer.warning(&warning);
    }
    question
}

const UNKNOWN: &str = "although it is not known what their wallets hold";

/// What is warned of, and what is said in the question.
fn told(balances: &[Balance], declared: &[String]) -> (Vec<String>, Option<String>) {
    const ENDS: &str = "whoever wants it has to have the keys, which are in the database, under the keystore password";
    if balances.is_empty() {
        let warning = format!(
            "what the wallets of the nodes hold is not known: no node has told a balance for two weeks; {ENDS}"
        );
        return (vec![warning], Some(UNKNOWN.to_owned()));
    }
    let (mut warnings, mut holds, mut unknown) = (Vec::new(), Vec::new(), false);
    for Balance { wallet, chain, holds: held, at } in balances {
        match held {
            Some(held) if *held > 0.0 => {
                let when = at.map(|at| format!(" about {}", at.strftime("%Y-%m-%d %H:%M UTC")));
                let when = when.unwrap_or_default();
                warnings.push(format!(
                    "the wallet {wallet} on chain {chain} held {held}{when}: send it elsewhere first; {ENDS}"
                ));
                holds.push(format!("{held} on chain {chain}"));
            }
            Some(_) => {}
            None => {
                unknown = true;
                warnings.push(format!(
                    "what the wallet {wallet} on chain {chain} holds is not known: no node has told it for two weeks; {ENDS}"
                ));
            }
        }
    }
    let is_told = |chain: &String| balances.iter().any(|it| it.chain == *chain);
    for chain in declared.iter().filter(|chain| !is_told(chain)) {
        unknown = true;
        warnings.push(format!(
            "what the wallets of the nodes on chain {chain} hold is not known: no node has told a balance for two weeks; {ENDS}"
        ));
    }
    let question = match (holds.is_empty(), unknown) {
        (false, _) => Some(format!("although their wallets hold {}", holds.join(" and "))),
        (true, true) => Some(UNKNOWN.to_owned()),
        (true, false) => None,
    };
    (warnings, question)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balance(chain: &str, holds: Option<f64>) -> Balance {
        let at = holds.map(|_| "2026-11-29T12:00:00Z".parse().unwrap());
        Balance { wallet: "0xabc".into(), chain: chain.into(), holds, at }
    }

    #[test]
    fn what_is_held_or_not_known_is_warned_of() {
        let declared = ["1".to_owned()];
        let (warnings, question) = told(&[balance("1", Some(0.0))], &declared);
        assert!(warnings.is_empty() && question.is_none());
        let (warnings, question) = told(&[balance("10", Some(0.0))], &declared);
        assert!(warnings[0].contains("on chain 1 hold is not known"), "{warnings:?}");
        assert_eq!((warnings.len(), question.as_deref()), (1, Some(UNKNOWN)));
        let balances = [balance("1", Some(1.25)), balance("10", Some(0.0)), balance("137", None)];
        let (warnings, question) = told(&balances, &declared);
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(warnings[0].contains("0xabc on chain 1 held 1.25 about 2026-11-29 12:00 UTC"));
        assert!(warnings[1].contains("chain 137 holds is not known"));
        assert_eq!(question.as_deref(), Some("although their wallets hold 1.25 on chain 1"));
        for unknown in [vec![], vec![balance("1", None)]] {
            let (warnings, question) = told(&unknown, &declared);
            assert_eq!((warnings.len(), question.as_deref()), (1, Some(UNKNOWN)));
        }
    }
}
