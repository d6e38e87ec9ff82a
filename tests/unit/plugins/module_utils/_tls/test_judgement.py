# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of the certificates that an endpoint serves."""

from __future__ import annotations

import datetime as dt

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._request.request import plan_request
from ansible_collections.sfb.certificates.plugins.module_utils._store.chain import ChainSpec, plan_chain
from ansible_collections.sfb.certificates.plugins.module_utils._tls.judgement import (
    explain_chain,
    explain_other,
    judge_chain,
)
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate

NOW = dt.datetime.now(dt.timezone.utc)


@pytest.fixture
def chain(site, spec) -> tuple[Certificate, Certificate, Certificate]:
    """A server's certificate, the authority that issued it, and the root."""
    server = site.server()
    server.apply(plan_chain(ChainSpec(site.chain), server.state()))
    state = server.apply(plan_request(spec, server.state()))
    (leaf,) = [item for item in site.sign(state.requests[0].csr).certificates if not item.may_issue]
    (root,) = [item for item in site.chain if item.self_signed]
    (issuing,) = [item for item in site.chain if not item.self_signed]
    return leaf, issuing, root


def test_chain_is_built_from_what_is_sent(chain: tuple[Certificate, Certificate, Certificate]) -> None:
    leaf, issuing, root = chain
    assert judge_chain([leaf, issuing], [root], NOW).problems == ()
    assert judge_chain([leaf, issuing, root], [root], NOW).problems == ()  # the root does no harm
    missing = judge_chain([leaf], [root], NOW)
    assert missing.missing_issuer == issuing.subject
    told = explain_chain("edge1:443", missing)
    assert told.startswith(f"the chain that edge1:443 sends is not complete: {issuing.subject} is neither sent nor")
    assert "cs_certificate_chain" in told
    assert judge_chain([leaf, issuing], [leaf], NOW).missing_issuer == root.subject


def test_a_complete_chain_may_be_bad(chain: tuple[Certificate, Certificate, Certificate]) -> None:
    leaf, issuing, root = chain
    late = judge_chain([leaf, issuing], [root], leaf.not_after + dt.timedelta(days=1))
    assert late.missing_issuer == ""
    assert f"is not good: {leaf} expired on" in explain_chain("edge1:443", late)
    strange = judge_chain([leaf, issuing, root], [], NOW)
    assert strange.problems == (f"root {root} is not trusted",)
    assert strange.missing_issuer == ""


def test_another_certificate(chain: tuple[Certificate, Certificate, Certificate]) -> None:
    leaf, _issuing, _root = chain
    told = explain_other("edge1:443", leaf, "AB" * 20)
    assert told.startswith(f"edge1:443 serves another certificate: {leaf}, valid until 20")
    assert "expected ABAB" in told
    assert "restart it (cs_windows_service)" in told
