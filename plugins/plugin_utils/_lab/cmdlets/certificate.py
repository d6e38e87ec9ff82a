# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Import-, Set-, Remove-CsCertificate and Test-CsCertificateConfiguration (product.md#cmdlets).

**PRIVATE** to the collection.
"""

from __future__ import annotations

from ansible_collections.sfb.certificates.plugins.module_utils._cryptography_dep import rsa

from ..server import facts, keys
from ..server.content import WRONG_PASSWORD, ContentError, FileCertificate, read_content
from ..server.errors import cryptographic_failure, failure
from ..server.state import CSP_SCHANNEL, Assignment, Entry
from ..server.values import Row, format_date
from .call import Call
from .parameters import Cmdlet, Parameter
from .queries import parse_saved
from .request import complete


def run_import(call: Call) -> None:
    """Import a file into My; in the set CMS also assign it for all servers (product.md#import-cscertificate)."""
    bound = call.bound
    call.need_administrator()
    call.need_roll_date()
    if bound.parameter_set == "CMS":
        call.need_cms()
    last = _import_file(
        call, bound.get("Path"), bound.get("Password", ""), exportable=bound.get("PrivateKeyExportable") is True
    )
    if bound.parameter_set == "CMS":
        _check_for_all(call, last)
        for usage in bound.get("Type"):
            _assign(call, usage, str(last), scope="Global")


def _check_for_all(call: Call, thumbprint: str | None) -> None:
    """What is stored for all servers comes with its key (product.md#oauth-certificate; message [U])."""
    entry = call.state.find("My", thumbprint or "")
    if entry is None or entry.container is None:
        raise failure("System.InvalidOperationException", "The certificate to be stored has no private key.")
    _check_key_length(entry, call.bound.get("Type"))


def _check_key_length(entry: Entry, usages: list[str]) -> None:
    """Tokens between servers need at least 2048 bits (product.md#oauth-certificate; message [U])."""
    key = entry.certificate.public_key()
    if "OAuthTokenIssuer" in usages and isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
        raise failure("System.InvalidOperationException", "The key of the certificate is shorter than 2048 bits.")


def _import_file(call: Call, path: str, password: str, *, exportable: bool) -> str | None:
    """Gives the thumbprint of the certificate that the file is about."""
    found = _read_file(call, path, password)
    bound_ones = 0
    last: str | None = None
    is_pfx = any(c.key_pem is not None for c in found)
    for certificate in found:
        if certificate.key_pem is not None:
            ksp = call.switch("pfx_provider") == "ksp"
            container = keys.store_key(call.state, certificate.key_pem, exportable=exportable, ksp=ksp)
            entry: Entry | None = Entry(certificate.der, certificate.friendly_name, container)
            call.state.add("My", Entry(certificate.der, certificate.friendly_name, container))
        else:
            entry = complete(call, certificate.der)
        if entry is not None:
            bound_ones += 1
            last = entry.thumbprint
        elif _goes_along(call, is_pfx=is_pfx, alone=len(found) == 1):
            call.state.add("My", Entry(certificate.der, certificate.friendly_name))
            last = last or facts.thumbprint(certificate.der)
    if not bound_ones:
        call.warnings.append("No private key belongs to the imported certificate.")
    return last


def _goes_along(call: Call, *, is_pfx: bool, alone: bool) -> bool:
    """Whether a certificate without a key goes to My, too: a single one does, of a file with more it is [U]."""
    if is_pfx:
        return bool(call.switch("pfx_chain") == "my")
    return alone or not call.switch("p7b_leaf_only")


def _read_file(call: Call, path: str, password: str) -> list[FileCertificate]:
    data = call.session.files.read(path)
    if data is None:
        raise failure(
            "System.IO.FileNotFoundException",
            f'Cannot find the file "{path}".',
            error_id="CsFile",
            category="ObjectNotFound",
        )
    try:
        return read_content(data, password)
    except ContentError as error:
        error_id = "CsPassword" if error.hresult == WRONG_PASSWORD else "CsFile"
        raise cryptographic_failure(error.hresult, error_id=error_id) from None


def _assign(call: Call, usage: str, thumbprint: str, *, scope: str) -> None:
    """The product keeps two certificates of a usage, the current and the previous one.

    Source: product.md#set-cscertificate.
    """
    now = format_date(call.session.now())
    effective = call.bound.get("EffectiveDate")
    old = call.state.assignments.get(usage)
    previous = None
    if old is not None:
        previous = old.previous if old.thumbprint == thumbprint else old.thumbprint
    begins = format_date(effective) if effective else now
    call.state.assignments[usage] = Assignment(thumbprint, previous, begins, now, scope)


def run_set(call: Call) -> None:
    """Assign a certificate (product.md#set-cscertificate)."""
    bound = call.bound
    call.need_administrator()
    call.need_roll_date()
    is_global = bound.get("Identity", "").lower() == "global"
    if is_global:
        call.need_cms()
    else:
        call.need_usages(bound.get("Type"))
    thumbprint = bound.get("Thumbprint", "")
    if bound.parameter_set == "Path":
        thumbprint = _import_file(call, bound.get("Path"), bound.get("Password", ""), exportable=False) or ""
        call.session.checkpoint()
    elif bound.parameter_set == "CertificateReference":
        thumbprint = getattr(bound.get("Reference"), "thumbprint", "")  # a text has no such property
    _check_assignable(call, thumbprint)
    for usage in bound.get("Type"):
        _assign(call, usage, thumbprint.upper(), scope="Global" if is_global else "Local")


def _check_assignable(call: Call, thumbprint: str) -> None:
    """What is not offered for assignment is refused; the messages are [U].

    Source: product.md#certificate-request-returned, product.md#missing-ca-certificate, product.md#ksp-key,
    product.md#import-on-another-server, product.md#expired-certificate-in-a-chain.
    """
    entry = call.state.find("My", thumbprint)
    why = None
    if entry is None:
        why = f"Certificate with thumbprint {thumbprint} was not found in the computer store."
    elif entry.container is None or call.session.key_pem(entry.container) is None:
        why = f"Certificate with thumbprint {thumbprint} has no private key."
    elif entry.certificate.not_valid_after_utc < call.session.now():
        why = f"Certificate with thumbprint {thumbprint} has expired."
    elif not call.session.chain_builds(entry):
        why = f"The chain of the certificate {thumbprint} is invalid."
    if why is not None:
        raise failure("System.InvalidOperationException", why)
    if entry is not None:
        _check_key_length(entry, call.bound.get("Type"))
    if entry is not None and entry.container is not None and not call.switch("ksp_accepted"):
        container = call.state.containers[entry.container]
        is_rsa = isinstance(entry.certificate.public_key(), rsa.RSAPublicKey)
        if is_rsa and container.provider != CSP_SCHANNEL:
            raise cryptographic_failure("0x80090028", error_id="CsKey")


def run_remove(call: Call) -> None:
    """Take an assignment back; the certificate stays in its store (product.md#remove-cscertificate)."""
    call.need_administrator()
    scope = "Local"
    if call.bound.get("Identity", "").lower() == "global":
        call.need_cms()
        scope = "Global"
    for usage in call.bound.get("Type"):
        assignment = call.state.assignments.get(usage)
        if assignment is None or assignment.scope != scope:
            call.warnings.append(f"No certificate is assigned to {usage}.")
            continue
        is_staged = parse_saved(assignment.effective) > call.session.now()
        if not call.bound.get("Previous"):
            call.ask(f"The certificate for {usage} is in use. Remove it?")
            del call.state.assignments[usage]
            continue
        if assignment.previous and is_staged:
            call.ask(f"The previous certificate for {usage} is in use. Remove it?")
        call.state.assignments[usage] = assignment._replace(previous=None)


def run_test(call: Call) -> None:
    """Tell for each usage of the role whether a certificate is assigned.

    Source: product.md#test-cscertificateconfiguration.
    """
    for usage in call.session.pool.required_usages:
        properties = {"Use": usage, "Exists": usage in call.state.assignments}
        call.output.append(Row("Microsoft.Rtc.Management.Deployment.CertificateExists", properties))


_DATES = (Parameter("EffectiveDate", "datetime"), Parameter("Roll", "switch"))
_REPORT = (Parameter("Report"), Parameter("Force", "switch"))
_SETS = ("Thumbprint", "CertificateReference", "Path")

CMDLETS = (
    Cmdlet(
        name="Import-CsCertificate",
        run=run_import,
        default_set="Local",
        should_process=True,
        parameters=(
            Parameter("Path", "string", (), ("*",)),
            Parameter("Identity", "string", ("CMS",), ("CMS",)),
            Parameter("Type", "CertType[]", ("CMS",), ("CMS",)),
            Parameter("Password"),
            Parameter("PrivateKeyExportable", "bool", ("Local",)),
            *_DATES,
            *_REPORT,
        ),
    ),
    Cmdlet(
        name="Set-CsCertificate",
        run=run_set,
        default_set="Thumbprint",
        should_process=True,
        parameters=(
            Parameter(
                "Type", "CertType[]", _SETS, ("*",)
            ),  # optional on one help page, mandatory on another (product.md#set-cscertificate)
            Parameter("Thumbprint", "string", ("Thumbprint",), ("Thumbprint",)),
            Parameter("Reference", "object", ("CertificateReference",), ("CertificateReference",)),
            Parameter("Path", "string", ("Path",), ("Path",)),
            Parameter("Password", "string", ("Path",)),
            Parameter("Identity", "string", _SETS, ("Path",)),
            *_DATES,
            Parameter("NetportId"),
            *_REPORT,
        ),
    ),
    Cmdlet(
        name="Remove-CsCertificate",
        run=run_remove,
        should_process=True,
        parameters=(
            Parameter("Type", "CertType[]", (), ("*",)),
            Parameter("Identity"),
            Parameter("Previous", "switch"),
            Parameter("NetportId"),
            *_REPORT,
        ),
    ),
    Cmdlet(name="Test-CsCertificateConfiguration", run=run_test, parameters=(Parameter("Report"),)),
)
