"""The hooks are those of one screen, each told what its name says."""

from __future__ import annotations

import inspect

from albench.api import KINDS, Add, hooks


def test_there_is_a_verb_of_registration_for_each_kind() -> None:
    verbs = {name for name, value in vars(Add).items() if inspect.isfunction(value) and not name.startswith("_")}
    assert verbs == set(KINDS)


def test_each_hook_of_a_life_is_told_one_thing() -> None:
    told = {
        name: list(inspect.signature(value).parameters)
        for name, value in vars(hooks).items()
        if name.startswith("albench_")
    }
    assert told == {
        "albench_register": ["add"],
        "albench_suite_start": ["suite"],
        "albench_trial_start": ["trial"],
        "albench_round_end": ["event"],
        "albench_trial_end": ["trial"],
        "albench_suite_end": ["suite"],
        "albench_commands": ["group"],
    }
