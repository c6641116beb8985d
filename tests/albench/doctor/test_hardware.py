"""The device, and how much of it is granted."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from examined import Report, found

from albench.doctor.hardware import cpu_quota


@pytest.mark.skipif(os.name == "nt" or torch.cuda.is_available(), reason="takes the place of nvidia-smi")
def test_a_driver_whose_gpu_torch_does_not_see(tmp_path: Path, report: Callable[..., Report]) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 550.54.14\n")
    program.chmod(0o755)
    code, parts = report("device", cwd=tmp_path, PATH=os.pathsep.join([str(tmp_path), os.environ["PATH"]]))
    gpu = found(parts, "device", "GPU")
    assert (code, gpu["status"]) == (0, "warning")
    assert gpu["found"].startswith("driver 550.54.14, but torch ")
    assert "--device cpu" in gpu["advice"]


def test_the_share_that_a_container_grants(tmp_path: Path) -> None:
    file = tmp_path / "cpu.max"
    for text, share in (("150000 100000\n", 1.5), ("max 100000\n", None), ("nonsense", None)):
        file.write_text(text)
        assert cpu_quota(file) == share
    assert cpu_quota(tmp_path / "none") is None
