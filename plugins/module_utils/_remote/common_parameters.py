# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parameters that the product's cmdlets have in common. **PRIVATE** to the collection."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._steps.plan import Plan
from .._steps.steps import TMP, Step, read_file

#: A cmdlet writes its log here (product.md#common-parameters).
_REPORT = TMP + "report.html"


def with_common(plan: Plan, *, force: bool = False, report: bool = False) -> Plan:
    """The plan with -Force, or with a log that is fetched, for its last cmdlet; as it is if it has none.

    Source: product.md#common-parameters; -Force keeps errors back that do not stop the cmdlet.
    """
    places = [index for index, step in enumerate(plan.steps) if step.wire["op"] == "cmdlet"]
    if not places or not (force or report):
        return plan
    steps = list(plan.steps)
    more: dict[str, Any] = {"Force": {"t": "switch", "v": True}} if force else {}
    more |= {"Report": {"t": "path", "v": f"={_REPORT}"}} if report else {}
    wire = steps[places[-1]].wire
    steps[places[-1]] = Step({**wire, "parameters": {**wire["parameters"], **more}})
    return replace(plan, steps=(*steps, *([read_file(_REPORT)] if report else [])))


def report_of(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """The log that was fetched by the last step, empty if the cmdlet wrote none; None if none was asked for.

    :param rows: of the steps of the reply.
    """
    if not rows or "exists" not in rows[-1]:
        return None
    return base64.b64decode(rows[-1].get("data") or "").decode("utf-8-sig", "replace")
