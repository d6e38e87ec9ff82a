# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request, and a playbook that has it signed."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def new_csr(name: str) -> str:
    """A request of a new key, as PEM."""
    subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject)
    signed = made.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode("ascii")


def sign(name: str, **variables: Any) -> dict[str, Any]:
    """Tasks that have a request signed; what came of it is told in a task with this name."""
    given = {f"edge_sign_{key}": value for key, value in variables.items()}
    told = {
        "found": "{{ edge_sign_result.found }}",
        "waiting_for": "{{ edge_sign_result.waiting_for }}",
        "content": "{{ edge_sign_result.content | default('') }}",
    }
    return {
        "name": f"sign {name}",
        "block": [
            {"ansible.builtin.include_role": {"name": "sfb.certificates.edge_sign"}, "vars": given},
            {"name": name, "ansible.builtin.set_fact": {"told": told}},
        ],
        "rescue": [{"name": name, "ansible.builtin.set_fact": {"told": {"failed": "{{ ansible_failed_result.msg }}"}}}],
    }


def play(pool: Any, *tasks: dict[str, Any], words: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
    """Runs tasks of L{sign}; what each told."""
    run = pool.play([{"hosts": "edge1", "gather_facts": False, "tasks": list(tasks)}], *words)
    assert run.rc == 0, run.output
    return {
        row["task"]: row["result"]["ansible_facts"]["told"]
        for row in run.rows
        if "told" in row["result"].get("ansible_facts", {})
    }
