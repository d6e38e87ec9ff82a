# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moments of a run: copies of folders that are written, and what tells them apart."""

from __future__ import annotations

import pathlib
import shutil
from typing import Any

import pytest
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.errors import LabError

from . import moments


def test_what_tells_moments_apart(tmp_path: pathlib.Path) -> None:
    for name in ("lab/server.json", "lab/journal.jsonl", "inbox/one.req", "ansible-tmp/a/b", "rows.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    found = {"": moments.disks(tmp_path)}
    for name in ("lab/journal.jsonl", "ansible-tmp/a/b", "rows.jsonl"):
        (tmp_path / name).write_text("another")
        assert moments.disks(tmp_path) == found[""], name
    (tmp_path / "lab/server.json").write_text("another")
    found["content"] = moments.disks(tmp_path)
    (tmp_path / "lab/server.json").chmod(0o600)
    found["mode"] = moments.disks(tmp_path)
    (tmp_path / "inbox/one.req").rename(tmp_path / "inbox/two.req")
    found["name"] = moments.disks(tmp_path)
    (tmp_path / "inbox/folder").mkdir()
    found["folder"] = moments.disks(tmp_path)
    assert len(set(found.values())) == len(found)


def test_copy_of_a_folder_that_is_written(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is replaced while the folder is copied, one vanishes; the copy is that of a later time, as a whole."""
    source, copytree, tries = tmp_path / "source", shutil.copytree, []
    source.mkdir()
    for name in ("first", "second"):
        (source / name).write_text("old")

    def copied(*words: Any, **named: Any) -> Any:
        tries.append(words)
        if len(tries) == 1:
            (source / "first").rename(source / "third")
            copytree(*words, **named)
            raise shutil.Error([("first", "copy", "vanished")])
        result = copytree(*words, **named)
        if len(tries) == 2:
            (source / "second").write_text("new")
        return result

    monkeypatch.setattr(shutil, "copytree", copied)
    moments.copy_at_rest(source, tmp_path / "copy")
    assert len(tries) == 3
    assert {path.name: path.read_text() for path in (tmp_path / "copy").iterdir()} == {"second": "new", "third": "old"}


def test_copy_that_cannot_be_made(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "_PAUSE", 0)
    with pytest.raises(LabError, match="cannot be copied") as error:
        moments.copy_at_rest(tmp_path / "missing", tmp_path / "copy")
    assert str(tmp_path / "missing") in error.value.message
    assert not (tmp_path / "copy").exists()
