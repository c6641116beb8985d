"""Trials on a real Ray of several nodes, all on this machine."""

from __future__ import annotations

import colorsys
import faulthandler
import importlib.util
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import albench
from albench.api import Busy, Done, Ended, Event, Note, Outcome, PluginError, Progress, UserError
from albench.components.registry import registry
from albench.results.records import trial_folders
from albench.results.store import TrialStore
from albench.testing.executor_jobs import Named, Probe, probe, run
from albench_executors import workers
from albench_executors.ray_ import Ray

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")
pytest.importorskip("ray")
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
)
MEMORY = 80 * 2**20
DEATHS = {"health_check_initial_delay_ms": 500, "health_check_period_ms": 300}
"""A node that is gone is known to be dead after two seconds, not after twenty; a slow answer is waited for."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without CPUs and two nodes with one each."""
    import ray
    from ray.cluster_utils import Cluster

    # Workers look where this process does, and may not find the tests there.
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    head = {"num_cpus": 0, "object_store_memory": MEMORY, "include_dashboard": False, "_system_config": DEATHS}
    ray.shutdown()  # what another test left
    made = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(2):
        made.add_node(num_cpus=1, object_store_memory=MEMORY)
    yield made
    ray.cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    ray.shutdown()
    made.shutdown()


@pytest.fixture
def spec(cluster: Any) -> Callable[[str], str]:
    return lambda options="": f"ray[address='{cluster.address}'{options}]"


def box(folder: Path, *keys: str) -> Probe:
    return Probe(keys[0], str(folder), tuple(map(Named, keys)))


def leave_a_file(job: Probe, emit: Callable[[Event], None]) -> Outcome:
    """Leave a file in each trial's folder."""
    for trial in job.trials:
        folder = Path(job.folder, "trials", trial.key)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "rounds.jsonl").write_text(f"{trial.key}\n")
    if len(job.trials) + len(job.busy) == 1:
        return job.busy[0] if job.busy else Done(job.key, 1.0)
    for outcome in (*(Done(trial.key, 1.0) for trial in job.trials), *job.busy):
        emit(Ended(outcome))
    return Done(job.key, 1.0)


def test_concurrency_is_what_the_nodes_have_room_for(spec: Callable[..., str]) -> None:
    assert registry().build("executor", spec()).concurrency() == 2
    assert registry().build("executor", spec(",cpus_per_trial=0.5")).concurrency() == 4
    assert registry().build("executor", spec(",gpus_per_trial=1")).concurrency() == 1  # none now


@pytest.mark.parametrize("shared", ["none", "false"])
def test_records_are_those_of_local(
    small_run: Any, stable_records: Any, spec: Callable[..., str], tmp_path: Path, shared: str
) -> None:
    settings: dict[str, Any] = {"strategy": ["random", "entropy"], "method": "supervised", "seeds": 2}
    small_run(**settings, out=tmp_path / "here")
    there = small_run(**settings, out=tmp_path / "there", executor=spec(f",shared_folder={shared}"))
    assert there.failed.empty
    records = stable_records(tmp_path / "there" / "blobs")
    assert records == stable_records(tmp_path / "here" / "blobs")
    assert len(records) == 4
    for folder in trial_folders(tmp_path / "there" / "blobs"):
        names = {path.name for path in folder.iterdir()}
        assert names - {"claim-1.free"} == {"trial.json", "rounds.jsonl", "log.jsonl"}
    assert not list((tmp_path / "there" / "blobs").glob(".ray-*"))


def test_lanes_come_home_each_for_itself(small_run: Any, stable_records: Any, spec: Any, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"method": "supervised", "seeds": 2, "lanes": 2}
    small_run(**settings, out=tmp_path / "here")
    there = small_run(**settings, out=tmp_path / "there", executor=spec(",shared_folder=false"))
    assert there.failed.empty
    assert stable_records(tmp_path / "there" / "blobs") == stable_records(tmp_path / "here" / "blobs")


