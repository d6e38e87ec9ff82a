# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of the house count what their titles say."""

from __future__ import annotations

import pathlib

import pytest
import yaml
from ansible_collections.sfb.certificates.tests.tools.house import (
    House,
    cites_absent,
    code_lines,
    count_tasks,
    hands_on,
    main,
)

SOURCE = '''# a comment
"""A docstring
of two lines."""

import os  # counts


class Thing:
    """Nothing."""

    text = """a text
    of two lines"""

    def call(self):
        """Nothing."""
        return (
            1,

            2,
        )
'''


def test_code_lines_are_without_docstrings_comments_and_blank_lines() -> None:
    # import, class, text of two lines, def, and the five of the return, without the blank one in it
    assert code_lines(SOURCE) == 9


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('    name: "{{ edge_pool }}"', True),
        ("    - name: '{{ edge_pool }}'", True),
        ("    ansible.builtin.x: {{ edge_pool }}", True),
        ('    name: "{{ edge_pool.name }}"', True),
        ("    name: \"{{ edge_pools['a'] }}\"", True),
        ('    name: "{{ edge_pool | default(omit) }}"', False),
        ('    name: "pool {{ edge_pool }}"', False),
        ('    name: "{{ edge_pool }}{{ edge_site }}"', False),
        ('    # name: "{{ edge_pool }}"', False),
        ("    name: edge_pool", False),
    ],
)
def test_a_line_that_only_hands_on(line: str, expected: bool) -> None:
    assert hands_on(line) is expected


def test_a_block_is_no_task_but_its_tasks_are() -> None:
    content = yaml.safe_load("""
    - name: one
      x: 1
    - name: group
      block:
        - x: 1
        - block: [{x: 1}]
      rescue:
        - x: 1
    """)
    assert count_tasks(content) == 4
    assert count_tasks(None) == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("# Source: reference section 1.1", True),
        ("# (reference 2.5)", True),
        ('# DESIGN, "Rules", 4', True),
        ("# powershell-facts 3", True),
        ("# docs/reference/product.md#pending", False),
        ("# the reference of modules", False),
    ],
)
def test_a_citation_of_what_is_not_here(line: str, expected: bool) -> None:
    assert cites_absent(line) is expected


@pytest.fixture
def tree(tmp_path: pathlib.Path) -> pathlib.Path:
    """A small work tree with one of each."""
    files = {
        "roles/edge/tasks/main.yml": '- name: one\n\n  x: "{{ edge_organizational_unit }}"\n- name: two\n  x: 1\n',
        "roles/edge/defaults/main.yml": "edge_organizational_unit: Web\n",
        "plugins/action/long.py": "x = 1\n" * 61,
        "plugins/action/short.py": "# DESIGN\n" + "x = 1\n" * 60,
        "plugins/modules/long.py": "x = 1\n" * 400,
        "tests/long.py": "x = 1\n" * 301,
        ".cache/tests/long.py": "# DESIGN\n" + "x = 1\n" * 301,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_figures_of_a_tree(tree: pathlib.Path) -> None:
    assert [figure.value for figure in House(tree).figures()] == [1, 2, 5, 2, 1, 1, 1]


def test_the_command_names_what_it_counted(tree: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tree), "--list", "--check"]) == 1
    text = capsys.readouterr().out
    assert "plugins/action/long.py (61)" in text
    assert "tests/long.py (301)" in text
    assert ".cache" not in text
    assert main([str(tree)]) == 0
