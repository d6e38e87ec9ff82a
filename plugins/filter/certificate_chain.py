# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter certificate_chain: the chain that certificates make up."""

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_chain
short_description: The chain that certificates make up
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
description:
  - Puts certificates in order, from that of a server up to the root, and tells whether the chain is complete and what is
    wrong with it.
  - The chain is that of the first certificate that issued none of the others, one of a server before one of an authority.
    Signatures are verified.
  - All self-signed certificates of the input count as trusted, since whom a server trusts cannot be told from a file.
    Revocation is not looked at.
options:
  _input:
    description: The certificates in any order, as PEM, as base64 of any file (such as a C(.p7b)), as bytes, or a list
      of such values.
    type: raw
    required: true
  now:
    description: Time for which validity is judged, as V(2026-12-01) or V(2026-12-01T10:00:00Z). If not given, the clock
      of the controller.
    type: raw
requirements:
  - On the controller, the Python library cryptography 42.0.0 or newer.
seealso:
  - plugin: sfb.certificates.certificate_facts
    plugin_type: filter
  - module: sfb.certificates.cs_certificate_chain
"""

EXAMPLES = r"""
- name: Refuse a chain file that is not complete
  ansible.builtin.assert:
    that: chain.complete and chain.problems | length == 0
    fail_msg: "{{ chain.problems | join('; ') }}"
  vars:
    chain: "{{ lookup('ansible.builtin.file', 'chain.pem') | sfb.certificates.certificate_chain }}"
"""

RETURN = r"""
_value:
  description: The chain.
  type: dict
  contains:
    certificates:
      description: Facts of each certificate as P(sfb.certificates.certificate_facts#filter) returns them; the server's
        first, each issued by the next one.
      type: list
      elements: dict
      sample:
        - subject: CN=edgepool.example.com, O=Example, C=DE
        - subject: CN=Example Issuing CA 1, O=Example, C=DE
        - subject: CN=Example Root CA, O=Example, C=DE
    complete:
      description: Whether the last one is self-signed.
      type: bool
      sample: true
    problems:
      description: What is wrong, one line each; empty if nothing is.
      type: list
      elements: str
      sample: []
    others:
      description: Thumbprints of the certificates of the input that are no part of the chain.
      type: list
      elements: str
      sample: []
"""

from typing import Any

from ..module_utils._errors import InputError
from ..module_utils._x509.ordering import order_chain
from ..plugin_utils._filters import certificates_of, named, now_of


def certificate_chain(value: Any, now: Any = None) -> dict[str, Any]:
    """The chain of the certificates of a value.

    :raises InputError: it holds none, or C(now) is no time.
    """
    certificates = certificates_of(value)
    if not certificates:
        raise InputError("the list of certificates is empty; give at least one")
    ordered = order_chain(certificates, now_of(now))
    return {
        "certificates": [certificate.facts() for certificate in ordered.chain.certificates],
        "complete": ordered.chain.complete,
        "problems": list(ordered.chain.problems),
        "others": [certificate.thumbprint for certificate in ordered.others],
    }


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Any]:
        """Its name and function."""
        return named("certificate_chain", certificate_chain)
