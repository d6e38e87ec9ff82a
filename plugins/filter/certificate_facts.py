# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter certificate_facts: what a certificate says."""

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_facts
short_description: What a certificate says
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
description:
  - Reads one X.509 certificate and returns its facts, the same as M(sfb.certificates.cs_certificate_info) tells of the
    certificates of a server.
  - The kind of the data (PEM, base64, DER, PKCS#7) is found out from the data.
options:
  _input:
    description:
      - The certificate as PEM, as base64 of any file, or as bytes.
      - For several certificates use P(sfb.certificates.certificate_chain#filter).
    type: raw
    required: true
requirements:
  - On the controller, the Python library cryptography 42.0.0 or newer.
seealso:
  - plugin: sfb.certificates.certificate_chain
    plugin_type: filter
  - module: sfb.certificates.cs_certificate_info
"""

EXAMPLES = r"""
- name: Tell until when an answer of the authority is valid
  ansible.builtin.debug:
    msg: "{{ (lookup('ansible.builtin.file', 'edge1.cer') | sfb.certificates.certificate_facts).not_after }}"
"""

RETURN = r"""
_value:
  description:
    - The facts. Thumbprints and hashes are upper-case hexadecimal digits, times are UTC, key lengths are in bits.
    - See RV(sfb.certificates.cs_certificate_info#module:certificates) up to C(unreadable_extensions).
  type: dict
  sample:
    thumbprint: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
    subject: CN=edgepool.example.com, O=Example, C=DE
    issuer: CN=Example Issuing CA 1, O=Example, C=DE
    dns_names: [edgepool.example.com]
    not_after: '2028-11-19T09:14:02Z'
"""

from typing import Any

from ..module_utils._errors import InputError
from ..plugin_utils._filters import certificates_of, named


def certificate_facts(value: Any) -> dict[str, Any]:
    """The facts of the only certificate of a value.

    :raises InputError: it holds none, or several.
    """
    found = certificates_of(value)
    if len(found) != 1:
        raise InputError(f"the value holds {len(found)} certificates, not one; use sfb.certificates.certificate_chain")
    return found[0].facts()


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Any]:
        """Its name and function."""
        return named("certificate_facts", certificate_facts)
