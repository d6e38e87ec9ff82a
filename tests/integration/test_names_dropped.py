# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that a request asks for and the certificate does not have."""

from __future__ import annotations

import pytest

from .authority import ISSUING, Authorities

PLAYBOOK = "sfb.certificates.edge_internal"


HOSTS = ["edge1", "edge2", "edge3"]


POOL = "edge-site1.example.com"


@pytest.mark.slow
def test_names_that_the_authority_dropped(pool) -> None:
    names = {"edge_domain_names": ["alias.example.com"]}
    pool.describe({"edge_site1": HOSTS}, **names)
    pool.play(PLAYBOOK)
    pool.sign("--drop", "alias.example.com", "--add", "more.example.com", "--client-eku")
    run = pool.play(PLAYBOOK)
    assert run.rc == 0, run.output
    differs = run.result("Import the answer of the certification authority")["differs"]
    assert "the name alias.example.com was asked for and is missing" in differs
    assert "the name more.example.com was added" in differs
    assert any("1.3.6.1.5.5.7.3.2 was added" in text for text in differs)
    assert pool.play(PLAYBOOK).total("changed") == 0


@pytest.mark.slow
def test_needed_name_that_the_authority_dropped(pool) -> None:
    (pool.inbox / "other").mkdir()
    pool.play(PLAYBOOK)
    (request,) = pool.inbox.glob("*.req")
    authorities = Authorities(pool.lab, pool.key_pool)
    answer = authorities.answer(
        request.read_bytes(), authorities.certificate(ISSUING), ISSUING, common_name="wrong.example.com"
    )
    (pool.inbox / "answer.cer").write_bytes(answer)
    state, messages = pool.digest(), []
    for _run in range(2):
        run = pool.play(PLAYBOOK)
        assert run.rc != 0
        messages.append(run.message("edge1"))
    assert f"lacks the name {POOL}; nothing is imported" in messages[0]
    assert messages[0] == messages[1]
    assert pool.digest() == state
    assert len(list(pool.inbox.glob("*.req"))) == 1
