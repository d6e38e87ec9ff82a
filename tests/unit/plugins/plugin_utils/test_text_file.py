# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.plugin_utils._text_file import (
    has_mode,
    mode_of,
    read_text,
    write_text,
)


@pytest.mark.parametrize(("value", "mode"), [("0644", 0o644), ("644", 0o644), ("0o600", 0o600), (0o640, 0o640)])
def test_mode(value: Any, mode: int) -> None:
    assert mode_of(value) == mode


@pytest.mark.parametrize("value", ["rw", "888", "", "u=rw", True, -1, 0o10000, None, [0]])
def test_no_mode(value: Any) -> None:
    with pytest.raises(InputError, match="is no mode of a file; write it in quotes as '0644'"):
        mode_of(value)


def test_written_text_is_read_again_with_its_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.csv"
    with pytest.raises(FileNotFoundError):
        list(read_text(str(path)))
    write_text(str(path), "a\r\nü\n", 0o640)
    assert list(read_text(str(path))) == ["a\r\nü\n"]
    assert path.read_bytes() == "a\r\nü\n".encode()
    assert has_mode(str(path), 0o640)
    assert not has_mode(str(path), 0o644)
    assert os.listdir(path.parent) == ["a.csv"]


def test_a_long_text_comes_and_goes_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_text(str(path), (f"{number} ü\r\n" for number in range(20_000)), 0o644)
    pieces = list(read_text(str(path)))
    assert len(pieces) > 2
    assert "".join(pieces) == "".join(f"{number} ü\r\n" for number in range(20_000))


def test_a_file_whose_text_fails_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_text(str(path), "old", 0o644)
    with pytest.raises(ZeroDivisionError):
        write_text(str(path), (str(1 // number) for number in (1, 0)), 0o644)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_file_that_cannot_be_put_in_place_leaves_all_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_text(str(tmp_path / "a"), "x", 0o644)
    assert os.listdir(tmp_path) == ["a"]


def test_a_reader_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_text(str(path), "old", 0o600)
    with path.open() as reader:
        write_text(str(path), "new", 0o644)
        assert reader.read() == "old"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
