"""``mlhub serve`` and ``mlhub keys``: what a person reads, what a script sees."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from click.testing import CliRunner

from radiant_mlhub.cli import mlhub
from radiant_mlhub.hub.sqlite_store import open_store
from support.served import connected, everything, get, shelf_in
from support.stored import item, publication

CODE = "from radiant_mlhub.cli import mlhub; mlhub(prog_name='mlhub')"


@pytest.fixture
def run():
    def call(*words):
        return CliRunner().invoke(mlhub, [str(word) for word in words], prog_name="mlhub")

    return call


@pytest.fixture
def hub(tmp_path):
    """A hub's folder with one dataset of one item."""
    folder = tmp_path / "hub"
    store = open_store(folder)
    store.publish(publication([item("a")]))
    store.close()
    return folder


@contextmanager
def process(*words: object) -> Iterator[subprocess.Popen]:
    """``mlhub`` as a process of its own, stopped by SIGTERM if it still runs."""
    command = [sys.executable, "-u", "-c", CODE, *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.terminate()


def root_url_of(running):
    return running.stdout.readline().removeprefix("export MLHUB_ROOT_URL=").strip()


def test_serve_calls_the_hub_what_it_is_told(hub):
    with process("serve", "--hub", hub, "--port", 0, "--title", "Crops of Kenya") as running:
        root_url = root_url_of(running)
        landing = requests.get(root_url, timeout=10).json()
        page = requests.get(root_url.removesuffix("mlhub/v1/"), timeout=10).text

    assert landing["title"] == "Crops of Kenya"
    assert "Crops of Kenya</title>" in page


@pytest.mark.skipif(os.name == "nt", reason="signals to another process need a console group there")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_serve_prints_what_a_shell_needs_and_stops_when_told(run, hub, stop):
    key = run("keys", "create", "tests", "--hub", hub).stdout.strip()
    with process("serve", "--hub", hub, "--port", 0) as running:
        root_url = root_url_of(running)
        export = running.stdout.readline()
        listed = requests.get(f"{root_url}datasets", timeout=10)
        items = requests.get(f"{root_url}collections/crops_labels/items", {"key": key}, timeout=10)
        running.send_signal(stop)
        _, talk = running.communicate(timeout=10)

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/mlhub/v1/", root_url)
    assert export == "export MLHUB_API_KEY=YOUR-KEY\n"
    assert [dataset["id"] for dataset in listed.json()] == ["crops"]
    assert items.json()["features"][0]["id"] == "a"
    assert items.json()["links"][0]["href"].startswith(root_url)
    assert running.returncode == 0
    assert "Only this machine reaches it" in talk
    assert '"GET /mlhub/v1/collections/crops_labels/items?key=***" 200' in talk
    assert key not in talk
    assert talk.endswith("Stopped.\n")


@pytest.mark.skipif(os.name == "nt", reason="signals to another process need a console group there")
def test_a_download_under_way_ends_well_when_serve_is_told_to_stop(tmp_path):
    content = os.urandom(1 << 20) * 16
    with shelf_in(tmp_path) as shelf:
        row = shelf.add("large.bin", content)
        shelf.publish()
        address = shelf.address(row)
    with process("serve", "--hub", tmp_path, "--port", 0, "--quiet") as running:
        origin = root_url_of(running).removesuffix("/mlhub/v1/")
        with connected(origin) as connection:
            connection.sendall(get(address, close=False))
            begun = connection.recv(1000)
            running.terminate()
            answer = begun + everything(connection)
        running.communicate(timeout=12)

    assert answer.partition(b"\r\n\r\n")[2] == content
    assert running.returncode == 0


def test_without_its_libraries_a_hub_says_what_to_install(hub):
    code = f"import sys; sys.modules['uvicorn'] = None; {CODE}"
    command = [sys.executable, "-c", code, "serve", "--hub", hub]

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)

    assert done.returncode == 1
    assert "pip install 'radiant-mlhub[serve]'" in done.stderr


def test_serve_shows_what_is_missing_and_the_base_url(hub):
    with process("serve", "--hub", hub, "--port", 0, "--base-url", "https://hub.example.org/") as running:
        assert root_url_of(running) == "https://hub.example.org/mlhub/v1/"
        running.stdout.readline()
        words = [running.stderr.readline() for _ in range(3)]

    assert words[0] == "The hub answers at https://hub.example.org/ (Ctrl-C stops it).\n"
    assert words[2] == f"hint: nobody has a key yet: mlhub keys create NAME --hub {hub}\n"


