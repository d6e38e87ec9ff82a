# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations that can share a remote call, made of the options of the modules of the same names. **PRIVATE** to the collection."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..module_utils._errors import InputError
from ..module_utils._remote.wire import Reply
from ..module_utils._request.request import RequestSpec, plan_note, plan_request
from ..module_utils._state.state import State
from ..module_utils._state.unknown import Unknown
from ..module_utils._steps.plan import Plan
from ..module_utils._store.chain import ChainSpec, plan_chain
from ..module_utils._store.exporting import has_whole_chain, plan_export
from ..module_utils._store.importing import ImportSpec, plan_import
from . import _assigning, _importing, _request_options
from ._action import CertificatesAction
from ._assigning import Assigning, assigning_of
from ._chain import chain_spec
from ._content import read_content
from ._importing import bound, differs, import_spec_of, public_warnings
from ._operation_context import Context
from ._operations import Operation
from ._options import thumbprint_of
from ._request_options import made_request, new_spec_of
from ._server_operations import CLAIM, SERVICES, claim_operation, release_operation, services_operation

#: Length of a passphrase made here, in bytes of randomness.
RANDOM_BYTES = 24
_CHAIN: dict[str, dict[str, Any]] = {
    "path": {"type": "path"},
    "content": {"type": "str"},
    "allow_expired": {"type": "bool", "default": False},
}
_EXPORT: dict[str, dict[str, Any]] = {
    "thumbprint": {"type": "str"},
    "passphrase": {"type": "str", "no_log": True},
    "chain": {"type": "bool", "default": True},
}


@dataclass
class ChainOperation(Operation):
    """Authorities go where they belong."""

    name: ClassVar[str] = "chain"
    spec: ChainSpec = field(default_factory=lambda: ChainSpec(()))

    def plan(self, state: State) -> Plan:
        """Plans what is missing or misplaced; what the chain holds is known from here on."""
        return plan_chain(self.spec, state.knowing(self.spec.certificates))


@dataclass
class RequestOperation(Operation):
    """A request that somebody else carries to the authority, or a note of that of another server."""

    name: ClassVar[str] = "request"
    spec: RequestSpec | None = None
    reasons: tuple[str, ...] = ()
    made_by: str = ""
    public_key: str = ""

    @property
    def asked(self) -> RequestSpec:
        """What is asked for."""
        if self.spec is None:
            raise ValueError("a request without a spec")
        return self.spec

    def plan(self, state: State) -> Plan:
        """Finds the request that waits, or makes one."""
        if self.made_by:
            return plan_note(self.asked, state, self.made_by, self.public_key)
        return plan_request(self.asked, state, why=self.reasons)

    def conclude(
        self, action: CertificatesAction, before: State, plan: Plan, reply: Reply
    ) -> tuple[State, dict[str, Any]]:
        """Finds the request on the server."""
        return reply.state, {} if self.made_by or not plan.steps else made_request(self.asked, reply.state, reply.rows)


@dataclass
class ImportOperation(Operation):
    """The answer of an authority, or a PFX, comes into My."""

    name: ClassVar[str] = "import"
    spec: ImportSpec | None = None
    public_ca: bool = False
    thumbprint: str = ""

    def plan(self, state: State) -> Plan:
        """Plans it."""
        if self.spec is None:
            raise ValueError("an import without a spec")
        if self.spec.file:
            state = state.knowing(self.spec.file.certificates)
        plan = plan_import(self.spec, state)
        thumbprint = self.thumbprint = plan.facts["thumbprint"]
        if self.public_ca:
            plan = replace(plan, warnings=(*plan.warnings, *public_warnings(plan.predicted, thumbprint)))
        return replace(plan, facts={**plan.facts, "differs": differs(state, plan.predicted, thumbprint)})

    def conclude(
        self, action: CertificatesAction, before: State, plan: Plan, reply: Reply
    ) -> tuple[State, dict[str, Any]]:
        """Sees that the key is bound to it."""
        return reply.state, bound(reply.state, str(plan.facts["thumbprint"]))


@dataclass
class ExportOperation(Operation):
    """A certificate of My leaves the server as a PFX, in the result only."""

    name: ClassVar[str] = "export"
    thumbprint: str = ""
    imported: ImportOperation | None = None
    passphrase: str = ""
    chain: bool = True

    def can_follow(self, state: State) -> bool:
        """The PFX has to hold the whole path, whose bytes the server sends once the certificate is there."""
        return not self.chain or has_whole_chain(self._thumbprint, state)

    def plan(self, state: State) -> Plan:
        """Plans it."""
        return plan_export(self._thumbprint, self.passphrase, state, with_chain=self.chain)

    @property
    def _thumbprint(self) -> str:
        """The one that is named, or that of the import before."""
        return self.imported.thumbprint if self.imported else self.thumbprint

    def conclude(
        self, action: CertificatesAction, before: State, plan: Plan, reply: Reply
    ) -> tuple[State, dict[str, Any]]:
        """Takes the PFX."""
        return reply.state, {"content": reply.rows[0]["data"], "passphrase": self.passphrase}

    def predict(self, plan: Plan) -> dict[str, Any]:
        """There is none yet."""
        return {"content": str(Unknown("export")), "passphrase": self.passphrase}


