# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as JSON, CSV and metrics of Prometheus, each in pieces. **PRIVATE** to the collection.

What servers told is data everywhere: it can neither end a field nor become a formula or a line of its own.
"""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from .problem import SEVERITIES

_INVISIBLE = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
_COLUMNS = (
    "host",
    "fqdn",
    "pool",
    "state",
    "type",
    "status",
    "subject",
    "issuer",
    "thumbprint",
    "not_before",
    "not_after",
    "days_left",
    "friendly_name",
    "dns_names",
    "problems",
)


def visible(text: Any) -> str:
    """A text of one line in which control and format characters, which could turn its direction, stand out."""
    return "".join("\ufffd" if unicodedata.category(sign) in _INVISIBLE else sign for sign in str(text))


# ---- JSON ----


def to_json(report: Mapping[str, Any]) -> Iterator[str]:
    """The report as it is, indented, in ASCII."""
    yield from json.JSONEncoder(indent=2).iterencode(report)
    yield "\n"


# ---- CSV ----


class _Handed:
    """A file for the writer of CSV that hands a line back."""

    def write(self, line: str) -> str:
        """The line."""
        return line


def to_csv(report: Mapping[str, Any]) -> Iterator[str]:
    """One line for each usage of each server, and one for each server about which there is something else to say.

    RFC 4180, UTF-8. A text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    writer = csv.writer(_Handed(), lineterminator="\r\n")
    yield writer.writerow(_COLUMNS)
    for row in _lines(report):
        yield writer.writerow([_harmless(row.get(name)) for name in _COLUMNS])


def _lines(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for server in report["servers"]:
        if server["problems"] or not server["usages"]:
            yield {**server, "problems": "; ".join(server["problems"])}
        for use in server["usages"]:
            joined = {name: "; ".join(use[name]) for name in ("dns_names", "problems")}
            yield {**server, **use, **joined}


def _harmless(value: Any) -> Any:
    if value is None or isinstance(value, int):
        return value
    text = visible(value)
    return f"'{text}" if text.lstrip(" ")[:1] in ("=", "+", "-", "@", "\ufffd") else text


# ---- Prometheus ----


def to_prometheus(report: Mapping[str, Any]) -> Iterator[str]:
    """Metrics for the textfile collector, in the text format of Prometheus (version 0.0.4)."""
    uses = [(server, use) for server in report["servers"] for use in server["usages"]]
    ends = [(server, use) for server, use in uses if use["not_after"]]
    counts = {(item["pool"], item["host"], item["severity"]): 0 for item in report["problems"]}
    for server in report["servers"]:
        counts.update({(server["pool"], server["host"], severity): 0 for severity in SEVERITIES})
    for item in report["problems"]:
        counts[item["pool"], item["host"], item["severity"]] += 1
    yield from _metric(
        "sfb_certificate_expiry_timestamp_seconds",
        "End of validity of the certificate of a usage, in seconds since 1970-01-01 UTC.",
        ((_labels(server, type=use["type"]), _epoch(use["not_after"])) for server, use in ends),
    )
    yield from _metric(
        "sfb_certificate_remaining_days",
        "Whole days until the certificate of a usage ends when the report was made, negative after its end.",
        ((_labels(server, type=use["type"]), use["days_left"]) for server, use in ends),
    )
    yield from _metric(
        "sfb_certificate_assigned",
        "Whether a usage has a certificate (1) or lacks one that it needs (0).",
        ((_labels(server, type=use["type"]), int(use["assigned"])) for server, use in uses),
    )
    yield from _metric(
        "sfb_certificate_problems",
        "Number of problems by severity; those of a whole pool have an empty host.",
        (
            (_labels({"pool": pool, "host": host}, severity=severity), number)
            for (pool, host, severity), number in sorted(counts.items())
        ),
    )
    yield from _metric(
        "sfb_certificate_server_reachable",
        "Whether a server answered (1) or not (0).",
        ((_labels(server), int(server["state"] != "unreachable")) for server in report["servers"]),
    )
    yield from _metric(
        "sfb_certificate_report_timestamp_seconds",
        "When the report was made, in seconds since 1970-01-01 UTC.",
        [("", _epoch(report["generated"]))],
    )


def _metric(name: str, told: str, samples: Iterable[tuple[str, int]]) -> Iterator[str]:
    yield f"# HELP {name} {told}\n# TYPE {name} gauge\n"
    for labels, value in samples:
        yield f"{name}{labels} {value}\n"


def _labels(row: Mapping[str, Any], **more: str) -> str:
    labels = {"host": row["host"], "pool": row["pool"], **more}
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return visible(value).replace("\\", "\\\\").replace('"', '\\"')


def _epoch(text: str) -> int:
    """Seconds of a time of the report."""
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())
