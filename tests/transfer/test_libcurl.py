"""What is libcurl's alone: heads, handles used again, what a process keeps open, and how it ends."""

import contextlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from radiant_mlhub.transfer import Patience, fetch_all, plain_request_for
from support.fault_server import Response
from support.faults import Fault
from support.fetching import IMPATIENT, fetch, transfer_to

pytest.importorskip("pycurl")


def closing_kept_connections(listener, served, how):
    """Answer the first request of each connection; close it at the second, without a byte."""

    def serve(client):
        for number in (1, 2):
            if not client.recv(65536):
                break
            served.append(number)
            if number == 1:
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            elif how == "reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

    with contextlib.suppress(OSError):
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_a_kept_connection_that_was_given_up_costs_no_wait(tmp_path, how):
    """The request goes out again at once over a new one, and counts as no failure of its host."""
    served = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=closing_kept_connections, args=(listener, served, how), daemon=True).start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        began = time.monotonic()

        outcomes = list(
            fetch_all(
                [transfer_to(tmp_path / f"{n}", f"{address}/{n}") for n in range(6)],
                request_for=plain_request_for(),
                patience=Patience(first_wait_s=5, tries=1),
                max_connections=1,
            )
        )

    assert [outcome.state for outcome in outcomes] == ["fetched"] * 6
    assert time.monotonic() - began < 2
    assert served.count(2) == 5


def test_an_interim_answer_is_not_the_answer(tmp_path):
    """103 Early Hints comes before the head that counts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            client = listener.accept()[0]
            with client:
                client.recv(65536)
                client.sendall(b'HTTP/1.1 103 Early Hints\r\nETag: "not this"\r\n\r\n')
                client.sendall(b'HTTP/1.1 200 OK\r\nETag: "this"\r\nContent-Length: 2\r\n\r\nok')

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()

        outcome = fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/x", tmp_path / "x")
        thread.join(5)

    assert outcome.record.validator == '"this"'


def test_headers_that_come_twice_or_oddly_spelled_are_read(server, tmp_path):
    content = b"one and two"
    headers = {"eTaG": '"odd"', "CONTENT-LENGTH": str(len(content)), "X-Of-No-Use": "at all"}
    server.route("GET", "odd", lambda _: Response(200, headers, content))

    outcome = fetch(f"{server.url}/odd", tmp_path / "odd")

    assert (outcome.record.validator, outcome.record.verified_by) == ('"odd"', "length")


def test_a_refusal_whose_text_breaks_off_is_a_refusal(server, tmp_path):
    """The head alone is enough; the text of a 404 is nobody's file."""
    server.route("GET", "gone", lambda _: Response(404, {"Content-Length": "1000"}, b"cut"))

    outcome = next(
        fetch_all(
            [transfer_to(tmp_path / "gone", f"{server.url}/gone")],
            request_for=plain_request_for(),
            patience=IMPATIENT,
        )
    )

    assert outcome.status == 404


def test_every_request_has_its_own_headers_also_on_a_handle_used_again(server, tmp_path):
    """A Range or a HEAD of one file is not left over for the next."""
    cut = server.add("cut.tif", size_bytes=3_000_000, faults=[Fault(cut_after=1_500_000)])
    there = server.add("there.tif", size_bytes=1000)
    (tmp_path / "there.tif").write_bytes(there.content)
    plain = server.add("plain.tif", size_bytes=1000)
    transfers = [
        transfer_to(tmp_path / f"{n}.tif", s.href)
        for n, s in (("cut", cut), ("there", there), ("plain", plain))
    ]

    outcomes = list(
        fetch_all(transfers, request_for=plain_request_for(), patience=IMPATIENT, max_connections=1)
    )

    assert {outcome.state for outcome in outcomes} == {"fetched", "kept"}
    assert [("Range" in request.headers) for request in server.requests_of("plain.tif")] == [False]
    assert (tmp_path / "plain.tif").read_bytes() == plain.content
    assert [request.method for request in server.requests if request.path == "/there.tif"] == ["HEAD"]


def open_files():
    """What this process has open: sockets, and files by path."""
    found = set()
    for path in list(Path("/proc/self/fd").iterdir()):
        with contextlib.suppress(FileNotFoundError):  # the folder just listed
            found.add(str(path.readlink()))
    return found


needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="no /proc to count open files in")


@needs_proc
@pytest.mark.parametrize("ending", ["to the end", "left half-way", "an exception"])
def test_nothing_is_left_open_and_no_thread_runs_on(server, tmp_path, ending):
    scenes = [server.add(f"{n}.tif", size_bytes=2_000_000) for n in range(12)]
    transfers = [transfer_to(tmp_path / f"{n}.tif", s.href) for n, s in enumerate(scenes)]
    fetch(scenes[0].href, tmp_path / "first.tif")  # what libcurl opens once for the process
    before = open_files()

    def record(_):
        if ending == "an exception":
            raise OSError("no space for rows")

    outcomes = fetch_all(transfers, request_for=plain_request_for(), record=record, max_connections=8)
    if ending == "an exception":
        with pytest.raises(OSError, match="no space for rows"):
            next(outcomes)
    elif ending == "left half-way":
        next(outcomes)
        outcomes.close()
    else:
        assert len(list(outcomes)) == 12

    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("mlhub")] == []
    deadline = time.monotonic() + 5
    while open_files() - before and time.monotonic() < deadline:
        time.sleep(0.02)  # until the server has closed its ends
    assert open_files() - before == set()


