"""Ctrl-C and SIGTERM end a command at once, with an exit code of their own, and nothing lies about."""

import signal
import sys

import pytest

from support.interrupted import AT_ONCE_S, interrupted
from support.scripted_hub import ScriptedHub, item

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither signal")

COMMAND = "from radiant_mlhub.cli import mlhub\nmlhub(['download', 'ds', '-o', {folder!r}])\n"


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "Interrupted."), (signal.SIGTERM, 143, "Terminated.")]
)
def test_a_signal_ends_a_download_and_its_lock(tmp_path, number, code, word):
    folder = tmp_path / "data"
    with ScriptedHub() as hub:
        large = hub.file("large.tif", size_bytes=9_000_000, trickle_s=0.01)
        hub.publish("ds", [item("a", {"image": large.href})])

        ended = interrupted(
            COMMAND.format(folder=str(folder)),
            hub.root_url,
            tmp_path,
            lambda _: any(path.stat().st_size > 2_000_000 for path in folder.rglob("*.part")),
            number,
        )

    assert ended[0] == code, ended[1]
    assert ended[1].splitlines()[-1] == word
    assert ended[2] < AT_ONCE_S
    assert "Traceback" not in ended[1]
    assert [path.name for path in folder.rglob("*") if path.name.endswith((".in-use", "-wal", "-shm"))] == []