def test_what_is_on_disk_goes_along_and_comes_home(
    small_run: Any, stable_records: Any, spec: Any, tmp_path: Path
) -> None:
    small_run(method="supervised", out=tmp_path / "here")
    small_run(method="supervised", out=tmp_path / "there")
    (folder,) = trial_folders(tmp_path / "there" / "blobs")
    lines = (folder / "rounds.jsonl").read_text().splitlines(keepends=True)
    (folder / "rounds.jsonl").write_text(lines[0])
    there = small_run(
        method="supervised", out=tmp_path / "there", executor=spec(",shared_folder=false"), trackers=["jsonl"]
    )
    assert there.failed.empty
    assert (folder / "rounds.jsonl").read_text().startswith(lines[0])
    assert stable_records(tmp_path / "there" / "blobs") == stable_records(tmp_path / "here" / "blobs")
    told = [json.loads(line)["event"] for line in (tmp_path / "there" / "blobs" / "events.jsonl").open()]
    # What the driver told and what came home from the node; the first round was not carried out again.
    ends = {"suite_start": 1, "trial_start": 1, "trial_end": 1, "suite_end": 1}
    assert Counter(told) == {**ends, "round_end": len(lines) - 1}


def test_a_trial_that_another_process_holds_is_busy(spec: Any, tmp_path: Path) -> None:
    job = box(tmp_path, "a", "b")
    executor, events = registry().build("executor", spec(",shared_folder=false")), []
    with TrialStore(tmp_path / "trials" / "a").claim():
        outcomes = list(executor.map(leave_a_file, [job], events.append))
        alone = list(executor.map(leave_a_file, [box(tmp_path, "a")], events.append))
    assert [type(outcome) for outcome in outcomes] == [Done]
    assert {event.key: type(event.outcome) for event in events if isinstance(event, Ended)} == {"a": Busy, "b": Done}
    assert (tmp_path / "trials" / "b" / "rounds.jsonl").read_text() == "b\n"
    assert not (tmp_path / "trials" / "a" / "rounds.jsonl").exists()
    assert [type(outcome) for outcome in alone] == [Busy]


def ends(spec: str, work: Any, jobs: list[Any]) -> dict[str, Any]:
    return {outcome.key: outcome for outcome in registry().build("executor", spec).map(work, jobs, lambda _: None)}


def test_a_dead_worker_and_an_error_fail_their_job_alone(spec: Any, tmp_path: Path) -> None:
    found = ends(spec(), run, [probe(tmp_path, "a"), probe(tmp_path, "b", "die"), probe(tmp_path, "c", "raise")])
    assert isinstance(found["a"], Done)
    assert found["b"].reason == "its worker process died and left no word (out of memory?)"
    assert found["c"].reason.startswith("RaisedByRun: c")


def die_aloud(job: Probe, _: Callable[[Event], None]) -> Outcome:
    """Print, then end this process as the job's key says."""
    print("solver ready")
    if job.key == "crash":
        faulthandler._sigsegv()  # type: ignore[attr-defined]  # for such tests
    print("no licence", file=sys.stderr)
    if job.key == "leave":
        os._exit(3)
    return Done(job.key, 0.0)


def test_a_dead_worker_s_reason_is_its_last_words(spec: Any, tmp_path: Path) -> None:
    """Also where its process had printed for another job before."""
    found = ends(spec(), die_aloud, [box(tmp_path, "fine"), box(tmp_path, "leave"), box(tmp_path, "crash")])
    assert found["leave"].reason == "its worker process died after printing 'no licence' (out of memory?)"
    assert "solver ready" in found["leave"].detail
    crash = found["crash"].reason
    assert crash.startswith("its worker process died: Segmentation fault, File ")
    assert crash.endswith("in die_aloud")


DRIVER = """
import sys
from albench.api import Failed
from albench.components.registry import registry
from albench.testing.executor_jobs import probe

def where(job, emit):
    import colorsys
    import albench, albench_executors.workers
    return Failed(job.key, " ".join(m.__file__ for m in (colorsys, albench, albench_executors.workers)))

for outcome in registry().build("executor", sys.argv[1]).map(where, [probe(sys.argv[2], "a")], print):
    print(outcome.reason)
"""


