//! The examples of each command. CI runs all of them as a shell does, in a folder with the files that
//! they name; `$ID` is the id of a task.

/// Returns the examples of the command at `path`, such as `video create`; empty for an unknown one.
pub(crate) fn examples(path: &str) -> Vec<String> {
    let lines = match path.split_once(' ') {
        Some((family, verb)) if family_of(family).is_some() => of_family(verb),
        _ => &[],
    };
    let family = path.split(' ').next().unwrap_or_default();
    if !lines.is_empty() {
        let media = family_of(family).unwrap_or_default();
        let fill = |line: &&str| line.replace("FAMILY", family).replace("MEDIA", media);
        return lines.iter().map(fill).collect();
    }
    let lines = EXAMPLES.iter().find(|(of, _)| *of == path);
    let lines = lines.map_or(&[][..], |(_, lines)| lines);
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// Returns the name of a file with a result of the family.
fn family_of(name: &str) -> Option<&'static str> {
    match name {
        "video" => Some("cat.mp4"),
        "image" => Some("cat.png"),
        "audio" => Some("song.mp3"),
        "scenario" => Some("drama.mp4"),
        _ => None,
    }
}

/// Returns the examples of a verb that all families have.
fn of_family(verb: &str) -> &'static [&'static str] {
    match verb {
        "status" => &[
            "mps FAMILY status $ID",
            "mps FAMILY status --output json $ID",
            "mps FAMILY status - < ids.txt",
        ],
        "wait" => &[
            "mps FAMILY wait $ID",
            "mps FAMILY wait $ID --out MEDIA --timeout 10m",
            "mps FAMILY wait --last --out results/",
            "mps FAMILY wait - --out 'results/{task_id}-{index}.{ext}' < ids.txt",
        ],
        "download" => &[
            "mps FAMILY download $ID --out MEDIA",
            "mps FAMILY download $ID --out results/",
            "mps FAMILY download - --out 'results/{task_id}-{index}.{ext}' < ids.txt",
        ],
        _ => &[],
    }
}

