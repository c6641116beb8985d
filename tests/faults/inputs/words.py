"""Command lines that cannot be used: specs, options and names. Each is the words after ``albench``."""

from __future__ import annotations

RUN = ["run", "-d", "blobs", "-m", "supervised", "-s", "random", "--seeds", "1", "--rounds", "2", "--dry-run"]
"""What is added to it replaces or extends a run that could be carried out."""

SPECS = [
    *(
        "",
        " ",
        "[",
        "]",
        "[]",
        "a b",
        "random[",
        "random]",
        "random[]]",
        "random[[]]",
        "-random",
        "rändom",
        "random\x00",
        "random\n",
    ),
    *("random[x=1]", "random[=1]", "random[x]", "random[x=]", "random[,]", "random[1=2]", "random[a=1,a=2]"),
    *(
        "subsample",
        "subsample[of=]",
        "subsample[of=nothing]",
        "subsample[of=random,size=0]",
        "subsample[of=random,size=-1]",
    ),
    *(
        "subsample[of=random,size=1.5]",
        "subsample[of=random,size=many]",
        "subsample[of=random,size=1e3]",
        "subsample[size=5]",
    ),
    *("subsample[of=random,size=nan]", "subsample[of=random,size=99999999999999999999999999999999999999999]x"),
    *("boostmis[balanced=perhaps]", "boostmis[n_neighbors=0]", "boostmis[n_neighbors='3]", 'boostmis[n_neighbors="3]'),
    *("boostmis[n_neighbors=3", "boostmis n_neighbors=3", "boostmis{n_neighbors=3}", "boostmis(n_neighbors=3)"),
    *(
        "../../etc/passwd",
        "/etc/passwd",
        "random;ls",
        "$(ls)",
        "`ls`",
        "%s%s%s",
        "{0}",
        "None",
        "__class__",
        "random.scores",
    ),
    *(
        "x" * 10_000,
        "subsample[of=" * 5000,
        "random[" + "a=1," * 5000 + "]",
    ),
    *("\x1b[31mrandom", "random\u202e", "🙂", "ｒａｎｄｏｍ"),
]

OPTIONS = [
    *(["--seeds", value] for value in ("0", "-1", "1.5", "two", "", "1e3", "99999999999999999999")),
    *(["--rounds", value] for value in ("0", "-1", "x", "1e9", "")),
    *(["--steps", value] for value in ("0", "-3", "nan", "ten")),
    *(["--initial", value] for value in ("0", "-5", "101%", "0%", "%", "nan", "100000", "1e5", "half", "")),
    *(["--query-size", value] for value in ("0", "-5", "200%", "x", "9999999", "--rounds")),
    *(["--initial-draw", value] for value in ("", "best", "STRATIFIED ")),
    *(["--initial-strategy", value] for value in ("entropy", "nothing", "[")),
    *(["--lanes", value] for value in ("0", "-2", "on", "1.5", "")),
    *(["--device", value] for value in ("", "gpu", "cuda:x", "cuda:-1", "cpu:0", "cuda:99", "mps")),
    *(
        ["--executor", value]
        for value in ("", "processes[workers=-1]", "processes[workers=x]", "threads", "ray[x=1]", "local[]]")
    ),
    *(["--tracker", value] for value in ("", "nothing", "jsonl[x=1]")),
    *(["--time-limit", value] for value in ("", "0", "-1s", "soon", "1x", "inf", "nan")),
    *(["--query-time-limit", value] for value in ("0", "-1", "x", "nan")),
    *(["--name", value] for value in ("", ".", "..", "../up", "a/b", "/abs", "a\x00b", "x" * 500, ".hidden", "a b\nc")),
    *(["--plugin", value] for value in ("", "nowhere.py", "/", "/dev/null/x.py")),
    *(
        ["--set", value]
        for value in ("", "lr", "=1", "lr=", "lr=x", "lr=-1", "lr=nan", "lr=inf", "nothing=1", "rounds=3")
    ),
    *(
        ["--set", value]
        for value in ("threads=0", "threads=x", "batch_size=0", "momentum=2", "ema=1.5", "evaluations=0")
    ),
    *(
        ["--set", value]
        for value in ("sampler=best", "checkpoint_metric=nothing", "neighbors=some", "device=cpu x", "start=hot")
    ),
    *([word] for word in ("--nothing", "--seed", "-x", "nowhere.yaml", "/", "nowhere/suite.yaml", "/dev/zero")),
]

COMMANDS = [
    *(
        ["nothing"],
        ["rnu"],
        ["run", "a.yaml", "b.yaml"],
        ["show"],
        ["show", "nothing"],
        ["show", "["],
        ["show", "random[x=1]"],
    ),
    *(
        ["list", "cars"],
        ["list", "--nothing"],
        ["check"],
        ["check", "nothing"],
        ["check", "nowhere.py"],
        ["check", "/"],
    ),
    *(
        ["new"],
        ["new", "strategy"],
        ["new", "car", "mine"],
        ["new", "strategy", "../up"],
        ["new", "strategy", "A B"],
        ["new", "strategy", ""],
    ),
    *(
        ["data"],
        ["data", "verify"],
        ["data", "verify", "nothing"],
        ["data", "simulate", "digits"],
        ["data", "extract", "nothing"],
    ),
    *(["compare", "nowhere"], ["compare", "."], ["compare", "/dev/null"], ["report", "nowhere"], ["plot", "nowhere"]),
    *(
        ["export", "nowhere"],
        ["merge", "nowhere", "--output", "out"],
        ["merge", "--output", "out"],
        ["watch", "nowhere"],
    ),
    *(["watch", ".", "--interval", "0"], ["compare", "--metric", ""], ["--nothing"]),
]
