# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sample of `make faults`: a rollover is cut short where it costs most, and ends well when it is run again."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from . import judge
from .cases import Case, Clean, carry_out
from .site import Site

STOP = "Stop-CsWindowsService"


def running(thumbprint: str, before: str) -> dict[str, Any]:
    """What a server ends with."""
    services = ("RTCSRV", "RTCDATAPROXY", "RTCMRAUTH", "RTCMEDIARELAY", "REPLICA", "RTCCLSAGT")
    return {
        "assignments": {"Internal": (thumbprint, before, "in use")},
        "services": dict.fromkeys(services, "Running"),
        "requests": 0,
    }


@pytest.mark.parametrize("kind", ["after", "late"])
def test_cut_short_between_stop_and_start(site: Site, tmp_path: pathlib.Path, kind: str) -> None:
    """Killed when the services of edge1 have been stopped; or cut off there, and they stop late, within the next run."""
    end = {host: running("new Internal", "old") for host in site.hosts}
    clean = Clean(site, [], end | {"dates": 0}, judge.used(site))
    verdict = carry_out(clean, Case(2, STOP, kind), tmp_path / "case")
    assert (verdict.call, verdict.problems) == (f"edge1 {STOP}", []), str(verdict)
    assert verdict.reruns == 1
