# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runs of `make scale`: which ones there are, what one costs, and whether it did what it should."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest
from ansible_collections.sfb.certificates.tests.scale import run, runs
from ansible_collections.sfb.certificates.tests.scale.figures import EMPTY, NOTHING, OURS
from ansible_collections.sfb.certificates.tests.scale.runs import ScaleError, Version, recap_problem, spend

RECAP = """\
PLAY [One] *****

PLAY RECAP *********
edge1                      : ok=5    changed=0    unreachable=0    failed=0    skipped=2    rescued=0    ignored=0
edge2                      : ok=5    changed={changed}    unreachable={unreachable}    failed={failed}    skipped=2    rescued=0    ignored=0

"""


# ---- which ones there are ----


def test_playbooks_have_sizes_of_their_own() -> None:
    keys = run.chosen(run.PLAYBOOKS, None, "")
    sizes = {name: [key.servers for key in keys if key.playbook == name] for name in run.PLAYBOOKS}
    assert sizes == {"edge_internal": [4, 20, 100, 400], "rollover": [4, 20, 100]}
    assert {key.version for key in keys} == {OURS}


def test_the_other_version_is_spared_the_largest_size_unless_it_is_asked_for() -> None:
    keys = run.chosen(["edge_internal"], None, "other")
    assert [key.servers for key in keys if key.version == "other"] == [4, 20, 100]
    assert [key.servers for key in run.chosen(["edge_internal"], [400], "other")] == [400, 400]


def test_what_is_compared_runs_one_after_another_and_is_turned_round_in_the_next_round() -> None:
    keys = run.chosen(["edge_internal", "rollover"], [4, 20], "other")
    order = [(number, *key) for number, key in run.schedule(keys, 2) if key.servers == 20]
    assert order == [
        (1, OURS, EMPTY, 20),
        (1, OURS, NOTHING, 20),
        (1, OURS, "edge_internal", 20),
        (1, "other", "edge_internal", 20),
        (1, OURS, "rollover", 20),
        (1, "other", "rollover", 20),
        (2, OURS, EMPTY, 20),
        (2, OURS, NOTHING, 20),
        (2, "other", "rollover", 20),
        (2, OURS, "rollover", 20),
        (2, "other", "edge_internal", 20),
        (2, OURS, "edge_internal", 20),
    ]
    assert sorted(set(run.schedule(keys, 2))) == sorted(run.schedule(keys, 2))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sizes", "4,0"], "'0' is not a number from 1 on"),
        (["--sizes", "4,"], "'' is not a number from 1 on"),
        (["--rounds", "no"], "'no' is not a number from 1 on"),
        (["--roots", "-1"], "'-1' is not a number from 0 on"),
        (["--playbooks", "edge"], "'edge' is not one of edge_internal, edge_external, rollover, report"),
    ],
)
def test_options_are_checked(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run.main(words)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_an_unknown_commit_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--against", "no-such-commit"]) == 2
    assert capsys.readouterr().err.startswith("scale: there is no commit 'no-such-commit' here")


# ---- a commit ----


def git(folder: pathlib.Path, *words: str) -> None:
    """Runs git with an identity."""
    identity = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", *words], cwd=folder, env=environment, check=True, capture_output=True)


def test_a_commit_is_exported_once(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "galaxy.yml").write_text("version: 1")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "First")
    (tmp_path / "galaxy.yml").write_text("version: 2")
    monkeypatch.setattr(runs, "REPOSITORY", tmp_path)
    version = Version.of_commit("HEAD")
    assert version.collections.parent == tmp_path / ".cache" / "scale"
    assert version.collections.name.startswith(version.name)
    file = version.collections / "ansible_collections" / "sfb" / "certificates" / "galaxy.yml"
    assert file.read_text() == "version: 1"
    file.write_text("kept")
    assert Version.of_commit(version.name) == version
    assert file.read_text() == "kept"
    assert list((tmp_path / ".cache" / "scale").iterdir()) == [version.collections]


# ---- one run ----


def test_a_run_with_nothing_to_do_has_no_problem() -> None:
    assert recap_problem(RECAP.format(changed=0, unreachable=0, failed=0), 2) == ""
    assert recap_problem("\nPLAY RECAP ***\n\n", 0) == ""


@pytest.mark.parametrize(
    ("figures", "servers", "problem"),
    [
        ({"changed": 3}, 2, "changed something on edge2"),
        ({"failed": 1}, 2, "failed on edge2"),
        ({"unreachable": 1, "changed": 1}, 2, "failed on edge2"),
        ({}, 3, "2 servers in the recap instead of 3"),
    ],
)
def test_a_recap_says_what_is_wrong(figures: dict[str, int], servers: int, problem: str) -> None:
    assert recap_problem(RECAP.format(**{"changed": 0, "unreachable": 0, "failed": 0, **figures}), servers) == problem


def test_what_tasks_print_is_not_taken_for_the_recap() -> None:
    printed = "edge3 : ok=1 changed=1 unreachable=0 failed=0\n"
    assert recap_problem(printed + RECAP.format(changed=0, unreachable=0, failed=0), 2) == ""


def test_the_time_of_children_counts_and_the_output_is_kept(tmp_path: pathlib.Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    parent = f"import subprocess, sys; print('said'); subprocess.run([sys.executable, '-c', {busy!r}]); sys.exit(3)"
    status, spent = spend([sys.executable, "-c", parent], os.environ, tmp_path, tmp_path / "log")
    assert status == 3
    assert (tmp_path / "log").read_text() == "said\n"
    assert 0.3 <= spent.seconds < 5
    assert spent.megabytes > 1


def test_an_error_of_ansible_is_shown_with_its_last_lines(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate = runs.Estate(Version("other", tmp_path), tmp_path / "estate", 2)
    program = tmp_path / "ansible-playbook"
    program.write_text("#!/bin/sh\necho first; echo wrong; exit 2\n")
    program.chmod(0o755)
    monkeypatch.setattr(runs, "_BIN", tmp_path)
    with pytest.raises(ScaleError, match=r"^rollover of other on 2 servers: exit status 2\nfirst\nwrong$"):
        estate.play("rollover")


@pytest.mark.parametrize(("changes", "changed"), [(True, 1), (False, 0)])
def test_only_the_first_runs_may_change_something(
    changes: bool, changed: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate = runs.Estate(Version("other", tmp_path), tmp_path / "estate", 2)
    program = tmp_path / "ansible-playbook"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{RECAP.format(changed=changed, unreachable=0, failed=0)}END\n")
    program.chmod(0o755)
    monkeypatch.setattr(runs, "_BIN", tmp_path)
    estate.play("rollover", changes=changes)
    if changed:
        with pytest.raises(ScaleError, match="changed something on edge2"):
            estate.play("rollover")
