"""What the trials of a table were made with, from the frame's own columns."""

from __future__ import annotations

import pandas as pd

from albench.compare.versions import mix_in, versions_in


def frame(*rounds: tuple[int, str | None, str | None]) -> pd.DataFrame:
    """Seed, and the versions of torch and of a plugin that a round was made with."""
    data = pd.DataFrame(rounds, columns=["seed", "made_with.torch", "made_with.mine"])
    return data.assign(**{"test.macro_f1": 0.5})


def test_what_is_one_everywhere_does_not_mix() -> None:
    mix = mix_in(frame((0, "2.13", None), (0, "2.13", None), (1, "2.13", "1.0")), ["seed"])
    assert not mix  # a component of another plugin was not used in seed 0
    assert (mix.values, mix.trials, mix.within, mix.unknown) == ({}, 2, 0, 0)


def test_trials_are_counted_and_those_of_several_versions_too() -> None:
    mix = mix_in(frame((0, "2.12", None), (0, "2.13", None), (1, "2.13", None)), ["seed"])
    assert mix.values == {"torch": {"2.12": 1, "2.13": 2}}
    assert (mix.trials, mix.within) == (2, 1)
    assert mix.made == "its trials were made with torch 2.12 (1 trial) and 2.13 (2 trials) (1 with several)"


def test_a_trial_that_does_not_say_is_unknown_and_mixes_with_one_that_does() -> None:
    assert not mix_in(frame((0, None, None), (1, None, None)), ["seed"])
    mix = mix_in(frame((0, None, None), (1, "2.13", None)), ["seed"])
    assert mix
    assert (mix.values, mix.unknown) == ({}, 1)


def test_each_version_that_occurs_is_named_once() -> None:
    data = frame((0, "2.13", None), (1, "2.12", None), (2, None, None))
    assert versions_in(data) == {"torch": ("2.12", "2.13")}
