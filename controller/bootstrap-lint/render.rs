//! Renders what the instances of specs run: `render FOLDER SPEC…`. For each spec and role there is a folder with the
//! user data, plain and as EC2 gets it, and the tree of files that it writes.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow};
use clctl::bootstrap::{BastionInputs, NodeInputs, UserData, bastion, node};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let folder = arguments.next().context("which folder?")?;
    for spec in arguments {
        let name = spec.file_stem().context("a spec has a name")?;
        let text = fs::read_to_string(&spec)?;
        let documents = clctl_spec::parse("node.yaml", &text)
            .map_err(|invalid| anyhow!("{}: {invalid:?}", spec.display()))?;
        let document = documents.first().context("an empty file")?;
        let environment = document.node.metadata.name.as_str();
        let data = node(&NodeInputs {
            environment,
            spec: &document.node.spec,
            uid: "0123456789abcdef",
            secrets_path: &format!("/clctl/{environment}/"),
            log_group: &format!("/clctl/{environment}/nodes"),
            database: &format!("clctl-{environment}-database-main"),
            announce: &["192.0.2.10:6690".to_owned()],
            secret_versions: &BTreeMap::from([("some".to_owned(), "version".to_owned())]),
        })?;
        write(&folder.join(name).join("node"), &data)?;
        let Some(declared) = &document.node.spec.access.bastion else { continue };
        let addresses = (1..=declared.count.get()).map(|it| format!("eipalloc-0000000{it}"));
        let data = bastion(&BastionInputs {
            bastion: declared,
            log_group: &format!("/clctl/{environment}/bastion"),
            addresses: &addresses.collect::<Vec<_>>(),
        })?;
        write(&folder.join(name).join("bastion"), &data)?;
    }
    Ok(())
}

fn write(folder: &Path, data: &UserData) -> anyhow::Result<()> {
    for file in data.files() {
        let path = folder.join("root").join(file.path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
        fs::write(&path, &file.content)?;
        let mode = u32::from_str_radix(file.mode, 8)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
    }
    fs::write(folder.join("user-data"), data.as_str())?;
    fs::write(folder.join("user-data.gz"), data.packed())?;
    Ok(())
}