/// The other commands, without those that bring examples of their own.
const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "mps --emulator video create --prompt 'a cat' --out cat.mp4",
            "mps video create --model Kling --prompt 'a cat' --duration 5 --wait",
            "mps video wait --last --out cat.mp4",
            "mps tasks --undone",
            "mps doctor",
        ],
    ),
    (
        "video",
        &[
            "mps video create --prompt 'a cat' --out cat.mp4",
            "mps video wait --last --out cat.mp4",
            "mps video status $ID",
        ],
    ),
    (
        "video create",
        &[
            "mps video create --prompt 'a cat in the snow' --out cat.mp4",
            "mps video create --model Kling --prompt-file prompt.txt --duration 5",
            "mps video create --request request.json --dry-run",
            "mps video create --model Kling --prompt 'a cat' --duration 5 --max-seconds 5",
            "mps video create --image ./cat.png --cos bucket=b-125,region=ap-seoul",
        ],
    ),
    (
        "image",
        &[
            "mps image create --prompt 'a cat' --out cat.png",
            "mps image wait --last --out cat.png",
            "mps image status $ID",
        ],
    ),
    (
        "image create",
        &[
            "mps image create --prompt 'a cat in the snow' --out cat.png",
            "mps image create --model Kling --prompt-file prompt.txt",
            "mps image create --prompt 'a cat' --dry-run",
        ],
    ),
    (
        "audio",
        &[
            "mps audio create --request audio.json --out song.mp3",
            "mps audio wait --last --out song.mp3",
            "mps audio status $ID",
        ],
    ),
    (
        "audio create",
        &[
            "mps audio create --request audio.json --out song.mp3",
            "mps audio create --request audio.json --wait",
            "mps audio create --request audio.json --dry-run",
        ],
    ),
    (
        "scenario",
        &[
            "mps scenario create ai-drama --request drama.json",
            "mps scenario wait --last --out drama.mp4",
            "mps scenario status $ID",
        ],
    ),
    (
        "scenario create",
        &[
            "mps scenario create ai-drama --request drama.json",
            "mps scenario create ai-drama --request drama.json --out results/",
            "mps scenario create ai-drama --request drama.json --dry-run",
        ],
    ),
    (
        "tasks",
        &[
            "mps tasks",
            "mps tasks --undone --refresh",
            "mps tasks --in-doubt --output json",
            "mps tasks -n 10",
        ],
    ),
    (
        "tasks export",
        &[
            "mps tasks export",
            "mps tasks export tasks.jsonl",
            "mps tasks export | head -n 1",
        ],
    ),
    (
        "tasks forget",
        &[
            "mps tasks forget $ID",
            "mps tasks forget cat-1",
            "mps tasks forget --older-than 30d",
        ],
    ),
    (
        "batch",
        &[
            "mps batch plan clips.jsonl",
            "mps batch run clips.jsonl --out clips --max-seconds 600",
            "mps batch run clips.jsonl --out clips && mps batch status",
        ],
    ),
    (
        "batch plan",
        &[
            "mps batch plan clips.jsonl",
            "mps batch plan clips.jsonl --prices prices.toml",
            "mps batch plan clips.jsonl --strict",
            "mps --site cn batch plan clips.jsonl --output json",
        ],
    ),
    (
        "show",
        &[
            "mps show $ID",
            "mps show cat-1",
            "mps show --output json $ID",
        ],
    ),
    (
        "resolve",
        &[
            "mps resolve cat-1 --task-id $ID",
            "mps resolve cat-1 --abandon",
            "mps resolve cat-1 --recreate",
        ],
    ),
    (
        "call",
        &[
            "mps call CreateAigcVideoTask --json @request.json",
            "mps call DescribeAigcVideoTask --json '{\"TaskId\":\"'$ID'\"}'",
            "mps call CreateAigcVideoTask --json - < request.json",
        ],
    ),
    (
        "check",
        &[
            "mps check CreateAigcVideoTask --request request.json",
            "mps check CreateAigcVideoTask < request.json",
            "mps --site cn --output json check CreateAigcVideoTask < request.json",
        ],
    ),
    (
        "models",
        &[
            "mps models",
            "mps models Kling",
            "mps models --can last_frame --duration 10",
            "mps models --output json",
        ],
    ),
    (
        "sign",
        &[
            "mps sign --action CreateAigcVideoTask --payload @request.json",
            "mps sign --action CreateAigcVideoTask --timestamp 1700000000",
            "mps sign --signed-headers 'content-type;host' --host mps.example",
        ],
    ),
    (
        "emulator",
        &[
            "mps emulator",
            "mps emulator --listen 127.0.0.1:0 --state emulator.json",
            "mps emulator --render-time video=5s --seed 1",
            "mps emulator --fault '{\"kind\":\"reply_lost\",\"times\":1}'",
        ],
    ),
    (
        "config",
        &[
            "mps config explain",
            "mps config explain --output json",
            "mps --site cn config explain",
        ],
    ),
    (
        "config explain",
        &[
            "mps config explain",
            "mps config explain --output json",
            "mps --site cn config explain",
        ],
    ),
    (
        "completion",
        &[
            "mps completion bash > mps.bash",
            "mps completion zsh > _mps",
            "mps completion fish > mps.fish",
            "mps completion powershell > mps.ps1",
        ],
    ),
    (
        "man",
        &[
            "mps man > mps.1",
            "mps man man1",
            "mps man ~/.local/share/man/man1",
        ],
    ),
    (
        "schema",
        &[
            "mps schema",
            "mps schema mps.error/1",
            "mps schema mps.video/1 > video.schema.json",
        ],
    ),
    (
        "version",
        &["mps version", "mps version --output json", "mps --version"],
    ),
    (
        "doctor",
        &[
            "mps doctor",
            "mps doctor --output json",
            "mps --emulator doctor",
        ],
    ),
];
