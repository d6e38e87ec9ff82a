# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page in a real browser: no errors, and no scrolling sideways, not even on a phone."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._report.estate import ReportSpec, build_report
from ansible_collections.sfb.certificates.plugins.module_utils._report.page import to_html

BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
#: CSS pixels: the narrowest phones, usual ones, around the width at which tables become blocks, a screen.
WIDTHS = (320, 360, 700, 863, 865, 1000, 1400)

pytestmark = pytest.mark.skipif(
    BROWSER is None,
    reason="the page of the report was not opened in a browser: neither chromium nor google-chrome is on PATH",
)


def browse(page: Path, *words: str) -> str:
    """Opens a page without a window; gives what the browser wrote. Nothing may be in the console of the page."""
    run = subprocess.run(
        [
            str(BROWSER),
            "--headless",
            "--no-sandbox",  # a test may run as root; the page is our own
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--enable-logging=stderr",
            f"--user-data-dir={page.parent / 'profile'}",
            *words,
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert [line for line in run.stderr.splitlines() if "CONSOLE" in line] == []
    return run.stdout


@pytest.fixture
def page(estate: dict[str, Any], single: Callable[..., dict[str, Any]], now: datetime, tmp_path: Path) -> Path:
    """The example, and a server with names as long as they get."""
    long = single(subject="CN=" + "x" * 200)
    long["computer"]["fqdn"] = long["topology"]["pool_fqdn"] = ".".join(["label" * 12] * 4)
    long["usages"][0]["problems"] = ["y" * 300]
    path = tmp_path / "report.html"
    path.write_text("".join(to_html(build_report(ReportSpec(estate | {"z" * 60: long}), now))), encoding="utf-8")
    return path


def test_page_in_a_browser(page: Path) -> None:
    picture = page.with_suffix(".png")
    browse(page, "--window-size=1000,1600", f"--screenshot={picture}")
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert picture.stat().st_size > 20_000  # a blank one has about 7000

    # a window cannot be made as narrow as a phone, a frame can
    content = html.escape(page.read_text(encoding="utf-8"))
    frames = "".join(
        f'<iframe style="width:{width}px;height:700px;border:0" srcdoc="{content}"></iframe>' for width in WIDTHS
    )
    script = (
        "onload = () => { document.body.innerHTML = [...document.querySelectorAll('iframe')].map(frame => frame.contentDocument.documentElement)"
        ".map(root => root.clientWidth + ':' + root.scrollWidth).join(' ') }"
    )
    framed = page.with_name("frames.html")
    framed.write_text(f"<!DOCTYPE html><body>{frames}<script>{script}</script></body>", encoding="utf-8")
    told = re.findall(r"(\d+):(\d+)", browse(framed, "--dump-dom"))
    assert len(told) == len(WIDTHS)
    for width, (shown, needed) in zip(WIDTHS, told, strict=True):
        assert width - 20 <= int(shown) <= width  # a bar for scrolling down may take some
        assert int(needed) <= int(shown), f"at {width} pixels"
