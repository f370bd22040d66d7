"""Where there is a cgroup to divide, each sandbox gets its own."""

import os
import sys
from pathlib import Path

import pytest
from nbjudge.run.plan import PlannedCell
from nbjudge.run.session import Session
from nbjudge.sandbox import cgroup
from nbjudge.sandbox.bubblewrap import SandboxError
from nbjudge.sandbox.limits import Limits

from helpers.machine import descendants

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")


def run(source, parent, **limits):
    cell = PlannedCell(source, on_student_side=True)
    (report,) = Session([cell], cgroup=parent, limits=Limits(**limits)).run()
    return report


def test_all_of_a_sandbox_is_confined_before_its_first_cell_and_killed_after_the_last(tmp_path, monkeypatch):
    written, inside = [], {}

    def write(folder, name, value):
        assert folder.parent == tmp_path and folder.is_dir()
        written.append((name, value))
        inside.update(descendants())

    monkeypatch.setattr(cgroup, "_write", write)
    report = run("print(3)", tmp_path, memory=2**30, tasks=100)
    assert report["outputs"][0]["text"] == "3\n"
    most = [("memory.max", 1.25 * 2**30), ("memory.oom.group", 1), ("pids.max", 125)]
    assert written[:3] == most and written[-1] == ("cgroup.kill", 1)
    moved = {value for name, value in written[3:-1] if name == "cgroup.procs"}
    sandbox = {pid for pid, (_, line) in inside.items() if line.startswith("bwrap") or "\0nbjudge.student\0" in line}
    assert len(moved) == len(written) - 4 and moved == sandbox and len(sandbox) >= 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("parent", ["no cgroup", "no folder", "no memory controller"])
def test_without_the_cgroup_that_was_asked_for_nothing_is_executed(tmp_path, parent):
    folder = tmp_path if parent == "no cgroup" else tmp_path / "missing"
    if parent == "no memory controller":
        folder = Path("/sys/fs/cgroup/unified")  # where cgroups of version 1 have the controllers
        if not os.access(folder, os.W_OK) or "memory" in (folder / "cgroup.controllers").read_text():
            pytest.skip("no cgroup without a memory controller here")
    with pytest.raises(SandboxError, match=r"nothing was executed in it: .*; see c\.ExecuteApart\.cgroup"):
        run("print(3)", folder)
    assert not list(folder.glob("submission-*"))
