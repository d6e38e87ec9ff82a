# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failures that have a cure: how each is recognised and what to do, with its source. **PRIVATE** to the collection."""

from __future__ import annotations

from dataclasses import dataclass

#: A step that makes the server talk to a certification authority, without and with an account given for that.
ONLINE, ONLINE_AS = "online", "online with an account"
#: A step that is for all servers (-Identity global).
GLOBAL = "for all servers"
_ELEVATED = "connect as a local administrator, or set become: true with become_method: runas"
_REPORT = "this is a mistake of the collection; please report it with the task"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One failure. It is recognised by any of its ids, HRESULTs and exception types, else by its texts.

    :ivar meaning: what happened, in a few words.
    :ivar cure: what to do next.
    :ivar source: where the signs are documented: a heading of docs/reference, contract, or
        [MS-ERREF] (HRESULT values).
    :ivar identifiers: parts of error ids; ids do not depend on the language.
    :ivar hresults: HRESULTs of the exceptions, which the product also puts into its texts.
    :ivar exceptions: .NET types, or their ends.
    :ivar texts: words of the English message, all of which must be there; for what has no id of its own.
    :ivar places: where alone it can happen: operations, cmdlets, C(ONLINE), C(GLOBAL); empty for everywhere.
    """

    meaning: str
    cure: str
    source: str
    identifiers: tuple[str, ...] = ()
    hresults: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


#: The first that fits counts: what can happen in few places comes before what can happen anywhere.
FAILURES = (
    # ---- the step runner's own (contract, "Result") ----
    Failure(
        meaning="the product's PowerShell module is missing",
        cure="install the administrative tools of the product there, or take the server out of the group",
        source="contract, modules; product.md#common-parameters",
        identifiers=("CsInvoke.Module",),
    ),
    Failure(
        meaning="another run is active",
        cure="another run is changing this server; wait for it, then run again",
        source="contract, Steps (lock)",
        identifiers=("CsInvoke.Busy",),
    ),
    Failure(
        meaning="a cmdlet took too long",
        cure="look at the server, the cmdlet may still be at work; then run again",
        source="contract, Result (after a Timeout)",
        identifiers=("CsInvoke.Timeout",),
    ),
    Failure(
        meaning="a path of the server cannot be used",
        cure="give an absolute Windows path such as C:\\Certificates, and files of at most 8 MB",
        source="contract, path and read_file",
        identifiers=("CsInvoke.Path",),
    ),
    Failure(
        meaning="the certificate has no key on this server",
        cure="import it with its key from a PFX, or export it on the server that made the request",
        source="contract, cert_export; product.md#import-on-another-server",
        identifiers=("CsInvoke.NoKey",),
    ),
    Failure(
        meaning="a certificate is no longer there",
        cure="the server has changed since it was read; run again",
        source="contract, cert_export and others",
        identifiers=("CsInvoke.NotFound",),
    ),
    Failure(
        meaning="the product does not know a parameter",
        cure="leave the option out; this version of the product does not have it",
        source="contract, cmdlet; powershell.md#binding-of-parameters",
        identifiers=("CsInvoke.Parameter",),
    ),
    Failure(
        meaning="controller and step runner do not fit together",
        cure="install the collection anew on the controller, one version of it",
        source="contract, contract",
        identifiers=("CsInvoke.Contract",),
    ),
    Failure(
        meaning="the step runner refused the call",
        cure=_REPORT,
        source="contract, Result",
        identifiers=("CsInvoke.Protocol", "CsInvoke.Forbidden", "CsInvoke.Store", "CsInvoke.CheckMode"),
    ),
    Failure(
        meaning="the step runner could not write its result",
        cure=_REPORT,
        source="contract, Result",
        identifiers=("CsInvoke.Output",),
    ),
    # ---- requests to a certification authority (product.md#errors-of-a-request, product.md#field-problems) ----
    Failure(
        meaning="the Central Management Store cannot be reached for an assignment of all servers",
        cure="identity: global needs the Central Management Store; run this on a Front End Server",
        source="product.md#errors-of-a-request, product.md#oauth-certificate",
        identifiers=("CentralMgmtStoreInaccessible",),
        places=(GLOBAL,),
    ),
    Failure(
        meaning="the topology cannot be read through the Central Management Store",
        cure="leave computer_fqdn out where the Central Management Store is out of reach, as on Edge Servers, and set the names"
        " of the pool in the inventory",
        source="product.md#errors-of-a-request, product.md#edge-server-in-a-workgroup",
        identifiers=("CentralMgmtStoreInaccessible",),
    ),
    Failure(
        meaning="the certification authority cannot be reached",
        cure="check ca (host\\name as certutil shows it) and the way to it; a connection that hands no credentials on needs"
        " become: true with become_method: runas, or ca_account and ca_password",
        source="product.md#errors-of-a-request, product.md#double-hop",
        texts=("unable to contact certification authority",),
    ),
    Failure(
        meaning="the RPC server of the certification authority cannot be reached",
        cure="check ca (host\\name as certutil shows it) and the firewall between this server and it (RPC, DCOM)",
        source="[MS-ERREF] 0x800706BA; product.md#errors-of-a-request",
        hresults=("0x800706BA",),
        places=(ONLINE, ONLINE_AS),
    ),
    Failure(
        meaning="the certification authority refuses the account that was given",
        cure="check ca_account (DOMAIN\\user) and ca_password; if they are right, set become: true with become_method: runas",
        source="product.md#errors-of-a-request, product.md#double-hop; [MS-ERREF] as below",
        hresults=("0x8009030E", "0x80070721", "0x8007052E"),
        texts=("correct credentials",),
        places=(ONLINE_AS,),
    ),
    Failure(
        meaning="a network logon carries no credentials on to the certification authority (double hop)",
        cure="set become: true with become_method: runas, or give ca_account and ca_password",
        source=(
            "product.md#errors-of-a-request, product.md#double-hop;"
            " [MS-ERREF] SEC_E_NO_CREDENTIALS, RPC_S_SEC_PKG_ERROR, ERROR_LOGON_FAILURE"
        ),
        hresults=("0x8009030E", "0x80070721", "0x8007052E"),
        texts=("correct credentials",),
        places=(ONLINE,),
    ),
    Failure(
        meaning="access denied while a certification authority was asked",
        cure=_ELEVATED + "; a network logon that reaches no second server needs that, too",
        source="product.md#permissions-for-a-request, product.md#double-hop; [MS-ERREF] E_ACCESSDENIED",
        hresults=("0x80070005",),
        exceptions=("System.UnauthorizedAccessException",),
        places=(ONLINE, ONLINE_AS),
    ),
    Failure(
        meaning="the account may not enroll with the template",
        cure="give the account the right Enroll on the template, or name another template",
        source="[MS-ERREF] CERTSRV_E_TEMPLATE_DENIED; product.md#permissions-for-a-request",
        hresults=("0x80094012",),
    ),
    Failure(
        meaning="a certificate manager denied the request",
        cure="ask the people of the certification authority why, then request again with force: true",
        source="product.md#dispositions (0x80094014); [MS-ERREF] CERTSRV_E_ADMIN_DENIED_REQUEST",
        hresults=("0x80094014",),
    ),
    Failure(
        meaning="the certification authority does not publish the template",
        cure="name a template that the CA publishes, by its name and not its display name",
        source="product.md#errors-of-a-request, product.md#revoked-request-or-display-name-of-a-template",
        texts=("certificate template that is not supported",),
    ),
    Failure(
        meaning="the policy of the certification authority denies the request",
        cure="check that the CA publishes the template, and that the account has the right Enroll on it",
        source="product.md#errors-of-a-request; [MS-ERREF] CERTSRV_E_UNSUPPORTED_CERT_TYPE",
        hresults=("0x80094800",),
        texts=("denied by policy module",),
    ),
    Failure(
        meaning="the request was revoked",
        cure="clear it: cs_certificate_request with state: absent and this request_id",
        source="product.md#states-of-a-request, product.md#revoked-request-or-display-name-of-a-template",
        texts=("not supported", "revoked"),
    ),
    # ---- certificates and keys ----
    Failure(
        meaning="the usage belongs to another role",
        cure="the usage does not belong to the role of this server; correct type, or run the task on another server",
        source="product.md#errors-of-a-request",
        texts=("does not need a certificate",),
    ),
    Failure(
        meaning="the friendly name is taken",
        cure="it must be unique on the server; if a call was cut off, it may have made the request meanwhile, so run again, else"
        " give the request another friendly_name",
        source="product.md#parameters-of-a-request",
        texts=("friendly name",),
    ),
    Failure(
        meaning="the PFX cannot be opened",
        cure="check the passphrase; a PFX with AES-256 is refused with these words before Windows Server 2019",
        source="powershell.md#import-of-a-pfx; [MS-ERREF] ERROR_INVALID_PASSWORD",
        hresults=("0x80070056",),
    ),
    Failure(
        meaning="the private key is not exportable",
        cure="the private key is not exportable; request again with private_key_exportable: true",
        source="product.md#key-not-exportable; [MS-ERREF] NTE_BAD_KEY_STATE",
        hresults=("0x8009000B",),
    ),
    Failure(
        meaning="the private key cannot be opened",
        cure="set become: true with become_method: runas; if the key is lost, import the certificate from a PFX again",
        source="powershell.md#reading-keys; [MS-ERREF] NTE_BAD_KEYSET, NTE_NO_KEY",
        hresults=("0x80090016", "0x8009000D"),
    ),
    Failure(
        meaning="the private key lies in a key storage provider",
        cure="the key lies in a KSP, which this version of the product does not take; request a new certificate with"
        " cs_certificate_request",
        source="product.md#ksp-key; powershell.md#reading-keys; [MS-ERREF] NTE_BUFFER_TOO_SMALL, NTE_PROV_TYPE_NOT_DEF",
        hresults=("0x80090028", "0x80090014"),
    ),
    Failure(
        meaning="the file holds no certificate",
        cure="give a certificate file (.cer, .p7b or .pfx), as it came from the certification authority",
        source="powershell.md#loading-certificates; [MS-ERREF] CRYPT_E_NO_MATCH",
        hresults=("0x80092009",),
    ),
    Failure(
        meaning="an authority of the chain is not trusted, or none is there",
        cure="import the chain of the certification authority first (cs_certificate_chain)",
        source=(
            "product.md#errors-of-a-request, product.md#misplaced-ca-certificate, product.md#missing-ca-certificate;"
            " [MS-ERREF] CERT_E_UNTRUSTEDROOT, CERT_E_CHAINING"
        ),
        hresults=("0x800B0109", "0x800B010A"),
        texts=("chain", "invalid"),
    ),
    # ---- PowerShell ----
    Failure(
        meaning="a cmdlet asked a question",
        cure="nobody can answer a question; do this step by hand once, or report what was asked",
        source="powershell.md#errors-warnings-and-prompts; product.md#prompts",
        identifiers=("HostFunctionNotImplemented",),
        exceptions=("Host.HostException",),
    ),
    Failure(
        meaning="the product's module lacks a cmdlet",
        cure="check which version of the product's administrative tools is installed there",
        source="powershell.md#binding-of-parameters; product.md#cmdlets",
        identifiers=("CommandNotFoundException",),
    ),
    Failure(
        meaning="a value does not fit the product's parameter",
        cure="check the options of the task; this version of the product does not take one of the values",
        source="powershell.md#wrong-arguments",
        identifiers=(
            *("CannotConvertArgument", "ParameterArgumentValidationError"),
            *("AmbiguousParameterSet", "MissingMandatoryParameter"),
        ),
    ),
    # ---- files and rights, anywhere ----
    Failure(
        meaning="a file or folder is missing on the server",
        cure="check the path, and that its drive and folder exist on the server",
        source="powershell.md#files; [MS-ERREF] ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND",
        hresults=("0x80070002", "0x80070003"),
    ),
    Failure(
        meaning="a file is in use on the server",
        cure="close what has the file open on the server, then run again",
        source="[MS-ERREF] ERROR_SHARING_VIOLATION",
        hresults=("0x80070020",),
    ),
    Failure(
        meaning="the disk of the server is full",
        cure="make room on the server's disk, then run again",
        source="[MS-ERREF] ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL",
        hresults=("0x80070070", "0x80070027"),
    ),
    Failure(
        meaning="access is denied",
        cure=_ELEVATED,
        source=(
            "product.md#permissions-for-a-request, product.md#set-cscertificate; powershell.md#stores-by-platform;"
            " [MS-ERREF] E_ACCESSDENIED"
        ),
        hresults=("0x80070005",),
        exceptions=("System.UnauthorizedAccessException",),
    ),
)
