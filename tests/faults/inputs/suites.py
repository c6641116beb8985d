"""Suite files that cannot be used: name of the case -> the file's bytes."""

from __future__ import annotations

HEAD = "datasets: [blobs]\nmethods: [supervised]\nstrategies: [random]\n"


def _laughs() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "\n".join(lines) + "\nstrategies: *a11\n"


TEXTS = {
    "empty": "",
    "only-a-comment": "# nothing\n",
    "null": "null\n",
    "a-number": "3\n",
    "a-list": "- random\n- entropy\n",
    "a-text": "just words\n",
    "not-yaml": "a: [1, 2\n",
    "tabs": "datasets:\n\t- blobs\n",
    "two-documents": HEAD + "---\n" + HEAD,
    "unknown-key": HEAD + "stratgies: [random]\n",
    "key-twice": HEAD + "strategies: [entropy]\n",
    "number-as-key": HEAD + "3: 4\n",
    "list-as-key": HEAD + "? [a, b]\n: c\n",
    "null-as-key": HEAD + "~: c\n",
    "datasets-a-mapping": "datasets: {blobs: 1}\nstrategies: [random]\n",
    "datasets-null": "datasets:\nstrategies: [random]\n",
    "datasets-empty": "datasets: []\nstrategies: [random]\n",
    "datasets-of-numbers": "datasets: [1, 2]\n",
    "datasets-nested": "datasets: [[blobs]]\n",
    "strategy-null": "datasets: [blobs]\nstrategies: [~]\n",
    "strategy-a-mapping": "datasets: [blobs]\nstrategies: [{name: random}]\n",
    "strategy-unknown": "datasets: [blobs]\nstrategies: [randon]\n",
    "strategy-option-unknown": 'datasets: [blobs]\nstrategies: ["random[x=1]"]\n',
    "method-unknown": "datasets: [blobs]\nmethods: [fixmach]\n",
    "backbone-unknown": HEAD + "backbones: [vgg]\n",
    "seeds-negative": HEAD + "seeds: -1\n",
    "seeds-zero": HEAD + "seeds: 0\n",
    "seeds-a-text": HEAD + "seeds: many\n",
    "seeds-a-half": HEAD + "seeds: 1.5\n",
    "seeds-true": HEAD + "seeds: true\n",
    "seeds-huge": HEAD + "seeds: 999999999999\n",
    "seeds-list-of-texts": HEAD + "seeds: [a, b]\n",
    "seeds-twice-the-same": HEAD + "seeds: [1, 1]\n",
    "seeds-empty": HEAD + "seeds: []\n",
    "seeds-negative-in-list": HEAD + "seeds: [0, -4]\n",
    "protocol-a-list": HEAD + "protocol: [1]\n",
    "protocol-a-text": HEAD + "protocol: fast\n",
    "protocol-unknown-key": HEAD + "protocol: {round: 3}\n",
    "rounds-a-text": HEAD + "protocol: {rounds: three}\n",
    "rounds-zero": HEAD + "protocol: {rounds: 0}\n",
    "rounds-null": HEAD + "protocol: {rounds: }\n",
    "rounds-a-list": HEAD + "protocol: {rounds: [3]}\n",
    "lr-nan": HEAD + "protocol: {lr: .nan}\n",
    "lr-infinite": HEAD + "protocol: {lr: .inf}\n",
    "lr-negative": HEAD + "protocol: {lr: -0.1}\n",
    "initial-too-large": HEAD + "protocol: {initial: 100000}\n",
    "initial-percent-over": HEAD + "protocol: {initial: 120%}\n",
    "labels-beyond-the-pool": HEAD + "protocol: {initial: 50, query_size: 50, rounds: 500}\n",
    "threads-zero": HEAD + "protocol: {threads: 0}\n",
    "name-with-slash": HEAD + "name: a/b\n",
    "name-up": HEAD + "name: ..\n",
    "name-a-number": HEAD + "name: 3\n",
    "name-empty": HEAD + "name: ''\n",
    "name-long": HEAD + f"name: {'x' * 5000}\n",
    "name-with-escape": HEAD + 'name: "a\\x1b[31m"\n',
    "date": HEAD + "seeds: 2024-01-01\n",
    "anchor-to-itself": "&a strategies: *a\n",
    "unknown-anchor": "strategies: *nothing\n",
    "billion-laughs": _laughs(),
    "deep": "a: " + "[" * 5000 + "]" * 5000 + "\n",
    "deep-mapping": "".join(f"{' ' * n}a:\n" for n in range(1500)),
    "long-number": HEAD + f"seeds: {'9' * 5000}\n",
    "python-tag": HEAD + "seeds: !!python/object/apply:os.system ['touch pwned']\n",
    "unknown-tag": HEAD + "seeds: !car 3\n",
    "binary-tag": HEAD + "seeds: !!binary aGVsbG8=\n",
    "set-tag": "datasets: !!set {blobs}\n",
    "merge-key": "x: &x {datasets: [blobs]}\n<<: *x\n",
}

BYTES = {
    **{name: text.encode() for name, text in TEXTS.items()},
    "not-utf-8": b"strategies: [\xff\xfe]\n",
    "utf-16": (HEAD + "seeds: 0\n").encode("utf-16"),
    "nul": b"strategies: [ran\x00dom]\n",
    "control": b"strategies: [ran\x07dom]\n",
    "zip": b"PK\x03\x04" + bytes(200),
    "random-bytes": bytes(range(256)) * 8,
    "zeros": bytes(4096),
}
