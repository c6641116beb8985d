"""Writes docs/datasets.md from what is published of the built-in data sets: the facts that 'albench data list' shows.

``page()`` gives the text; ``components.py`` adds it to the pages that ``python docs/check.py`` compares.
"""

from __future__ import annotations

from collections.abc import Iterator

from albench.api import Published
from albench.components.component import Component
from albench.components.registry import Registry
from albench.wording import in_bytes

INTRODUCTION = """# Data sets by name

```sh
albench data list
albench data fetch "medmnist[name=blood]"
albench run -d "medmnist[name=blood]" -s random -s entropy
```

A run, and `albench data fetch NAME`, download what is not here. First one line says how much it is, under which
licence, and where it goes: into `--data-dir DIR` or `ALBENCH_DATA`, else into the user's cache folder. `list`,
`show`, `verify` and `run --dry-run` download nothing, nor does anything with `--offline` or `ALBENCH_OFFLINE`; what
is missing is then told with the command that fetches it.

- A file is kept where its checksum is the published one, and no file of yours is written over. Where one address
  fails, the next is asked.
- A download that broke off, or was killed, goes on where it was when the command is given again. Two processes
  download once.
- Files that you have are found under their published names, packed or not, in the data folder, in the set's folder
  there (below), and where torchvision keeps them (`MNIST/raw`). `albench data verify NAME` compares counts and
  checksums; a file that somebody packed anew has another checksum, which is a note.
- What a name stands for is known: files with other counts are refused under it, and read by `npz`.
- Where the makers have no validation split, a tenth of each class of train becomes one (`split_seed`), equal items
  together. Copies of test items in train are left out and counted (`equal_items`).
- No pickle is read: CIFAR's binary archive and not its Python one, IDX, STL's binary files, MATLAB files through
  SciPy, `.npz` without objects.

Tables of OpenML and KEEL, data sets of the Hugging Face hub, folders of its library and files of your own:
[tables](guide.md#tables).

*Imbalance* is the largest class over the smallest, among the training items. `?`: not published.
"""
NOTES = {
    "mnist": (
        "`mnist[part=t10k]` reads the 10,000 test images alone, where these are all there are: 6,501 for the pool, 999 "
        "to validate on and 2,500 to test on, by class and with equal images together. Its figures stand for "
        "themselves, and not beside those of MNIST's own test split. The licence is that which Keras reports: none "
        "lies with the files."
    ),
    "cifar10": "Its makers ask to be cited; they state no licence.",
    "cifar100": "`labels=coarse` learns the 20 superclasses. Its makers ask to be cited; they state no licence.",
    "stl10": (
        "`unlabeled=true` reads its 100,000 images without labels too, as the field does (`train+unlabeled`): methods "
        "draw them in unlabelled batches beside the pool's, no label of theirs can be bought, and no strategy sees "
        "them. Without it they are not read. Unpacked it is read faster, and they stay on disk. The images are "
        "ImageNet's, and no licence is stated."
    ),
    "svhn": "Its makers give it for non-commercial use only. Its 531,131 extra images are not read.",
    "medmnist": (
        "`name=` one of the sets below, `size=` 28, 64, 128 or 224 (MedMNIST+, in `NAMEmnist_SIZE.npz`). `retina` "
        "holds grades, so its quadratic weighted kappa is reported too. ChestMNIST is refused: its images have 14 "
        "labels each, and only sets with one label an item can be used. No sizes of files are published."
    ),
}


def page(found: Registry) -> str:
    """The page's text."""
    components = [c for c in found.components("dataset") if c.distribution == "albench" and c.facts]
    lines = [INTRODUCTION, *_table([facts for component in components for facts in component.facts])]
    for component in components:
        lines += [f"\n## {component.name}\n", *_entry(component)]
    return "\n".join(lines) + "\n"


def _table(every: list[Published]) -> Iterator[str]:
    yield "| name | what | items | classes | imbalance | download | licence |"
    yield "|---|---|---|---|---|---|---|"
    for facts in every:
        name = facts.spec.partition("[")[0]
        items = " + ".join(f"{count:,}" for count in facts.items.values())
        imbalance = f"{facts.imbalance:.3g}" if facts.imbalance else "?"
        yield (
            f"| [`{facts.spec}`](#{name}) | {facts.title} | {items} | {facts.n_classes} | {imbalance} "
            f"| {_amount(facts)} | {facts.licence} |"
        )


def _amount(facts: Published) -> str:
    if not facts.files:
        return f"none: with {facts.comes_with}" if facts.comes_with else "by hand"
    return in_bytes(facts.size) if facts.size else "?"


def _entry(component: Component) -> Iterator[str]:
    first = component.facts[0]
    yield f"{component.summary[0].upper()}{component.summary[1:]}. `{component.source}`\n"
    if component.name in NOTES:
        yield f"{NOTES[component.name]}\n"
    source = "[docs/stand-in.md](stand-in.md)" if first.citation == "docs/stand-in.md" else first.citation
    home = f" <{first.homepage}>" if first.homepage else ""
    yield f"Source: {source}.{home}"
    if first.subfolders:
        yield f"\nFolder: `{first.subfolders[0]}/`" + "".join(f", or `{name}/`" for name in first.subfolders[1:])
        yield "\n| file | size | checksum | of |"
        yield "|---|---|---|---|"
    rows: dict[tuple[str, str, str], list[str]] = {}
    for facts in component.facts:
        for file in facts.files:
            size = f"{file.size:,}" if file.size else "?"
            rows.setdefault((file.name, size, file.checksum), []).append(f"`{facts.spec}`")
    for (name, size, checksum), of in rows.items():
        yield f"| `{name}` | {size} | `{checksum}` | {', '.join(of)} |"