def test_a_worker_imports_nothing_from_the_working_folder_that_its_driver_would_not(spec: Any, tmp_path: Path) -> None:
    """A script there that is called as a module of the library, or another copy of albench, is not a worker's."""
    here, driver = tmp_path / "here", tmp_path / "driver.py"
    driver.write_text(DRIVER)
    for name in ("albench", "albench_executors"):
        (here / name).mkdir(parents=True)
        (here / name / "__init__.py").write_text("raise SystemExit('another copy')")
    for name in ("random", "colorsys"):
        (here / f"{name}.py").write_text("raise SystemExit('mine')")
    done = subprocess.run(
        [sys.executable, str(driver), spec(), str(tmp_path)],
        cwd=here,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == [colorsys.__file__, albench.__file__, workers.__file__]


def test_cuda_needs_a_gpu(spec: Any, tmp_path: Path) -> None:
    job = box(tmp_path, "a").on_device("cuda")
    with pytest.raises(UserError, match=r"ray\[gpus_per_trial=1\]"):
        next(registry().build("executor", spec()).map(run, [job], lambda _: None))


def test_an_address_where_no_ray_is_is_told_at_once() -> None:
    code = (
        "from albench.api import UserError\nfrom albench_executors.ray_ import Ray\n"
        "try:\n    Ray(address='127.0.0.1:1').concurrency()\nexcept UserError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("there is no Ray at 127.0.0.1:1 (ConnectionRefusedError")
    assert done.stdout.count("\n") == 1


def test_without_ray_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(PluginError, match=r"pip install 'albench\[ray\]'"):
        Ray()


def busy(cluster: Any) -> list[Any]:
    """The nodes that carry a trial out: a task's process is a child of its node's."""
    processes = subprocess.run(["ps", "-eo", "ppid,args"], capture_output=True, text=True, check=True).stdout
    parents = {int(line.split()[0]) for line in processes.splitlines() if "ray::carry_out" in line}
    return [node for node in cluster.worker_nodes if node.all_processes["raylet"][0].process.pid in parents]


class Killer:
    """Listens to a run; kills a node that carries a trial out, once, and then lets trials go on."""

    def __init__(self, cluster: Any, hold: Path) -> None:
        self.cluster = cluster
        self.hold = hold
        self.killed = False
        self.notes: list[Note] = []

    def plan(self, plan: Any) -> None:
        pass

    def event(self, event: Event) -> None:
        if isinstance(event, Note):
            self.notes.append(event)
        elif isinstance(event, Progress) and not self.killed:
            nodes = busy(self.cluster)
            if nodes:
                self.cluster.remove_node(nodes[0], allow_graceful=False)
                self.hold.unlink()
                self.killed = True

    def outcome(self, outcome: Any) -> None:
        pass


@pytest.mark.parametrize("shared", ["none", "false"])
def test_a_node_is_killed_and_the_suite_completes(
    small_run: Any, stable_records: Any, cluster: Any, spec: Any, tmp_path: Path, shared: str, toy: str, held: Path
) -> None:
    settings: dict[str, Any] = {"method": "held-supervised", "seeds": 3, "steps": 20, "plugins": [toy, str(held)]}
    small_run(**settings, out=tmp_path / "here")
    hold = held.with_suffix(".hold")
    hold.write_text("12")  # after a trial said for the first time how far it is
    killer = Killer(cluster, hold)
    try:
        there = small_run(
            **settings, out=tmp_path / "there", executor=spec(f",shared_folder={shared}"), listener=killer
        )
    finally:
        cluster.add_node(num_cpus=1, object_store_memory=MEMORY)
    assert there.failed.empty
    times: Counter[str] = Counter()  # until Ray knows of the death, it can send another trial to that node
    for note in killer.notes:
        times[note.key] += 1
        assert note.text == f"its node died: it is run again ({times[note.key]} of 3)."
    assert times
    assert stable_records(tmp_path / "there" / "blobs") == stable_records(tmp_path / "here" / "blobs")
