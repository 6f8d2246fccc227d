//! A check that no run of `mps` prints keys, tokens or prompts.

use std::{ffi::OsStr, fs, path::Path, process::Command};

use serde_json::Value;

use crate::support::Run;

/// The beginning of each key that an emulator generates, also inside the process.
const INVENTED: &str = "NotARealKey";
/// A shorter text cannot be told from the words around it.
const SHORTEST: usize = 5;

/// Fails if a file of a run shows a secret of its environment, its home or its arguments.
pub(crate) fn check(command: &Command, run: &Run) {
    assert_eq!(shown(command, run), None, "{command:?} shows it: {run:?}");
}

/// The stream that shows a secret, and the secret.
fn shown(command: &Command, run: &Run) -> Option<(&'static str, String)> {
    let arguments: Vec<&str> = command.get_args().filter_map(OsStr::to_str).collect();
    let mut keys = vec![INVENTED.to_owned()];
    keys.extend(keys_in_environment(command));
    keys.extend(keys_in_home(command));
    keys.extend(keys_in_arguments(&arguments));
    let prompts = prompts(command, &arguments);
    // A dry run prints the exact request, which is its purpose.
    let is_dry = arguments.contains(&"--dry-run");
    let unseen_on_stdout = if is_dry { &[][..] } else { &prompts };
    [
        ("stdout", &run.stdout, unseen_on_stdout),
        ("stderr", &run.stderr, &prompts),
    ]
    .into_iter()
    .find_map(|(stream, text, prompts)| {
        let mut secrets = keys.iter().chain(prompts);
        let secret =
            secrets.find(|secret| secret.len() >= SHORTEST && text.contains(secret.as_str()))?;
        Some((stream, secret.clone()))
    })
}

fn keys_in_environment(command: &Command) -> Vec<String> {
    let is_secret = |name: &str| name.ends_with("_SECRET_KEY") || name.ends_with("_TOKEN");
    command
        .get_envs()
        .filter(|(name, _)| name.to_str().is_some_and(is_secret))
        .filter_map(|(_, value)| Some(value?.to_str()?.to_owned()))
        .collect()
}

/// Those of the profile file, and of the files of `tccli`.
fn keys_in_home(command: &Command) -> Vec<String> {
    let home = command.get_envs().find(|(name, _)| *name == "HOME");
    let Some(home) = home.and_then(|(_, value)| value).map(Path::new) else {
        return Vec::new();
    };
    let tccli = fs::read_dir(home.join(".tccli")).into_iter().flatten();
    let tccli = tccli.filter_map(|entry| fs::read_to_string(entry.ok()?.path()).ok());
    let json = tccli.filter_map(|text| serde_json::from_str::<Value>(&text).ok());
    let in_json = json.flat_map(|file| texts_under(&file, &["secretKey", "token"]));
    let ini = fs::read_to_string(home.join(".tencentcloud/credentials")).unwrap_or_default();
    let in_ini = ini.lines().filter_map(|line| line.split_once('='));
    let in_ini = in_ini.filter(|(name, _)| ["secret_key", "token"].contains(&name.trim()));
    in_json
        .chain(in_ini.map(|(_, value)| value.trim().to_owned()))
        .collect()
}

/// Whatever follows the secret id: `--permanent ID:KEY`, `--temporary ID:KEY:TOKEN@TIME`.
fn keys_in_arguments(arguments: &[&str]) -> Vec<String> {
    let pairs = ["--permanent", "--temporary"].map(|flag| values(arguments, flag));
    let parts = pairs
        .iter()
        .flatten()
        .flat_map(|pair| pair.split(':').skip(1));
    let whole = parts.clone().map(str::to_owned);
    let before_the_time = parts.map(|part| part.split('@').next().unwrap().to_owned());
    whole.chain(before_the_time).collect()
}

fn prompts(command: &Command, arguments: &[&str]) -> Vec<String> {
    let typed = ["--prompt", "--negative-prompt"].map(|flag| values(arguments, flag));
    let typed = typed.iter().flatten().map(|prompt| (*prompt).to_owned());
    let folder = command.get_current_dir().unwrap_or(Path::new("."));
    let read = |name: &&str| fs::read_to_string(folder.join(name)).ok();
    let files = values(arguments, "--request").into_iter();
    let requests = files.filter_map(|name| read(&name));
    let inline = values(arguments, "--json").into_iter().map(str::to_owned);
    let bodies = requests.chain(inline);
    let bodies = bodies.filter_map(|text| serde_json::from_str::<Value>(&text).ok());
    typed
        .chain(bodies.flat_map(|body| texts_under(&body, &["Prompt", "NegativePrompt"])))
        .collect()
}

/// The values of a flag, as `--flag VALUE` and `--flag=VALUE`.
fn values<'a>(arguments: &[&'a str], flag: &str) -> Vec<&'a str> {
    let apart = arguments.windows(2).filter(|pair| pair[0] == flag);
    let joined = arguments.iter().filter_map(|argument| {
        let value = argument.strip_prefix(flag)?;
        value.strip_prefix('=')
    });
    apart.map(|pair| pair[1]).chain(joined).collect()
}

/// Every text under one of these names, however deep.
fn texts_under(json: &Value, names: &[&str]) -> Vec<String> {
    match json {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match value {
                Value::String(text) if names.contains(&name.as_str()) => vec![text.clone()],
                deeper => texts_under(deeper, names),
            })
            .collect(),
        Value::Array(items) => items
            .iter()
            .flat_map(|item| texts_under(item, names))
            .collect(),
        _ => Vec::new(),
    }
}

/// A check that cannot fail is worth nothing.
#[test]
fn a_leak_is_detected_for_every_source_of_secrets() {
    let home = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    file(
        ".tencentcloud/credentials",
        "[a]\nsecret_key = key-of-ini\n",
    );
    file(".tccli/a.credential", r#"{"token":"token-of-tccli"}"#);
    file("r.json", r#"{"Input":[{"Prompt":"prompt of file"}]}"#);
    let mut command = Command::new("mps");
    command
        .current_dir(home.path())
        .env("HOME", home.path())
        .env("TENCENTCLOUD_SECRET_KEY", "key-of-env")
        .env("TENCENTCLOUD_TOKEN", "token-of-env")
        .args(["--prompt", "typed prompt", "--request=r.json"])
        .args(["--json", r#"{"Prompt":"prompt of json"}"#])
        .args([
            "--permanent=ID:key-of-account",
            "--temporary",
            "ID:key-of-temp:token-of-temp@30m",
        ]);
    let run = |stdout: &str, stderr: &str| Run {
        exit: 0,
        stdout: stdout.to_owned(),
        stderr: stderr.to_owned(),
    };
    let is_noticed = |command: &Command, run: Run| shown(command, &run).is_some();
    assert!(!is_noticed(&command, run("AKID typed", "hint: retry")));
    let prompts = ["typed prompt", "prompt of file", "prompt of json"];
    let keys = [
        "key-of-env",
        "token-of-env",
        "key-of-ini",
        "token-of-tccli",
        "key-of-account",
        "key-of-temp",
        "token-of-temp",
        "NotARealKey01",
    ];
    for secret in prompts.iter().chain(&keys) {
        let text = format!("of {secret}.");
        assert!(is_noticed(&command, run(&text, "")), "{secret}");
        assert!(is_noticed(&command, run("", &text)), "{secret}");
    }
    command.arg("--dry-run");
    assert!(!is_noticed(&command, run(prompts[0], "")));
    assert!(is_noticed(&command, run("", prompts[0])));
    assert!(is_noticed(&command, run(keys[0], "")));
}
