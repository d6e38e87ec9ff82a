# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chain among certificates in any order."""

from __future__ import annotations

import itertools
from typing import Any

from ansible_collections.sfb.certificates.plugins.module_utils._x509.ordering import order_chain


def test_every_order_gives_the_same_chain(forge: Any) -> None:
    root = forge.issue("Root", ca=True)
    issuing = forge.issue("Issuing", root, ca=True)
    leaf = forge.issue("edge.example.test", issuing)
    chain = (leaf.cert, issuing.cert, root.cert)
    for given in itertools.permutations(chain):
        ordered = order_chain(given, forge.NOW)
        assert ordered.chain.certificates == chain
        assert ordered.chain.good
        assert ordered.others == ()


def test_a_server_comes_before_an_authority_that_issued_nothing(forge: Any) -> None:
    root, other = forge.issue("Root", ca=True), forge.issue("Other", ca=True)
    leaf = forge.issue("edge.example.test", root)
    ordered = order_chain([other.cert, root.cert, leaf.cert], forge.NOW)
    assert ordered.chain.certificates == (leaf.cert, root.cert)
    assert ordered.others == (other.cert,)


def test_a_chain_without_its_root(forge: Any) -> None:
    root = forge.issue("Root", ca=True)
    issuing = forge.issue("Issuing", root, ca=True)
    ordered = order_chain([issuing.cert], forge.NOW)
    assert ordered.chain.certificates == (issuing.cert,)
    assert not ordered.chain.complete
    assert ordered.chain.problems[0].startswith("issuer CN=Root of CN=Issuing")
