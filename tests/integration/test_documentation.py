# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of the documentation is run by a test, as it stands, on emulated servers.

The tests are in the files test_documented_*.py. Each names the examples that it runs; what is replaced in them is told in
L{World}. Commands that concern a checkout, an installation or a vault are only parsed (tests/unit/docs/test_pages.py).
"""

from __future__ import annotations

from ansible_collections.sfb.certificates.tests.documented import BLOCKS, REPOSITORY, TESTED, Block

from . import (
    test_documented_balancers,
    test_documented_external,
    test_documented_guides,
    test_documented_roles,
    test_documented_signers,
)

TESTS = (
    test_documented_balancers,
    test_documented_external,
    test_documented_guides,
    test_documented_roles,
    test_documented_signers,
)
BALANCING = "docs/guides/load_balancer.md"
#: Examples that need what no machine of a test has, and the test that reads them.
ONLY_READ = dict.fromkeys(
    [f"{BALANCING}#{product}{number}" for product in ("F5 BIG-IP", "NetScaler") for number in ("", " 2")],
    "tests/unit/docs/test_load_balancer.py",
) | dict.fromkeys(
    [f"docs/guides/awx.md#{title}" for title in ("Execution environment", "Credentials", "Credentials 2")],
    "tests/packaging/test_execution_environment.py",
)
ONLY_READ["docs/guides/scale.md#What it costs"] = "tests/unit/scale/test_figures.py"


def must_run(block: Block) -> bool:
    """Whether reading an example is not enough; the others are parsed by the unit tests, and C(none) is a drawing."""
    if block.kind == "console":
        return any(words[:1] in (["ansible"], ["ansible-playbook"]) for words in block.commands)
    return block.kind not in ("json", "powershell", "none") and block.key not in ONLY_READ


def test_every_example_is_run() -> None:
    files = sorted(path.stem for path in (REPOSITORY / "tests" / "integration").glob("test_documented_*.py"))
    assert [module.__name__.rpartition(".")[2] for module in TESTS] == files
    assert [key for key, block in BLOCKS.items() if must_run(block) and key not in TESTED] == []
    for key, test in ONLY_READ.items():
        assert key in BLOCKS
        assert (REPOSITORY / test).is_file()
