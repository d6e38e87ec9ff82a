# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollover refuses before it touches a server."""

from __future__ import annotations

ROLLOVER = "sfb.certificates.rollover"


def test_what_is_refused_before_a_server_is_touched(pool) -> None:
    """Wrong variables, secrets in the list, a balancer without what it needs; in one run each, and no remote call."""
    cases = {
        "no such option": {"rollover_certificates": [{"type": ["Internal"], "colour": "blue"}]},
        "a secret in the list": {
            "rollover_certificates": [{"type": ["Internal"], "signer_password": "Hidden-Secret-7"}]
        },
        "a set that is none": {"rollover_set": "edge_site9"},
        "haproxy without a socket": {"load_balancer_kind": "haproxy", "load_balancer_socket": ""},
        "another host that is none": {"rollover_endpoint_host": "nowhere"},
        "a word for a number": {"rollover_min_in_service": "most"},
    }
    plays = [
        {
            "name": name,
            "hosts": "edge1",
            "gather_facts": False,
            "tasks": [
                {
                    "block": [{"name": name, "ansible.builtin.include_role": {"name": ROLLOVER}, "vars": variables}],
                    "rescue": [{"name": name, "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}],
                }
            ],
        }
        for name, variables in cases.items()
    ]
    run = pool.play(plays, "-vvv")
    assert run.rc == 0, run.output
    told = {row["task"]: str(row["result"].get("msg")) for row in run.rows if row["task"] in cases}
    assert "'colour' is no option of a certificate" in told["no such option"]
    assert "signer_password is a secret; set edge_signer_password" in told["a secret in the list"]
    assert "not in the inventory group 'edge_site9'" in told["a set that is none"]
    assert "rollover_endpoint_host: nowhere is not in the inventory" in told["another host that is none"]
    assert "load_balancer_socket" in told["haproxy without a socket"]
    assert "rollover_min_in_service" in told["a word for a number"]
    assert pool.journal() == []
