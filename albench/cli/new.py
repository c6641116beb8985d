"""``albench new``: a plugin package, or a single plugin file, to start from."""

from __future__ import annotations

import re
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from albench.api.kinds import KINDS, Kind
from albench.components.registry import registry
from albench.errors import UserError
from albench.wording import plural

RUN = {
    "strategy": "albench run -s {name} -s random -d digits",
    "method": "albench run -m {name} -m supervised -s random -d digits",
    "dataset": "albench run -d {name} -s random --initial 10 --query-size 10",
    "encoder": "albench run -d digits --encoder {name} -s random",
    "backbone": "albench run -d mescc-sim --backbone {name} -s random",
    "executor": "albench run -d digits -s random --executor {name}",
    "tracker": "albench run -d digits -s random --tracker {name}",
}
"""Kind -> a run that uses it."""
RUN_WHOLE = {
    "method": "albench run -m {name} -m supervised --backbone linear -s margin -d digits",
    "backbone": "albench run -m supervised -m self-training --backbone {name} -s margin -d digits",
}
"""Kind of what can be fitted whole -> a run that uses it."""
HOOK = """

@hookimpl
def albench_register(add: Add) -> None:
    add.{kind}("{name}", {class_name})
"""


@click.command("new")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name")
@click.option("--dir", "folder", default=".", show_default=True, metavar="DIR", help="Where to write it.")
@click.option("--single-file", is_flag=True, help="Write one file for --plugin, not a package.")
@click.option(
    "--whole", is_flag=True, help="A method that fits estimators, or a backbone that is one: no gradient steps."
)
def command(kind: Kind, name: str, folder: str, single_file: bool, whole: bool) -> None:
    """Write a plugin to start from: a package that installs, runs and passes its tests.

    NAME is what the component is called: letters, digits and hyphens, as in my-idea.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or len(name) > 60:
        raise UserError(f"'{name}' is not a name: use small letters, digits and hyphens, as in my-idea.")
    if name in registry().names(kind):
        raise UserError(f"there is a {kind} '{name}' already: choose another name (see 'albench list {plural(kind)}').")
    if whole and kind not in RUN_WHOLE:
        raise UserError(f"--whole is for a {' or a '.join(RUN_WHOLE)}: leave it out of 'albench new {kind} {name}'.")
    target = Path(folder) / (f"{name.replace('-', '_')}.py" if single_file else f"albench-{name}")
    if target.exists():
        raise UserError(f"{target} is there already: choose another name or another --dir.")
    if not Path(folder).is_dir():
        raise UserError(f"--dir {folder}: there is no such folder.")
    run = (RUN_WHOLE if whole else RUN)[kind].format(name=name)
    template = f"{kind}_whole.py" if whole else f"{kind}.py"
    if single_file:
        target.write_text(_single(kind, name, template), encoding="utf-8")
        click.echo(f"wrote {target}. Try it:\n\n  albench check {target}\n  {run} --plugin {target}")
        return
    _package(kind, name, target, run, template)
    steps = (f"cd {target}", "pip install -e '.[test]'", "pytest", f"albench check {name}", run)
    click.echo(f"wrote {target}. Try it:\n\n" + "\n".join(f"  {step}" for step in steps))


def _values(kind: Kind, name: str, run: str = "") -> dict[str, str]:
    """What the placeholders of the templates stand for."""
    return {
        "kind": kind,
        "name": name,
        "class_name": "".join(part.capitalize() for part in name.split("-")),
        "package": f"albench_{name.replace('-', '_')}",
        "distribution": f"albench-{name}",
        "run": run,
    }


def _filled(template: str, values: dict[str, str]) -> str:
    text = (files("albench.scaffold") / f"{template}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(values)


def _single(kind: Kind, name: str, template: str) -> str:
    """The component and its registration in one file."""
    values = _values(kind, name)
    text = re.sub(r"from albench\.api import (.+)", _with_hook, _filled(template, values), count=1)
    return text + HOOK.format(**values)


def _with_hook(line: re.Match[str]) -> str:
    """The import of the contract with what the registration needs, in the order of linters."""
    names = {*line[1].split(", "), "Add", "hookimpl"}
    return "from albench.api import " + ", ".join(sorted(names, key=lambda n: (n[0].islower(), n)))


def _package(kind: Kind, name: str, target: Path, run: str, template: str) -> None:
    """Write the package beside its place and move it there whole."""
    values = _values(kind, name, run)
    source = f"src/{values['package']}"
    contents = {
        "pyproject.toml": _filled("pyproject.toml", values),
        "README.md": _filled("README.md", values),
        "LICENSE": _filled("LICENSE", values),
        ".gitignore": _filled("gitignore", values),
        ".github/workflows/test.yml": _filled("ci.yml", values),
        f"{source}/__init__.py": f'"""The {kind} {name} for albench."""\n',
        f"{source}/plugin.py": _filled("plugin.py", values),
        f"{source}/{kind}.py": _filled(template, values),
        "tests/test_conformance.py": _filled("test_conformance.py", values),
    }
    beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for path, text in contents.items():
            file = beside / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        beside.chmod(0o755)
        beside.rename(target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
