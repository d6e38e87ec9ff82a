# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that several modules have; the same families as in plugin_utils/_options.py and _content.py.

**PRIVATE** to the collection: it may change at any time.
"""

from __future__ import annotations


class ModuleDocFragment:
    """One attribute for each family of options."""

    SERVER = r"""
options:
  server:
    description:
      - State of the server as the last task of this run returned it under the key C(server).
      - Saves the remote call that reads the server. Leave it out to have the server read now.
      - Hand on the state of the B(last) task for this host. What others do to the server in the meantime is not seen.
      - Its content is not an interface.
    type: dict
"""

    TYPE = r"""
options:
  type:
    description:
      - Usages of the product that share one certificate; becomes C(-Type).
      - On Edge Servers V(Internal) (internal interface), V(AccessEdgeExternal) (Access Edge service),
        V(DataEdgeExternal) (Web Conferencing Edge service) and V(AudioVideoAuthentication) (A/V Authentication
        service).
      - On other servers V(Default), V(WebServicesInternal), V(WebServicesExternal), V(OAuthTokenIssuer) and more. All
        names that the product's help knows are taken, in any case. One that the help does not name for the cmdlet gives
        a warning, an unknown one an error that names the nearest.
    type: list
    elements: str
    required: true
"""

    NAMES = r"""
options:
  names:
    description:
      - FQDNs that the certificate must carry. This is a check, and becomes no parameter of a cmdlet.
      - A name counts if it is in the subject alternative name. For the usage V(Internal) alone, and if the certificate
        has no such names at all, the common name of the subject counts as well. Wildcards do not count, since Edge
        Servers do not support them.
      - RV(sfb.certificates.cs_certificate_plan#module:names) tells the names that the topology of the pool asks for.
    type: list
    elements: str
    default: []
"""

    COMMON = r"""
options:
  force:
    description:
      - Has the cmdlet of the product keep errors back that do not stop it; becomes C(-Force). Without it such an error
        fails the task, too.
    type: bool
    default: false
  report:
    description:
      - Has the cmdlet of the product write its log (C(-Report)) and returns it as RV(report).
    type: bool
    default: false
"""

    IDENTITY = r"""
options:
  identity:
    description:
      - V(local) for this server, V(global) for the whole deployment; the latter becomes C(-Identity Global).
      - V(global) is documented for V(OAuthTokenIssuer) only. It needs the Central Management Store, which Edge Servers
        normally cannot reach, so do it on one Front End Server; the others get the certificate by replication.
    type: str
    choices:
      - local
      - global
    default: local
"""

    STAGING = r"""
options:
  effective_date:
    description:
      - From when on the certificate is used, a time with its zone such as V(2026-12-01T22:00:00Z) or
        V(2026-12-01T22:00:00+01:00), in quotation marks. Becomes C(-EffectiveDate), in the server's local time.
      - It must be in the future by the clock of the server, unless the usages have the certificate already. Needs
        O(roll=true).
    type: str
  roll:
    description:
      - V(true) stages the certificate for O(effective_date); becomes C(-Roll).
      - For V(AudioVideoAuthentication) and V(OAuthTokenIssuer), for which the old and the new certificate can coexist;
        other usages beside them change on the date without that, which gives a warning, and are refused alone.
      - A certificate that is staged already is left to its date if this is not given, and takes effect at once with
        V(false).
    type: bool
"""

    WORK = r"""
options:
  work_folder:
    description:
      - Folder on the server for the record and the signing request (CSR) of each offline request, and for the notes of
        requests that other servers of the set have made. They hold no secret.
      - A later run, from whatever controller, recognises the request by its public key, and learns here what it asks
        for.
      - An absolute Windows path. The folder is made if it is missing, for C(SYSTEM) and administrators only.
      - Use the same value in all tasks.
    type: str
    default: 'C:\ProgramData\sfb.certificates'
"""

    CONTENT = r"""
options:
  path:
    description:
      - File on the controller. A relative path is looked for as M(ansible.builtin.copy) looks for its
        O(ansible.builtin.copy#module:src).
      - The kind of the file is found out from its content; its name plays no part.
      - Exactly one of O(path) and O(content) is needed.
    type: path
  content:
    description:
      - The content of the file, as the text of a PEM file or as base64 of any file.
      - Exactly one of O(path) and O(content) is needed.
    type: str
"""

    REQUEST = r"""
options:
  all_sip_domain:
    description:
      - Adds all SIP domains of the deployment to the subject alternative name, and not only the primary one. Becomes
        C(-AllSipDomain).
    type: bool
  city:
    description: City of the subject; becomes C(-City).
    type: str
  client_eku:
    description:
      - Asks for client authentication besides server authentication; becomes C(-ClientEKU). Documented as needed for
        public instant messaging with AOL only. The template must permit it.
    type: bool
  computer_fqdn:
    description:
      - FQDN of the computer to look up in the Central Management Store; becomes C(-ComputerFqdn).
      - Always that of one computer, even for the certificate of a pool. Leave it out on Edge Servers, which are
        normally no members of the domain and cannot reach the store.
    type: str
  country:
    description: Country of the subject, a code of two letters; becomes C(-Country).
    type: str
  domain_names:
    description:
      - FQDNs to ask for in the subject alternative name, besides those that the product takes from the topology. They
        become C(-DomainName), joined by commas.
    type: list
    elements: str
    default: []
  force:
    description:
      - Makes a new request although a fitting certificate is there, or a request waits for its answer. The waiting
        request keeps its key in the store REQUEST, but its record and its CSR are replaced.
      - A task that sets this changes the server at each run.
    type: bool
    default: false
  friendly_name:
    description:
      - Name under which Windows lists the certificate; becomes C(-FriendlyName). Left out if not given.
      - The product wants the name to be unique on the server. If a certificate or a request there has it already, as at
        a renewal, the date is appended.
    type: str
  key_alg:
    description:
      - Algorithm of the key; becomes C(-KeyAlg). If not given, the product chooses (RSA).
    type: str
    choices:
      - RSA
      - ECDH_P256
      - ECDH_P384
      - ECDH_P521
  key_size:
    description:
      - Length of an RSA key in bits; becomes C(-KeySize). At least V(2048) is advised.
    type: int
    choices:
      - 1024
      - 2048
      - 4096
  organization:
    description: Organization of the subject; becomes C(-Organization).
    type: str
  organizational_unit:
    description: Organizational unit of the subject; becomes C(-OU).
    type: str
  private_key_exportable:
    description:
      - Whether the private key may leave the server later; becomes C(-PrivateKeyExportable).
      - Set it to V(true) for a pool of several servers, which all need the same certificate with its key. A key that
        was made without it can never be exported; the only cure is a new request.
      - If not given, the product decides. Its default is not documented.
    type: bool
  renew_before:
    description:
      - How long before its end a certificate counts as due for renewal, as a number of days (V(45d) or V(45)), weeks
        (V(6w)) or hours (V(12h)).
      - If not given, 45 days, or a third of the lifetime of the certificate if that is shorter.
      - A certificate is never due before half of its lifetime has passed, lest each new one be renewed at once.
    type: str
  state_or_province:
    description: State or province of the subject; becomes C(-State).
    type: str
  template:
    description:
      - Certificate template that the authority is to use; becomes C(-Template).
      - Its B(name), not its display name.
    type: str
"""
