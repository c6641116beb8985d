"""A random stream is its name's alone."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import torch

from albench import seeds


def test_a_seed_is_the_first_63_bits_of_its_names_hash() -> None:
    name = b"str:batches\x1fint:3\x1fint:0"
    assert seeds.derive("batches", 3, 0) == int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "little") >> 1


def test_names_that_read_alike_are_not_one() -> None:
    names = [("a", 1), ("a", "1"), ("a1",), ("a", 1, ""), ("a", 11), (1, "a"), ("a\x1f1",)]
    assert len({seeds.derive(*name) for name in names}) == len(names)
    assert all(0 <= seeds.derive(*name) < 2**63 for name in names)


def test_a_stream_is_the_same_in_every_process() -> None:
    code = "from albench import seeds; print(seeds.numpy_stream('x', 1).integers(2**62))"
    for hash_seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": hash_seed}
        )
        assert int(done.stdout) == seeds.numpy_stream("x", 1).integers(2**62)


def test_streams_begin_anew_and_none_disturbs_another() -> None:
    first = seeds.torch_stream("x", 1)
    drawn = torch.rand(3, generator=first)
    np.random.default_rng().random()
    assert torch.equal(torch.rand(3, generator=seeds.torch_stream("x", 1)), drawn)
    assert not torch.equal(torch.rand(3, generator=first), drawn)
    assert not torch.equal(torch.rand(3, generator=seeds.torch_stream("x", 2)), drawn)
