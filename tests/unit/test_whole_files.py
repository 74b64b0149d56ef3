"""Files that several processes share: read by all of them, and never by half."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from knowledge_base.whole_files import replace_whole


def test_whoever_runs_the_service_reads_what_another_user_made(tmp_path: Path) -> None:
    file = tmp_path / "new" / "encoder.onnx"
    replace_whole(file, b"graph")
    assert file.read_bytes() == b"graph"
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_what_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "a-folder-is-there"
    (folder / "with-a-file").mkdir(parents=True)
    with pytest.raises(OSError, match="a-folder-is-there"):
        replace_whole(folder, b"graph")
    assert list(tmp_path.iterdir()) == [folder]