def test_serve_of_a_hub_without_datasets_says_how_to_publish_one(tmp_path):
    """With all that the command wants, so that it can be typed as it stands."""
    folder = tmp_path / "my hub"
    open_store(folder).close()
    with process("serve", "--hub", folder, "--port", 0, "--public") as running:
        root_url_of(running)
        words = [running.stderr.readline() for _ in range(4)]

    assert words[3] == f"hint: publish one: mlhub publish FOLDER --id ID --hub '{folder}'\n"


def test_serve_of_a_public_hub_needs_no_key(hub):
    with process("serve", "--hub", hub, "--port", 0, "--public", "--quiet") as running:
        root_url = root_url_of(running)
        assert running.stdout.readline() == "export MLHUB_API_KEY=public\n"
        assert requests.get(f"{root_url}collections/crops_labels/items", timeout=10).ok


def test_serve_says_what_to_do_about_a_taken_port(run, hub):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        done = run("serve", "--hub", hub, "--port", port)

    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: The hub cannot listen on 127.0.0.1, port {port}: ")
    assert done.stderr.endswith(f"\nhint: any free port: mlhub serve --port 0 --hub {hub}\n")


def test_serve_of_no_hub_makes_none(run, tmp_path):
    done = run("serve", "--hub", tmp_path / "none")

    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: There is no hub in {tmp_path / 'none'}.")
    assert f"hint: publish a dataset: mlhub publish FOLDER --id ID --hub {tmp_path / 'none'}\n" in done.stderr
    assert "hint: see one with generated datasets: mlhub demo" in done.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--base-url", "hub.example.org", '"hub.example.org" is no address of a hub'),
        ("--trusted-proxy", "proxy", "'proxy' does not appear to be an IPv4 or IPv6 network"),
    ],
)
def test_serve_refuses_what_no_address_can_be(run, hub, option, value, words):
    done = run("serve", "--hub", hub, option, value)

    assert done.exit_code == 2
    assert words in done.stderr


def test_keys_are_made_listed_and_revoked(run, hub):
    made = run("keys", "create", "Amina, cluster", "--hub", hub)
    key = made.stdout.strip()
    [listed] = [json.loads(line) for line in run("keys", "list", "--json", "--hub", hub).stdout.splitlines()]
    revoked = run("keys", "revoke", listed["key_id"], "--hub", hub)
    again = run("keys", "revoke", listed["key_id"], "--hub", hub)
    table = run("keys", "list", "--hub", hub).stdout

    assert re.fullmatch(r"mlhub_[\w-]{43}", key)
    assert f"hint: to make it invalid: mlhub keys revoke {listed['key_id']} --hub {hub}\n" in made.stderr
    assert listed["name"] == "Amina, cluster"
    assert listed["revoked"] is None
    assert key not in table + json.dumps(listed)
    assert (revoked.exit_code, revoked.stdout) == (0, "")
    assert again.exit_code == 3
    assert f"hint: which ids there are: mlhub keys list --hub {hub}\n" in again.stderr
    assert re.fullmatch(rf"{listed['key_id']}  \S+Z  revoked \S+Z  Amina, cluster\n", table)


def test_a_key_as_json(run, hub):
    made = json.loads(run("keys", "create", "tests", "--json", "--hub", hub).stdout)

    assert set(made) == {"key", "key_id", "name"}


def test_a_hub_without_keys(run, hub):
    done = run("keys", "list", "--hub", hub)

    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"The hub has no keys.\nhint: make one: mlhub keys create NAME --hub {hub}\n"


def test_hints_about_keys_of_the_usual_hub_name_none(run, hub, monkeypatch):
    monkeypatch.setenv("MLHUB_HUB", str(hub))

    assert run("keys", "list").stderr.endswith("\nhint: make one: mlhub keys create NAME\n")


@pytest.mark.parametrize("kind", ["nothing", "folder", "file"])
@pytest.mark.parametrize("words", [["create", "Amina"], ["list"], ["revoke", "abc"]])
def test_keys_of_no_hub(run, tmp_path, words, kind):
    """A mistyped --hub, which names nothing, another folder or a file."""
    if kind == "folder":
        (tmp_path / "none").mkdir()
    elif kind == "file":
        (tmp_path / "none").write_text("a file")
    there = list(tmp_path.rglob("*"))

    done = run("keys", *words, "--hub", tmp_path / "none")

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: There is no hub in {tmp_path / 'none'}.")
    assert list(tmp_path.rglob("*")) == there
