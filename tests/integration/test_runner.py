# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The procedure by ansible-runner, as AWX runs it: events, statistics, and artifacts without secrets."""

from __future__ import annotations

import json
import pathlib
import shutil
from collections import defaultdict
from typing import Any

import ansible_runner
import pytest
import yaml
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.keys import load_key
from cryptography.hazmat.primitives import serialization

from .test_secrets import KEEP, forms, pieces, private_keys, squeeze

HOSTS = ["edge1", "edge2"]
PASSPHRASE = "Geheim! 'Kein' \"Mensch\" weiss \\es"


def locked_authority(pool: Any) -> dict[str, str]:
    """Signs on the controller with the key of the authority, here under a passphrase."""
    authority, locked = pool.lab / "adcs", pool.folder / "ca.key"
    key = load_key((authority / "keys" / "Lab Issuing CA.pem").read_bytes())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    locked.write_bytes(key.private_bytes(*form, serialization.BestAvailableEncryption(PASSPHRASE.encode())))
    return {
        "edge_signer": "local_ca",
        "edge_signer_ca_certificate": str(authority / "Lab Issuing CA.cer"),
        "edge_signer_ca_private_key": str(locked),
    }


def prepare(pool: Any, private: pathlib.Path, kept: pathlib.Path) -> None:
    """A private data folder: inventory, the secret in the file for extra variables, and a playbook.

    Its last play keeps the passphrase and the content of the copy that travelled from server to server.
    """
    pool.describe({"edge_site1": HOSTS}, **locked_authority(pool))
    (private / "project" / "filter_plugins").mkdir(parents=True)
    (private / "project" / "filter_plugins" / "keep.py").write_text(KEEP)
    (private / "env").mkdir()
    (private / "env" / "extravars").write_text(json.dumps({"edge_signer_ca_passphrase": PASSPHRASE}))
    (private / "inventory").mkdir()
    shutil.copy(pool.inventory, private / "inventory" / "hosts.yml")
    keep = {"ansible.builtin.debug": {"msg": f"{{{{ edge_obtained.Internal | keep('{kept}') }}}}"}, "no_log": True}
    last = {"name": "Keep", "hosts": "edge1", "gather_facts": False, "tasks": [keep | {"name": "Keep the secrets"}]}
    plays = [{"name": "Edge", "import_playbook": "sfb.certificates.edge_internal"}, last]
    (private / "project" / "site.yml").write_text(yaml.safe_dump(plays))


# it forks, and pytest-xdist has threads
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_events_statistics_and_artifacts(pool) -> None:
    private, kept = pool.folder / "private", pool.folder / "kept.json"
    prepare(pool, private, kept)
    run = ansible_runner.run(
        private_data_dir=str(private),
        playbook="site.yml",
        ident="one",
        envvars={key: value for key, value in pool.environment.items() if "CALLBACK" not in key},
        verbosity=4,
        quiet=True,
    )
    assert (run.status, run.rc) == ("successful", 0), (private / "artifacts" / "one" / "stdout").read_text()

    ended: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    started = set()
    for event in run.events:
        data = event.get("event_data", {})
        if event["event"] == "playbook_on_task_start":
            started.add(data["task"])
        elif event["event"] in ("runner_on_ok", "runner_on_skipped"):
            ended[data["task"]][data["host"]] = data.get("res", {})
    assert started == set(ended)
    assert {host for host, result in ended["Assign it"].items() if result["changed"]} == {"edge1"}
    assert "Set-CsCertificate" in ended["Assign it"]["edge1"]["commands"][-1]
    assert "Set-CsCertificate" in ended["Show what was done"]["edge2"]["msg"][-1]
    # what holds a secret is told of, and not shown
    assert set(ended["Import what was issued, and export it for the others"]["edge1"]) <= {"censored", "changed"}
    assert set(ended["Bring it to the server"]["edge2"]) <= {"censored", "changed"}
    assert sorted(run.stats["ok"]) == HOSTS
    assert run.stats["changed"] == {"edge1": 5, "edge2": 1}
    assert not run.stats["failures"]
    assert not run.stats["dark"]

    copy = json.loads(kept.read_text())
    assert len(copy["passphrase"]) >= 32
    secrets = (PASSPHRASE, copy["passphrase"], *pieces(copy["content"]), *private_keys(pool))
    wanted = {form for secret in secrets for form in forms(secret)}
    artifacts = [path for path in (private / "artifacts").rglob("*") if path.is_file()]
    assert len(artifacts) > len(started)
    for path in artifacts:
        squeezed = squeeze(path.read_text(errors="replace"))
        assert [form for form in wanted if form in squeezed] == [], path
    # the search finds what is there
    thumbprint = pool.server("edge2")["assignments"]["Internal"]["thumbprint"]
    assert sum(thumbprint in path.read_text(errors="replace") for path in artifacts) > 2
