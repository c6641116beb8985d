"""How texts name a group, and how a remark reads."""

from __future__ import annotations

import dataclasses

from made_up_tables import of, row

from albench.compare.tables import Remark


def test_a_group_is_named_by_its_data_set_and_by_what_tells_it_from_others() -> None:
    group = of(row("random", 0.5))
    assert group.place == "digits"
    assert dataclasses.replace(group, setup="lr=0.1").place == "digits (lr=0.1)"


def test_a_remark_reads_with_its_place_and_its_hint() -> None:
    assert str(Remark("one seed.")) == "one seed."
    assert str(Remark("one seed.", "digits", hint="(--seeds 5)")) == "digits: one seed. (--seeds 5)"