@dataclass
class AssignOperation(Operation):
    """Usages get a certificate, now or from a date on, or lose one."""

    name: ClassVar[str] = "assign"
    asked: Assigning | None = None

    def plan(self, state: State) -> Plan:
        """Plans it."""
        if self.asked is None:
            raise ValueError("an assignment without options")
        plan = self.asked.plan(state)
        return replace(plan, warnings=(*plan.warnings, *self.asked.warnings))

    def conclude(
        self, action: CertificatesAction, before: State, plan: Plan, reply: Reply
    ) -> tuple[State, dict[str, Any]]:
        """Sees that the server tells the same."""
        if self.asked and plan.steps:
            self.asked.check(before, reply.state)
        return reply.state, {}


# ---- out of options ----


def operations_of(rows: list[Mapping[str, Any]], context: Context) -> list[Operation]:
    """The operations that options ask for.

    :param rows: each with the name of one operation and its options.
    :raises InputError: one is none, or its options are wrong; the message tells which.
    """
    made: list[Operation] = []
    for number, row in enumerate(rows):
        given = {name: options for name, options in row.items() if options is not None and name != "key"}
        if len(given) != 1:
            raise InputError(f"operations[{number}]: names {len(given)} operations; give one of {', '.join(MAKERS)}")
        name, options = next(iter(given.items()))
        specification, constraints, make = MAKERS[name]
        where = f"operations[{number}].{name}"
        set_ones = {option: value for option, value in options.items() if value is not None}
        validated = ArgumentSpecValidator(specification, **constraints).validate(set_ones)
        if validated.unsupported_parameters:
            paths = validated.unsupported_parameters
            strange = sorted(path if isinstance(path, str) else ".".join(path) for path in paths)
            raise InputError(
                f"{where}: has no option {', '.join(strange)}; it takes {', '.join(specification) or 'none'}"
            )
        if validated.error_messages:
            raise InputError(f"{where}: {validated.error_messages[0]}")
        operation = make(validated.validated_parameters, context)
        operation.key = row.get("key") or ""
        if isinstance(operation, ExportOperation) and not operation.thumbprint:
            operation.imported = _last_import(made, where)
        made.append(operation)
    return made


def _last_import(made: list[Operation], where: str) -> ImportOperation:
    """The import that brings what is exported.

    :raises InputError: there is none.
    """
    for operation in reversed(made):
        if isinstance(operation, ImportOperation):
            return operation
    raise InputError(f"{where}: thumbprint: is missing, and nothing is imported before; name the certificate")


def _chain(params: Mapping[str, Any], context: Context) -> Operation:
    data, name = read_content(params, context.find)
    if data is None:
        raise InputError("chain: content: is empty; give the chain of the authority as path or content")
    return ChainOperation(spec=chain_spec(data, name, params["allow_expired"]))


def _request(params: Mapping[str, Any], context: Context) -> Operation:
    if params["ca"]:
        raise InputError("request: ca: a request that the server sends itself takes the module cs_certificate_request")
    spec, warnings = new_spec_of({**params, "work_folder": context.work_folder})
    return RequestOperation(
        label=", ".join(spec.need.usages),
        files=[spec.files],
        warnings=warnings,
        spec=spec,
        reasons=tuple(params["reasons"]),
        made_by=params["made_by"] or "",
        public_key=params["public_key_sha256"] or "",
    )


def _import(params: Mapping[str, Any], context: Context) -> Operation:
    if params["identity"] == "global":
        raise InputError("import: identity: for the whole deployment takes the module cs_certificate_import")
    spec, warnings = import_spec_of(params, context.find, check_mode=context.check_mode)
    return ImportOperation(
        label=", ".join(spec.usages), warnings=warnings, spec=spec, public_ca=bool(params["public_ca"])
    )


def _export(params: Mapping[str, Any], context: Context) -> Operation:
    thumbprint = thumbprint_of(params["thumbprint"], context.check_mode) if params["thumbprint"] else ""
    passphrase = params["passphrase"] or secrets.token_urlsafe(RANDOM_BYTES)
    return ExportOperation(label=thumbprint, thumbprint=thumbprint, passphrase=passphrase, chain=params["chain"])


def _assign(params: Mapping[str, Any], context: Context) -> Operation:
    asked = assigning_of(params, check_mode=context.check_mode)
    return AssignOperation(label=", ".join(asked.usages), asked=asked)


def _without(spec: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: option for name, option in spec.items() if name not in names}


Maker = tuple[dict[str, Any], dict[str, Any], Callable[[Mapping[str, Any], Context], Operation]]
_PATH_OR_CONTENT = {"mutually_exclusive": [["path", "content"]], "required_one_of": [["path", "content"]]}
#: Each operation: its options, their constraints, what makes it.
MAKERS: dict[str, Maker] = {
    "chain": (_CHAIN, _PATH_OR_CONTENT, _chain),
    "request": (
        _without(_request_options.ARGUMENT_SPEC, *_request_options.NOT_IN_A_BATCH),
        {"required_by": {"made_by": ["public_key_sha256"]}},
        _request,
    ),
    "import": (
        _without(_importing.ARGUMENT_SPEC, "server", "work_folder", "force", "report"),
        _importing.CONSTRAINTS,
        _import,
    ),
    "export": (_EXPORT, {}, _export),
    "assign": (_without(_assigning.ARGUMENT_SPEC, "server"), _assigning.CONSTRAINTS, _assign),
    "claim": (CLAIM, {}, claim_operation),
    "services": (SERVICES, {}, services_operation),
    "release": ({}, {}, release_operation),
}

__all__ = ["MAKERS", "Context", "operations_of"]
