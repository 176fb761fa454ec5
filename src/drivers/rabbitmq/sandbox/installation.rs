//! Finds the RabbitMQ and the Erlang of this machine, and says how to get them where they are missing.
//! Knows places and names only: nothing is run to find out.

use std::cmp::Ordering;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::SandboxError;

/// Folders that hold one `rabbitmq_server-VERSION` folder per version: packages of Debian, Fedora, SUSE and Arch,
/// and where people unpack the generic archive.
const VERSIONED_PARENTS: &[&str] = &[
    "/usr/lib/rabbitmq/lib",
    "/usr/lib64/rabbitmq/lib",
    "/usr/local/lib/rabbitmq/lib",
    "/usr/local/lib",
    "/usr/local",
    "/opt",
    "/opt/rabbitmq",
];
/// Folders that hold one folder per version with nothing but the version as its name.
const CELLARS: &[&str] = &[
    "/opt/homebrew/Cellar/rabbitmq",
    "/usr/local/Cellar/rabbitmq",
    "/home/linuxbrew/.linuxbrew/Cellar/rabbitmq",
];
/// Installations without a version in their path.
const PLAIN_HOMES: &[&str] = &["/usr/lib/rabbitmq", "/opt/rabbitmq", "/usr/local/rabbitmq"];
/// Where `erl` is when it is not on the PATH, which happens to apps started from a desktop menu.
const ERL_FOLDERS: &[&str] = &[
    "/usr/bin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/home/linuxbrew/.linuxbrew/bin",
    "/usr/lib/erlang/bin",
    "/usr/lib64/erlang/bin",
    "/usr/local/lib/erlang/bin",
];

/// One RabbitMQ with an Erlang to run it.
#[derive(Debug, Clone)]
pub(crate) struct Installation {
    /// The folder with `plugins` and `sbin`.
    pub(crate) home: PathBuf,
    /// The `erl` program.
    pub(crate) erl: PathBuf,
    /// The version of RabbitMQ as its files say.
    pub(crate) version: String,
}

impl Installation {
    /// The newest usable installation; `$RABBITMQ_HOME` wins over all others.
    pub(crate) fn find() -> Result<Self, SandboxError> {
        let wanted = env::var_os("RABBITMQ_HOME").map(PathBuf::from);
        let (version, home) = wanted
            .and_then(usable)
            .or_else(|| {
                candidates()
                    .into_iter()
                    .filter_map(usable)
                    .max_by(|a, b| by_version(&a.0, &b.0))
            })
            .ok_or_else(|| SandboxError::not_installed("RabbitMQ was not found on this machine"))?;
        let erl = find_erl().ok_or_else(|| {
            SandboxError::not_installed("RabbitMQ was found, but Erlang, which it runs on, was not")
        })?;
        Ok(Self { home, erl, version })
    }

    /// The package's own start script. The one in `/usr/sbin` refuses ordinary users, this one does not.
    pub(crate) fn script(&self) -> PathBuf {
        self.home.join("sbin/rabbitmq-server")
    }

    /// The folder of plugins, which also holds the server itself.
    pub(crate) fn plugins(&self) -> PathBuf {
        self.home.join("plugins")
    }
}

fn candidates() -> Vec<PathBuf> {
    let mut homes: Vec<PathBuf> = PLAIN_HOMES.iter().map(PathBuf::from).collect();
    let own_home = env::var_os("HOME").map(PathBuf::from);
    let parents = VERSIONED_PARENTS.iter().map(PathBuf::from).chain(own_home);
    for parent in parents {
        homes.extend(children(&parent).into_iter().filter(|child| {
            child
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("rabbitmq_server-"))
        }));
    }
    for cellar in CELLARS {
        homes.extend(children(Path::new(cellar)));
    }
    // A script on the PATH that is a link leads into an unpacked archive.
    let on_path = path_folders()
        .into_iter()
        .filter_map(|folder| fs::canonicalize(folder.join("rabbitmq-server")).ok());
    homes.extend(on_path.filter_map(|script| script.parent()?.parent().map(Path::to_path_buf)));
    homes
}

