# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server is expected to have, and what is known of it. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..module_utils._assignment.readiness import describe_usages
from ..module_utils._errors import CertificatesError, InputError
from ..module_utils._product.usages import resolve_usages
from ..module_utils._state.state import State
from ._options import thumbprint_of
from ._pool import part_of_plan

#: What is told of each usage.
SHOWN = ("type", "thumbprint", "not_after", "staged", "effective_date", "previous_thumbprint", "problems")
#: What is known of any usage, whether it has a certificate or not.
_KNOWN = frozenset({"type", "thumbprint", "staged", "problems"})
#: What cs_certificate_plan tells a server.
_PART = frozenset({"busy", "steps", "types", "at_once", "held", "thumbprint", "effective_date"})


def own_part(params: Mapping[str, Any], task_vars: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the plan has for the server, empty if the task is about no plan.

    :raises CertificatesError: there is no plan.
    :raises InputError: it is something else.
    """
    host, part = params["part_host"], params["part"]
    if host is not None:
        part = part_of_plan(host, params["part_variable"], task_vars)
        if not part:
            raise CertificatesError(
                f"{host} has no plan in {params['part_variable']}: see why the plan of the pool could not be made, and run again"
            )
    if part is None:
        return {}
    if part.get("refused"):
        raise CertificatesError(str(part["refused"]))
    if not part.keys() >= _PART:
        raise InputError("part: is not what cs_certificate_plan returned as 'part', or as one of 'parts'")
    return dict(part)


def expected_of(params: Mapping[str, Any], check_mode: bool) -> dict[str, str] | None:
    """The thumbprints that single usages are to have, None if it is the same for all."""
    if params["expected"] is None:
        return None
    names = list(params["expected"])
    usages = (resolve_usages([name], "Get-CsCertificate")[0][0] for name in names)
    return {
        usage: thumbprint_of(str(params["expected"][name]), check_mode)
        for name, usage in zip(names, usages, strict=True)
    }


def usage_rows(
    params: Mapping[str, Any], named: tuple[str, ...], read: Callable[[], State]
) -> Sequence[Mapping[str, Any]]:
    """What is known of the usages: as an earlier task told it, else from the state of the server.

    :param named: usages to tell of if the task names none.
    :param read: gives the state of the server.
    :raises InputError: the earlier task told something else.
    """
    usages = resolve_usages(params["type"], "Get-CsCertificate")[0] if params["type"] else ()
    wanted = usages or named
    if params["usages"] is None:
        return describe_usages(read(), wanted)
    rows = {row.get("type"): row for row in params["usages"] if row.keys() >= _KNOWN}
    lacking = [usage for usage in wanted if usage not in rows]
    if lacking or len(rows) < len(params["usages"]):
        what = f"does not tell of {', '.join(lacking)}" if lacking else "holds something else"
        raise InputError(f"usages: {what}; give what cs_certificate_info returned")
    return [rows[usage] for usage in wanted] if wanted else list(rows.values())
