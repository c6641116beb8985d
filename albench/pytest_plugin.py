"""The kit for pytest: one test for each component and check.

::

    import pytest


    @pytest.mark.albench("my-idea")
    def test_conformance(albench_finding):
        assert not albench_finding.failed, albench_finding

The marker takes names, plugin files and distributions, as ``albench check`` does. A check that does not apply is
skipped with its reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from albench.testing.report import Finding

FIXTURE = "albench_finding"


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", "albench(name, ...): what the test's albench_finding is about")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each check of each component that the marker names."""
    if FIXTURE not in metafunc.fixturenames:
        return
    wanted = [name for marker in metafunc.definition.iter_markers("albench") for name in marker.args]
    if not wanted:
        raise pytest.UsageError(
            f'{metafunc.function.__name__} uses {FIXTURE}: say of what, as in @pytest.mark.albench("my-idea")'
        )
    from albench.testing.checks import CHECKS
    from albench.testing.targets import targets

    pairs = [(target, name) for one in wanted for target in targets(one) for name in CHECKS[target.kind]]
    ids = [f"{target.kind}-{target.spec}-{name}" for target, name in pairs]
    metafunc.parametrize(FIXTURE, pairs, indirect=True, ids=ids)


@pytest.fixture
def albench_finding(request: pytest.FixtureRequest) -> Finding:
    """What one check found of one component."""
    from albench.testing.checks import CHECKS

    target, name = request.param
    finding: Finding = CHECKS[target.kind][name](target.build, name=target.spec)
    if finding.status == "skip":
        pytest.skip(finding.reason)
    return finding