/// The version of the server in this folder, when the folder holds one.
fn usable(home: PathBuf) -> Option<(String, PathBuf)> {
    if !home.join("sbin/rabbitmq-server").is_file() {
        return None;
    }
    let version = children(&home.join("plugins"))
        .into_iter()
        .find_map(|plugin| {
            let name = plugin.file_name()?.to_string_lossy().into_owned();
            let rest = name.strip_prefix("rabbit-")?;
            Some(rest.strip_suffix(".ez").unwrap_or(rest).to_owned())
        })?;
    Some((version, home))
}

fn find_erl() -> Option<PathBuf> {
    path_folders()
        .into_iter()
        .chain(ERL_FOLDERS.iter().map(PathBuf::from))
        .map(|folder| folder.join("erl"))
        .find(|erl| erl.is_file())
}

fn path_folders() -> Vec<PathBuf> {
    env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect())
        .unwrap_or_default()
}

/// The entries of a folder; none when it cannot be read, since a place we cannot see is as good as absent.
pub(crate) fn children(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .map(|found| found.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default()
}

/// Orders `3.9.1` before `3.10.8`, and text after numbers as text.
fn by_version(a: &str, b: &str) -> Ordering {
    let numbers = |version: &str| -> Vec<u32> {
        version
            .split(['.', '-', '+'])
            .map_while(|part| part.parse().ok())
            .collect()
    };
    numbers(a).cmp(&numbers(b)).then_with(|| a.cmp(b))
}

/// How to install RabbitMQ on this machine, as a sentence or two.
pub(crate) fn advice() -> String {
    let os_release = fs::read_to_string("/etc/os-release")
        .or_else(|_| fs::read_to_string("/usr/lib/os-release"))
        .unwrap_or_default();
    advice_for(&os_release, cfg!(target_os = "macos"))
}

fn advice_for(os_release: &str, macos: bool) -> String {
    let ids: Vec<String> = os_release
        .lines()
        .filter_map(|line| {
            line.strip_prefix("ID=")
                .or_else(|| line.strip_prefix("ID_LIKE="))
        })
        .flat_map(|value| value.trim_matches(['"', '\'']).split_whitespace())
        .map(str::to_lowercase)
        .collect();
    let is = |names: &[&str]| {
        ids.iter().any(|id| {
            names
                .iter()
                .any(|name| id == name || id.starts_with(&format!("{name}-")))
        })
    };
    let command = if macos {
        "brew install rabbitmq"
    } else if is(&["debian", "ubuntu"]) {
        "sudo apt install rabbitmq-server"
    } else if is(&["fedora", "rhel", "centos"]) {
        "sudo dnf install rabbitmq-server"
    } else if is(&["arch"]) {
        "sudo pacman -S rabbitmq"
    } else if is(&["suse", "opensuse", "sles"]) {
        "sudo zypper install rabbitmq-server"
    } else {
        return "Install RabbitMQ as https://www.rabbitmq.com/docs/download says, or set RABBITMQ_HOME to the folder \
                of an unpacked RabbitMQ; then start the sandbox again"
            .to_owned();
    };
    let mut advice = format!("Install it with “{command}”, then start the sandbox again");
    if command.contains("apt") {
        // The only package here that starts a broker for the whole network merely by being installed.
        advice.push_str(
            ". The package also starts a system service, which the sandbox does not need: \
             “sudo systemctl disable --now rabbitmq-server” turns it off",
        );
    }
    advice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_names_the_package_tool_of_the_system() {
        let check = |os_release: &str, expected: &str| {
            let advice = advice_for(os_release, false);
            assert!(advice.contains(expected), "{os_release:?} gave {advice:?}");
        };
        check("NAME=x\nID=debian\n", "apt install rabbitmq-server");
        check("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", "apt install");
        check(
            "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n",
            "dnf install",
        );
        check("ID=endeavouros\nID_LIKE=arch\n", "pacman -S rabbitmq");
        check(
            "ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n",
            "zypper install",
        );
        check("ID=nixos\n", "rabbitmq.com/docs/download");
        check("", "RABBITMQ_HOME");
        assert!(advice_for("", true).contains("brew install rabbitmq"));
    }

    #[test]
    fn a_longer_number_is_a_newer_version() {
        assert_eq!(by_version("3.10.8", "3.9.27"), Ordering::Greater);
        assert_eq!(by_version("4.0.0-rc.1", "3.13.7"), Ordering::Greater);
        assert_eq!(by_version("3.10.8", "3.10.8"), Ordering::Equal);
    }
}
