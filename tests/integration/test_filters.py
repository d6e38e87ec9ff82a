# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters in templates, found by their names."""

from __future__ import annotations


def test_filters(pool, stages) -> None:
    pool.take(stages / "imported")
    (answer,) = pool.inbox.glob("*.cer")
    told = {
        "facts": "{{ pem | sfb.certificates.certificate_facts }}",
        "chain": "{{ [chain, pem] | sfb.certificates.certificate_chain }}",
        "days": "{{ (pem | sfb.certificates.certificate_facts).not_after | sfb.certificates.days_left('2026-01-01') }}",
        "same": "{{ pem | sfb.certificates.days_left(now='2026-01-01') }}",
        "usages": "{{ 'internal, ACCESSEDGEEXTERNAL' | sfb.certificates.usage_names }}",
        "thumbprint": "{{ ('ab ' * 20) | sfb.certificates.thumbprint }}",
        "changes": "{{ [row] | sfb.certificates.usage_changes([]) }}",
    }
    variables = {
        "pem": f"{{{{ lookup('ansible.builtin.file', '{answer}') }}}}",
        "chain": f"{{{{ lookup('ansible.builtin.pipe', 'base64 {pool.chain}') }}}}",
        "row": {"type": "Internal", "thumbprint": "AB" * 20, "not_after": "2028-01-31T12:00:00Z"},
    }
    run = pool.tasks(
        {"ansible.builtin.debug": {"msg": told}, "vars": variables},
        {"ansible.builtin.debug": {"msg": "{{ 'xy' | sfb.certificates.thumbprint }}"}, "ignore_errors": True},
        {"ansible.builtin.debug": {"msg": "{{ nowhere | sfb.certificates.thumbprint }}"}, "ignore_errors": True},
    )
    assert run.rc == 0, run.output
    found = run.result("task 1")["msg"]
    assert found["facts"]["common_names"] == ["edge-site1.example.com"]
    subjects = [row["common_names"] for row in found["chain"]["certificates"]]
    assert subjects[0] == ["edge-site1.example.com"]
    assert (len(subjects), found["chain"]["complete"], found["chain"]["problems"]) == (3, True, [])
    assert int(found["days"]) == int(found["same"]) > 0
    assert found["usages"] == ["Internal", "AccessEdgeExternal"]
    assert found["thumbprint"] == "AB" * 20
    assert found["changes"] == ["Internal  none->ABABABAB  2028-01-31"]
    message = run.result("task 2")["msg"]
    assert "sfb.certificates.thumbprint: bad thumbprint: it holds characters that are no hexadecimal digits" in message
    assert "undefined" in run.result("task 3")["msg"]
