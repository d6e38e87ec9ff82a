# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of tls_endpoint_info: what a TLS endpoint serves, seen from the controller or the host it is delegated to."""

from __future__ import annotations

import base64
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from ..module_utils._errors import CertificatesError, InputError
from ..module_utils._state.unknown import is_unknown
from ..module_utils._tls.endpoint import describe_endpoint, target_of
from ..module_utils._tls.handshake import Served, Target, probe
from ..module_utils._tls.judgement import explain_chain, explain_other, judge_chain
from ..module_utils._x509.certificate import Certificate
from ..module_utils._x509.files import read_certificates
from ..modules.tls_endpoint_info import ARGUMENT_SPEC
from ..plugin_utils._action import CertificatesAction
from ..plugin_utils._content import read_content
from ..plugin_utils._options import thumbprint_of

_MODULE = "sfb.certificates.tls_endpoint_info"


class ActionModule(CertificatesAction):
    """Connects from the controller, or from the host that the task is delegated to; judges on the controller; only reads."""

    ARGUMENT_SPEC = ARGUMENT_SPEC
    CONSTRAINTS = {"mutually_exclusive": [["ca_bundle", "ca_content"]]}

    def execute(self, params: dict[str, Any]) -> dict[str, Any]:
        """Makes a handshake, and compares what came with what is expected."""
        target = target_of(params)
        expected = params["expect_thumbprint"]
        if expected is not None:
            expected = thumbprint_of(expected, self.check_mode)
        roots = self._roots(params)
        now = datetime.now(timezone.utc)
        served = self._probe(target)
        sent = tuple(Certificate.from_der(der) for der in served.certificates)
        verdict = None if roots is None else judge_chain(sent, roots, now)
        wrong = []
        if expected is not None and not is_unknown(expected) and sent[0].thumbprint != expected:
            wrong.append(explain_other(str(target), sent[0], expected))
        if verdict and verdict.problems and params["require_chain"]:
            wrong.append(explain_chain(str(target), verdict))
        # check mode goes on: tasks before this one may be what brings the right certificate
        if wrong and not self.check_mode:
            raise CertificatesError(wrong[0])
        result = describe_endpoint(target, served, sent, verdict, now)
        return result | ({"warnings": wrong} if wrong else {})

    def _probe(self, target: Target) -> Served:
        """Makes the handshake here, or has the host make it that the task is delegated to.

        The hosts of a play are Windows servers, which make none; only a delegation names another host that does.
        """
        if self._task.delegate_to in (None, self.task_vars.get("inventory_hostname")):
            return probe(target)
        result = self.run_module(_MODULE, asdict(target))
        if result.get("failed") or "served" not in result:
            raise CertificatesError(f"{self._task.delegate_to}: {result.get('msg') or 'the module gave no result'}")
        told = dict(result["served"])
        certificates = tuple(base64.b64decode(item) for item in told.pop("certificates"))
        return Served(certificates=certificates, **told)

    def _roots(self, params: dict[str, Any]) -> list[Certificate] | None:
        """The roots to build the chain with, None if none are given or known yet."""
        if not params["ca_bundle"] and not params["ca_content"]:
            return None
        data, _name = read_content({"path": params["ca_bundle"], "content": params["ca_content"]}, self.find_file)
        name = params["ca_bundle"] or "ca_content"
        if data is None:
            return None
        roots = [item for item in read_certificates(data, name=name).certificates if item.self_signed]
        if not roots:
            raise InputError(f"{name}: holds no self-signed certificate; give the root of the chain")
        return roots
