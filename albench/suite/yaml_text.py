"""YAML whose values stay the text that was written, with the line of each key: their reader says what they mean.

YAML 1.1 takes ``020`` for 16, ``1:30`` for 90, ``off`` for false and ``1e-3`` for a text. Here plain values are texts,
but for those that say that there is none; numbers are read where a number is expected, as on the command line.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

import yaml

from albench.errors import SuiteError

_CORE = "tag:yaml.org,2002:"
_NULL = f"{_CORE}null"
_MERGE = f"{_CORE}merge"
_TEXTS = {_CORE + name for name in ("str", "bool", "int", "float")}
_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""How a file begins that is not UTF-8."""


class Mapping(dict[str | None, Any]):
    """A mapping that knows the line of each of its keys; of a merged one, that of its ``<<``."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str | None, int] = {}


class _Loader(yaml.SafeLoader):
    """Plain values are texts, null and the merge key."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] in (_NULL, _MERGE)]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path, limit: int) -> Any:
    """What a file holds: texts, None, lists and ``Mapping``.

    Parameters
    ----------
    limit
        Bytes of the largest file that is read.

    Raises
    ------
    SuiteError
        Naming the file, and the line where there is one.
    """
    text = _text(path, limit)
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
        return None if node is None else _Reader(path).value(node)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        quotes = ": put what begins with @ in quotes, as '@standard'" if "'@'" in problem else ""
        raise SuiteError(f"{path}{line}: not valid YAML: {problem}{quotes}.") from None


def _text(path: Path, limit: int) -> str:
    try:
        if path.exists() and not (path.is_file() and path.stat().st_size <= limit):
            raise SuiteError(f"{path} is not a suite file: it is a text of at most {limit // 2**20} MiB.")
        content = path.read_bytes()
    except FileNotFoundError:
        raise SuiteError(f"there is no suite file {path}.") from None
    except OSError as error:
        raise SuiteError(f"suite file {path} cannot be read: {error}.") from None
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            raise SuiteError(f"{path} is saved as {name}: save it as UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SuiteError(f"{path}, line {line}: not UTF-8, as its byte 0x{content[error.start]:02x} tells: "
                         "save it as UTF-8.") from None  # fmt: skip


class _Reader:
    """Nodes of one file -> values; a node that several places name is one value."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._made: dict[int, Any] = {}
        self._open: set[int] = set()

    def _wrong(self, node: yaml.Node, why: str) -> SuiteError:
        return SuiteError(f"{self._path}, line {node.start_mark.line + 1}: {why}")

    def value(self, node: yaml.Node) -> Any:
        name = id(node)
        if name in self._open:
            raise self._wrong(node, "not valid YAML: a value holds itself.")
        if name not in self._made:
            self._open.add(name)
            self._made[name] = self._make(node)
            self._open.discard(name)
        return self._made[name]

    def _make(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode) and node.tag in (_NULL, *_TEXTS):
            return None if node.tag == _NULL else node.value
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_CORE}seq":
            return [self.value(item) for item in node.value]
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_CORE}map":
            return self._mapping(node)
        shown = node.tag.replace(_CORE, "!!")
        raise self._wrong(node, f"not valid YAML: the tag {shown} has no meaning here, leave it out.")

    def _mapping(self, node: yaml.MappingNode) -> Mapping:
        own, merged = Mapping(), Mapping()
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.tag == _MERGE:
                for part in self._merged(value_node):
                    for key, value in part.items():
                        if key not in merged:
                            merged[key], merged.lines[key] = value, line
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._wrong(key_node, "not valid YAML: a key is a list or a mapping.")
            key = self.value(key_node)
            if key in own:
                raise self._wrong(key_node, f"the key '{key}' is given twice.")
            own[key], own.lines[key] = self.value(value_node), line
        for key, value in merged.items():
            if key not in own:
                own[key], own.lines[key] = value, merged.lines[key]
        return own

    def _merged(self, node: yaml.Node) -> list[Mapping]:
        found = self.value(node)
        parts = found if isinstance(found, list) else [found]
        if not all(isinstance(part, Mapping) for part in parts):
            raise self._wrong(node, "not valid YAML: << takes a mapping, or a list of them.")
        return parts
