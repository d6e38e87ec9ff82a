# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is released: the files that belong there, Galaxy's own checks, and an administrator's way to a report."""

from __future__ import annotations

import json
import os
import pathlib
import re
import sys
import tarfile

import yaml
from ansible.release import __version__ as ansible_core
from ansible_collections.sfb.certificates.tests.tools.sanity import source_files

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SHIPPED = {
    "CHANGELOG.rst",
    "CONTRIBUTING.md",
    "LICENSE",
    "LICENSES",
    "README.md",
    "REUSE.toml",
    "changelogs",
    "docs",
    "meta",
    "playbooks",
    "plugins",
    "powershell",  # the step runner with its comments: the source of what is shipped in plugins
    "requirements.txt",
    "roles",
}
#: Made by the build.
LISTS = {"FILES.json", "MANIFEST.json"}


def test_contents(tarball: pathlib.Path) -> None:
    with tarfile.open(tarball) as archive:
        packed = {member.name for member in archive if member.isfile()}
        version = json.load(archive.extractfile("MANIFEST.json"))["collection_info"]["version"]
    assert packed - LISTS == {name for name in source_files() if name.partition("/")[0] in SHIPPED}
    assert {name.partition("/")[0] for name in packed - LISTS} == SHIPPED
    assert version in yaml.safe_load((REPOSITORY / "changelogs" / "changelog.yaml").read_text())["releases"]


def test_galaxy_takes_it(tarball: pathlib.Path, run, tmp_path: pathlib.Path) -> None:
    """The importer finds nothing to warn of; ansible-lint and flake8 are for `make lint`, ansible-test for `make sanity`."""
    settings = tmp_path / "galaxy-importer.cfg"
    settings.write_text("[galaxy-importer]\nrun_ansible_lint = False\ncheck_required_tags = True\n")
    importer = (sys.executable, "-m", "galaxy_importer.main", tarball)
    told = run(*importer, cwd=tmp_path, HOME=str(tmp_path), GALAXY_IMPORTER_CONFIG=str(settings))
    assert [line for line in told.splitlines() if re.match("WARNING|ERROR|CRITICAL", line)] == []
    result = json.loads((tmp_path / "importer_result.json").read_text())
    assert result["requires_ansible"] == ">=2.16.0"
    kinds = {(item["content_type"], item["name"]) for item in result["contents"]}
    assert {("module", "cs_certificate_request"), ("role", "edge"), ("playbook", "lab.yml")} <= kinds
    assert all(item["description"] for item in result["contents"] if item["content_type"] == "role")


def changes(output: str) -> dict[str, int]:
    """The number of changes of each host in a recap."""
    rows = re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=0\s+failed=0", output, re.MULTILINE)
    return {host: int(number) for host, number in rows}


def test_the_administrators_path(home: pathlib.Path, run, tmp_path: pathlib.Path) -> None:
    """A new environment, the tarball, the rehearsal and a report; nothing of this repository."""
    work, environment = tmp_path / "work", tmp_path / "venv"
    work.mkdir()
    path = f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
    pip = (environment / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check")

    def play(*words: str) -> str:
        told: str = run("ansible-playbook", *words, cwd=work, PATH=path, HOME=str(home))
        return told

    requirements = (
        home / ".ansible" / "collections" / "ansible_collections" / "sfb" / "certificates" / "requirements.txt"
    )
    run(sys.executable, "-m", "venv", environment, cwd=work)
    run(
        *pip, "ansible-core" if "dev" in ansible_core else f"ansible-core=={ansible_core}", "-r", requirements, cwd=work
    )

    pool = ("-e", "sfb_lab_servers=2")
    check = play("sfb.certificates.lab", *pool, "--check")
    assert "Request-CsCertificate -New" in check
    assert "Set-CsCertificate" in check
    assert "That is the plan." in check
    assert [str(item.relative_to(work)) for item in work.rglob("*")] == [".sfb-lab", ".sfb-lab/journal.jsonl"]

    first = play("sfb.certificates.lab", *pool)
    assert changes(first) == {"edge1": 4, "edge2": 2, "localhost": 3}
    again = play("sfb.certificates.lab", *pool)
    assert changes(again) == {"edge1": 0, "edge2": 0, "localhost": 0}

    inventory = yaml.safe_load((work / ".sfb-lab" / "inventory.yml").read_text())
    assert inventory["edge"]["vars"]["sfb_lab_path"] == str(work / ".sfb-lab")
    (command,) = re.findall(r"ansible-playbook (sfb\.certificates\.report [^\"]+)", again)
    assert changes(play(*command.split())) == {"edge1": 0, "edge2": 1}
    assert "<html" in (work / "estate-report" / "report.html").read_text()
    report = json.loads((work / "estate-report" / "report.json").read_text())
    (internal,) = (row for row in report["pools"][0]["usages"] if row["type"] == "Internal")
    assert (internal["status"], internal["certificates"][0]["servers"]) == ("ok", ["edge1", "edge2"])