SLOW_FETCH = """
import sys, time
from radiant_mlhub.transfer import Transfer, fetch_all, plain_request_for
href, target, root = sys.argv[1:]
print("on its way", flush=True)
for _ in fetch_all([Transfer(href, target, root)], request_for=plain_request_for()):
    pass
"""


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_process_that_is_told_to_end_ends_within_a_second_and_goes_on_from_there(server, tmp_path, told):
    """While the server says nothing; what had arrived is not sent again."""
    scene = server.add("scene.tif", size_bytes=3_000_000, faults=[Fault(stall_after=2_500_000)])
    command = [sys.executable, "-c", SLOW_FETCH, scene.href, str(tmp_path / "scene.tif"), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 20
        while not any(path.stat().st_size >= 2_500_000 for path in tmp_path.glob(".*.part")):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(told)
        began = time.monotonic()
        process.wait(timeout=10)

    assert time.monotonic() - began < 1

    outcome = fetch(scene.href, tmp_path / "scene.tif")

    assert (tmp_path / "scene.tif").read_bytes() == scene.content
    assert outcome.bytes_fetched < 3_000_000 - 1_000_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_leaves_the_parents_transfers_alone(server, tmp_path):
    """It inherits the connections and parts of a run under way, and ends; the run goes on."""
    first = server.add("first.tif", size_bytes=1000)
    second = server.add("second.tif", size_bytes=3_000_000, trickle_s=0.002)
    transfers = [
        transfer_to(tmp_path / "first.tif", first.href),
        transfer_to(tmp_path / "second.tif", second.href),
    ]
    outcomes = fetch_all(transfers, request_for=plain_request_for())
    assert next(outcomes).transfer.href == first.href

    child = os.fork()
    if child == 0:
        outcomes.close()
        os._exit(0)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert [outcome.state for outcome in outcomes] == ["fetched"]
    assert (tmp_path / "second.tif").read_bytes() == second.content
    assert len(server.requests_of("second.tif")) == 1


def test_a_signer_is_asked_for_each_try_and_its_failure_is_one_files(server, tmp_path):
    scenes = [server.add(f"{n}.tif", size_bytes=10) for n in range(3)]
    plain = plain_request_for()

    def request_for(href):
        if href == scenes[1].href:
            raise RuntimeError("the signature service says no")
        return plain(href)

    outcomes = fetch_all(
        [transfer_to(tmp_path / f"{n}.tif", s.href, ident=n) for n, s in enumerate(scenes)],
        request_for=request_for,
        patience=IMPATIENT,
    )

    states = {outcome.transfer.ident: outcome for outcome in outcomes}
    assert [states[n].state for n in range(3)] == ["fetched", "failed", "fetched"]
    assert "RuntimeError: the signature service says no" in states[1].error


NGINX = """
pid {base}/pid; error_log {base}/errors; daemon off; master_process off; events {{}}
http {{
    log_format protocol '$server_protocol'; access_log {base}/log protocol;
    client_body_temp_path {base}/1; proxy_temp_path {base}/2; fastcgi_temp_path {base}/3;
    uwsgi_temp_path {base}/4; scgi_temp_path {base}/5;
    server {{
        listen 127.0.0.1:{port} ssl http2; root {base};
        ssl_certificate {certificate}/cert.pem; ssl_certificate_key {certificate}/key.pem;
    }}
}}
"""


@pytest.fixture
def nginx(certificate, tmp_path):
    """nginx with HTTP/2 over a folder: its address, the folder."""
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    base = tmp_path / "nginx"
    base.mkdir()
    (base / "conf").write_text(NGINX.format(base=base, port=port, certificate=certificate))
    command = ["nginx", "-p", str(base), "-c", str(base / "conf")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    yield f"https://localhost:{port}", base
    process.terminate()
    process.wait(10)


def test_http_2_is_spoken_where_the_server_speaks_it(nginx, certificate, tmp_path, monkeypatch):
    """Many requests share one connection; every file is whole."""
    url, base = nginx
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate / "cert.pem"))
    contents = {n: os.urandom(30_000) for n in range(40)}
    for n, content in contents.items():
        (base / f"{n}.tif").write_bytes(content)

    transfers = [transfer_to(tmp_path / f"{n}.tif", f"{url}/{n}.tif") for n in contents]
    outcomes = list(fetch_all(transfers, request_for=plain_request_for()))

    assert {outcome.state for outcome in outcomes} == {"fetched"}
    assert all((tmp_path / f"{n}.tif").read_bytes() == content for n, content in contents.items())
    assert set((base / "log").read_text().splitlines()) == {"HTTP/2.0"}


LEAN_FETCH = """
import sys
from radiant_mlhub.transfer import Transfer, fetch_all, plain_request_for
href, target, root = sys.argv[1:]
outcome, = fetch_all([Transfer(href, target, root)], request_for=plain_request_for())
assert outcome.state == "fetched", outcome
print(sorted({"http.client", "requests", "ssl", "sqlite3", "urllib3"} & set(sys.modules)))
"""


def test_a_process_in_which_libcurl_carries_loads_no_requests(server, tmp_path):
    """It is 16 MiB and 0.1 s, which libcurl needs for proxies and logins of the environment alone."""
    scene = server.add("scene.tif", size_bytes=300_000)
    command = [sys.executable, "-c", LEAN_FETCH, scene.href, str(tmp_path / "scene.tif"), str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment["NETRC"] = str(tmp_path / "none")

    said = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)

    assert said.stdout == "[]\n"
    assert (tmp_path / "scene.tif").read_bytes() == scene.content
