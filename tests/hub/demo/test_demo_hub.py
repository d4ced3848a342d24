"""A hub starts, says where it is, and lets go of its port."""

import os
import signal
import socket
import subprocess
import sys

import pytest
import requests

from radiant_mlhub.hub.demo import demo_hub


def test_a_hub_that_has_stopped_answers_nobody(tmp_path):
    with demo_hub(tmp_path) as hub:
        assert requests.get(hub.root_url, timeout=10).ok

    with pytest.raises(requests.ConnectionError):
        requests.get(hub.root_url, timeout=10)


def test_a_taken_port_is_an_error_at_once(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(OSError, match="in use"), demo_hub(tmp_path, port=port):
            pass


@pytest.mark.skipif(os.name == "nt", reason="SIGINT to another process needs a console group there")
def test_the_command_prints_what_a_shell_needs_and_stops_at_ctrl_c():
    command = [sys.executable, "-u", "-m", "radiant_mlhub.hub", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        exports = [process.stdout.readline(), process.stdout.readline()]
        root_url = exports[0].removeprefix("export MLHUB_ROOT_URL=").strip()
        answer = requests.get(f"{root_url}datasets", timeout=10)
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=10)

    assert answer.ok
    assert exports[1] == "export MLHUB_API_KEY=demo\n"
    assert f"In a browser: {root_url.removesuffix('mlhub/v1/')}\n" in talk
    assert talk.endswith("Stopped.\n")
    assert process.returncode == 0


def test_the_command_says_what_to_do_about_a_taken_port():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        command = [sys.executable, "-m", "radiant_mlhub.hub", "--port", port]

        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)

    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: The hub cannot start on port {port}: ")
    assert done.stderr.endswith("\nhint: --port 0 takes any free port\n")
