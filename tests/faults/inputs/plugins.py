"""Plugin files that cannot be used: name of the case -> source, of which ``mine`` is asked for."""

from __future__ import annotations

HEAD = "from albench.api import Strategy, hookimpl\n"
REGISTER = "@hookimpl\ndef albench_register(add):\n"

SOURCES = {
    "empty": "",
    "no-python": "this is no Python\n",
    "open-bracket": HEAD + "x = (\n",
    "tabs-and-spaces": "if True:\n\tx = 1\n        y = 2\n",
    "nul": "x = 1\x00\n",
    "raises": "raise RuntimeError('on\\ntwo lines')\n",
    "exits": "import sys\nsys.exit(3)\n",
    "interrupt-like": "raise SystemExit\n",
    "import-missing": "import there_is_no_such_module\n",
    "import-name-missing": "from albench.api import NoSuchName\n",
    "recursion": "def f():\n    f()\nf()\n",
    "no-hook": HEAD + "class Mine(Strategy):\n    pass\n",
    "hook-misspelt": HEAD + "@hookimpl\ndef albench_regster(add):\n    pass\n",
    "hook-argument": HEAD + "@hookimpl\ndef albench_register(ad):\n    pass\n",
    "hook-raises": HEAD + REGISTER + "    raise ValueError('no')\n",
    "registers-nothing": HEAD + REGISTER + "    pass\n",
    "name-with-spaces": HEAD + REGISTER + "    add.strategy('my idea', Strategy, 'x')\n",
    "name-empty": HEAD + REGISTER + "    add.strategy('', Strategy, 'x')\n",
    "name-a-number": HEAD + REGISTER + "    add.strategy(3, Strategy, 'x')\n",
    "target-missing-module": HEAD + REGISTER + "    add.strategy('mine', 'nowhere:Mine', 'x')\n",
    "target-missing-name": HEAD + REGISTER + "    add.strategy('mine', 'albench.api:Mine', 'x')\n",
    "target-malformed": HEAD + REGISTER + "    add.strategy('mine', 'albench.api', 'x')\n",
    "target-a-number": HEAD + REGISTER + "    add.strategy('mine', 3, 'x')\n",
    "name-taken": HEAD
    + REGISTER
    + "    add.strategy('mine', Strategy, 'x')\n    add.strategy('mine', Strategy, 'x')\n",
    "unknown-kind": HEAD + REGISTER + "    add.stratgy('mine', Strategy, 'x')\n",
    "too-few-arguments": HEAD + REGISTER + "    add.strategy()\n",
    "constructor-raises": HEAD
    + "class Mine(Strategy):\n    def __init__(self):\n        raise ValueError('no')\n"
    + REGISTER
    + "    add.strategy('mine', Mine, 'x')\n",
    "constructor-wants-more": HEAD
    + "class Mine(Strategy):\n    def __init__(self, more):\n        pass\n"
    + REGISTER
    + "    add.strategy('mine', Mine, 'x')\n",
    "needs-unknown": HEAD
    + "class Mine(Strategy):\n    needs = frozenset({'labels'})\n"
    + REGISTER
    + "    add.strategy('mine', Mine, 'x')\n",
    "skip-raises": HEAD
    + "class Mine(Strategy):\n    def skip(self, task):\n        raise ValueError('no')\n"
    + REGISTER
    + "    add.strategy('mine', Mine, 'x')\n",
}
