"""Completion: commands, options and ids, in three shells; a hub that does not answer is no error."""

import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from support.scripted_hub import item
from support.wire import Response


@pytest.fixture
def hub(hub):
    hub.publish("debris_2020", [item("a", {}, collection="debris_scenes")])
    hub.publish("crops")
    hub.models["net"] = item("net", {})
    return hub


@pytest.fixture
def complete(run):
    """The words that bash is told to choose from, for a line whose last word is begun."""

    def call(line):
        environment = {
            "_MLHUB_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(line.split(" ")) - 1),
        }
        result = run(env=environment)
        assert result.stderr == ""
        return [each.partition(",")[2] for each in result.stdout.splitlines() if each]

    return call


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("mlhub ver", ["verify"]),
        ("mlhub download --max-c", ["--max-connections"]),
        ("mlhub download --if-exists s", ["skip"]),
        ("mlhub dataset ", ["debris_2020", "crops"]),
        ("mlhub collections deb", ["debris_2020"]),
        ("mlhub items ", ["debris_scenes"]),
        ("mlhub archive x", []),
        ("mlhub model n", ["net"]),
        ("mlhub keys re", ["revoke"]),
    ],
)
def test_what_can_follow(complete, hub, line, words):
    assert complete(line) == words


def test_where_a_source_may_stand_files_can_too(complete, hub):
    """An empty word of the kind "file" tells the shell to complete names of files beside the ids."""
    assert complete("mlhub download deb") == ["deb", "debris_2020"]
    assert complete("mlhub download ./de") == ["./de"]


def test_ids_without_a_key(complete, hub, monkeypatch):
    """Hubs tell what they have to anybody."""
    monkeypatch.delenv("MLHUB_API_KEY")

    assert complete("mlhub dataset c") == ["crops"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/mlhub/v1", "no address", ""])
def test_no_hub_is_no_error(complete, monkeypatch, url):
    monkeypatch.setenv("MLHUB_ROOT_URL", url)

    assert complete("mlhub dataset ") == []


def test_a_slow_hub_is_not_waited_for(complete, hub, monkeypatch):
    is_over = threading.Event()

    def answer(_):
        is_over.wait(20)
        return Response()

    hub.api.route("GET", "/mlhub/v1/datasets", answer)
    started_s = time.monotonic()

    assert complete("mlhub dataset ") == []

    assert time.monotonic() - started_s < 5
    is_over.set()


def test_a_program_that_completes_goes_on_logging(complete, hub, caplog):
    complete("mlhub dataset ")
    logging.getLogger("radiant_mlhub").warning("heard")

    assert caplog.messages == ["heard"]


def asked_of_shell(command: list[str], home: Path) -> tuple[str, str]:
    """What a shell that finds ``mlhub`` says, and says of errors; at home there are only its own files."""
    here = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": here, "HOME": str(home), "ZDOTDIR": str(home), "TERM": "dumb"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.strip(), done.stderr.strip()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell(run, shell, tmp_path):
    """It is valid to the shell, where that is installed."""
    result = run("completion", shell)

    assert (result.exit_code, result.stderr) == (0, "")
    assert "_MLHUB_COMPLETE" in result.stdout
    if shutil.which(shell):
        script = tmp_path / "completion"
        script.write_text(result.stdout)
        subprocess.run([shell, "-n", str(script)], check=True, timeout=30)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_an_id(hub, run, tmp_path):
    """The script, read by a real bash, and its function called as the tab key does."""
    (tmp_path / "completion.bash").write_text(run("completion", "bash").stdout)
    code = (
        f"source {tmp_path}/completion.bash\n"
        "COMP_WORDS=(mlhub dataset deb); COMP_CWORD=2; _mlhub_completion mlhub deb dataset\n"
        'echo "${COMPREPLY[@]}"\n'
    )

    assert asked_of_shell(["bash", "-c", code], tmp_path) == ("debris_2020", "")


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_a_zsh_that_nobody_has_set_up_completes_too(run, tmp_path):
    (tmp_path / ".zshrc").write_text(run("completion", "zsh").stdout)

    done = asked_of_shell(["zsh", "-i", "-c", 'print -r -- "$_comps[mlhub]"'], tmp_path)

    assert done == ("_mlhub_completion", "")


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes_an_id(hub, run, tmp_path):
    script = tmp_path / "mlhub.fish"
    script.write_text(run("completion", "fish").stdout)

    done = asked_of_shell(["fish", "-c", f'source {script}; complete -C "mlhub dataset deb"'], tmp_path)

    assert done == ("debris_2020\tAbout debris_2020", "")
