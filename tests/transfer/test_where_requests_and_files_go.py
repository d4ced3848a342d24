"""Redirects, keys, schemes; and folders that nothing leaves."""

import os
import stat
import subprocess
import sys

import pytest
import requests

from radiant_mlhub.exceptions import MLHubException, TransferFailed
from radiant_mlhub.transfer import Request, plain_request_for
from support.fault_server import FaultServer, Response
from support.faults import Fault
from support.fetching import attempt, fetch, left_over

KEY = "0123456789abcdef0123"


def key_for(hub_url):
    """As the hub's session does it: the key goes to the hub's origin, nowhere else."""

    def request_for(href):
        if href.startswith(f"{hub_url}/"):
            return Request(f"{href}?key={KEY}", {"X-Key": KEY})
        return Request(href)

    return request_for


def test_redirects_are_followed_and_the_last_answer_counts(server, tmp_path):
    scene = server.add("blobs/archive-2.tar.gz", size_bytes=1000)
    server.add("b", redirect="/blobs/archive-2.tar.gz")
    first = server.add("a", redirect=f"{server.url}/b", **{"status": 303})

    outcome = fetch(first.href, tmp_path / "archive.tar.gz")

    assert (tmp_path / "archive.tar.gz").read_bytes() == scene.content
    assert outcome.served_name == "archive-2.tar.gz"


def test_the_key_is_not_sent_to_where_a_redirect_leads(server, tmp_path):
    with FaultServer() as store:
        scene = store.add("blob.tar.gz", size_bytes=3_000_000, faults=[Fault(cut_after=1_000_000)])
        archive = server.add("archive/x", redirect=scene.href)

        fetch(archive.href, tmp_path / "x.tar.gz", request_for=key_for(server.url))

        assert all(request.args["key"] == [KEY] for request in server.requests)
        assert len(store.requests) == 2
        for request in store.requests:
            assert KEY not in str((request.query, request.headers))


def test_a_retry_starts_from_the_catalogs_address(server, tmp_path):
    """A signed address is good for a while only."""
    scene = server.add("blob", size_bytes=3_000_000, faults=[Fault(cut_after=1_000_000), Fault(status=500)])
    server.route("GET", "sign", lambda _: Response(302, {"Location": f"/blob?sig={len(server.requests)}"}))

    fetch(f"{server.url}/sign", tmp_path / "x")

    assert [r.path for r in server.requests] == ["/sign", "/blob"] * 3
    assert len({r.query for r in server.requests if r.query}) == 3
    assert (tmp_path / "x").read_bytes() == scene.content


def test_a_redirect_loop_ends_after_ten(server, tmp_path):
    loop = server.add("loop", redirect="/loop")

    outcome = attempt(loop.href, tmp_path / "x")

    assert outcome.error == f"{loop.href} could not be fetched: more than 10 redirects"
    assert len(server.requests) == 11


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "s3://bucket/x", "data:,x"])
def test_a_redirect_out_of_the_web_is_final(server, tmp_path, location):
    away = server.add("away", redirect=location)

    outcome = attempt(away.href, tmp_path / "x")

    assert (
        outcome.error == f"{away.href} could not be fetched: a redirect to what is no http or https address"
    )
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("href", "says"),
    [
        ("ftp://example.org/x.tif", 'has the scheme "ftp"; only http and https can be fetched'),
        ("file:///etc/passwd", 'has the scheme "file"; only http and https can be fetched'),
        ("../x.tif", "has no scheme; only http and https can be fetched"),
        ("http:///x.tif", "names no host"),
        ("http://[/x", "is no address"),
        ("", "has no scheme"),
    ],
)
def test_an_address_that_cannot_be_asked_is_an_outcome(tmp_path, href, says):
    outcome = attempt(href, tmp_path / "x")

    assert outcome.state == "failed"
    assert says in outcome.error


def test_azure_is_told_the_version_of_its_protocol():
    """Without it, its answers lack Accept-Ranges and a quoted ETag."""
    request = plain_request_for()("https://account.blob.core.windows.net/c/x.tif")

    assert request.headers == {"x-ms-version": "2021-06-08"}
    assert plain_request_for()("https://example.org/x.tif").headers == {}


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 403}, {"refuse": True}, {"stall_after": 0}])
def test_no_secret_stands_in_an_error(server, tmp_path, fault):
    scene = server.add("scene.tif", **fault)

    with pytest.raises(TransferFailed) as failed:
        fetch(
            f"{scene.href}?sig={KEY}", tmp_path / "x", request_for=lambda href: Request(f"{href}&key={KEY}")
        )

    error = failed.value
    while error is not None:
        assert KEY not in str(error)
        error = error.__cause__ or error.__context__
    assert isinstance(failed.value, OSError)
    assert isinstance(failed.value, MLHubException)


def test_a_callers_session_carries_every_request(server, tmp_path):
    """Its headers, auth, hooks and cookies are honoured."""
    scene = server.add("scene.tif", size_bytes=1000)
    heard = []
    session = requests.Session()
    session.auth = ("user", "secret")
    session.headers["X-Mine"] = "yes"
    session.cookies.set("c", "1", domain="127.0.0.1")
    session.hooks["response"].append(lambda response, **_: heard.append(response.status_code))

    fetch(scene.href, tmp_path / "x", session=session)

    sent = server.requests[0].headers
    assert sent["Authorization"].startswith("Basic ")
    assert (sent["X-Mine"], sent["Cookie"]) == ("yes", "c=1")
    assert heard == [200]


def test_a_hook_that_raises_for_a_status_changes_nothing(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=1000, faults=[Fault(status=503)])
    session = requests.Session()
    session.hooks["response"].append(lambda response, **_: response.raise_for_status())

    assert fetch(scene.href, tmp_path / "x", session=session).state == "fetched"


def test_a_signer_that_fails_is_an_outcome(server, tmp_path):
    def request_for(_):
        raise KeyError("no such profile")

    outcome = attempt(f"{server.url}/x", tmp_path / "x", request_for=request_for)

    assert outcome.state == "failed"
    assert "KeyError: 'no such profile'" in outcome.error


def test_a_target_outside_its_root_is_refused_before_a_request(server, tmp_path):
    scene = server.add("scene.tif")
    root = tmp_path / "root"
    root.mkdir()

    outcome = attempt(scene.href, root / ".." / "evil.tif", root=str(root))

    assert outcome.state == "failed"
    assert f"it leads out of {root}" in outcome.error
    assert server.requests == []
    assert not (tmp_path / "evil.tif").exists()


@pytest.mark.parametrize("below", ["", "deeper", "a/b"])
def test_a_linked_folder_does_not_lead_out_of_the_root(server, tmp_path, below):
    scene = server.add("scene.tif")
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "item").symlink_to(outside)

    outcome = attempt(scene.href, root / "item" / below / "scene.tif", root=str(root))

    assert "it leads out of" in outcome.error
    assert list(outside.iterdir()) == []
    assert server.requests == []


def test_a_root_that_is_a_link_itself_is_fine(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=1000)
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "disk")

    fetch(scene.href, tmp_path / "data" / "a" / "scene.tif", root=str(tmp_path / "data"))

    assert (tmp_path / "disk" / "a" / "scene.tif").read_bytes() == scene.content


@pytest.mark.parametrize("if_exists", ["resume", "skip", "overwrite"])
def test_a_link_at_the_final_path_is_replaced_not_followed(server, tmp_path, if_exists):
    scene = server.add("scene.tif", size_bytes=1000)
    (tmp_path / "precious").write_bytes(b"p" * 10)
    target = tmp_path / "scene.tif"
    target.symlink_to(tmp_path / "precious")

    fetch(scene.href, target, if_exists=if_exists)

    assert (tmp_path / "precious").read_bytes() == b"p" * 10
    assert not target.is_symlink()
    assert target.read_bytes() == scene.content


def test_a_folder_at_the_final_path_is_a_clear_error(server, tmp_path):
    scene = server.add("scene.tif")
    (tmp_path / "scene.tif").mkdir()

    outcome = attempt(scene.href, tmp_path / "scene.tif")

    assert outcome.error == (
        f"{scene.href} could not be written: {tmp_path / 'scene.tif'}: a folder is in the way. "
        "Move it, or choose another folder"
    )
    assert server.requests == []


def test_a_file_where_a_folder_is_needed_is_a_clear_error(server, tmp_path):
    scene = server.add("scene.tif")
    (tmp_path / "item").touch()

    outcome = attempt(scene.href, tmp_path / "item" / "scene.tif", root=str(tmp_path))

    assert "a file stands where a folder is needed" in outcome.error


FULL_DISK = """
import resource, signal, sys
from radiant_mlhub.transfer import *
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
href, target, root = sys.argv[1:]
print(next(iter(fetch_all([Transfer(href, target, root)], request_for=plain_request_for()))).error)
"""


def test_a_disk_that_takes_no_more_is_an_outcome_and_the_next_call_goes_on(server, tmp_path):
    """A limit on the size of files stands in for a full disk."""
    scene = server.add("scene.tif", size_bytes=4_000_000)
    target = tmp_path / "scene.tif"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, scene.href, str(target), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout.strip() == f"{scene.href} could not be written: File too large"

    outcome = fetch(scene.href, target)

    assert target.read_bytes() == scene.content
    assert outcome.bytes_fetched <= 2_300_000
    assert left_over(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_a_clear_error(server, tmp_path):
    scene = server.add("scene.tif")
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)

    outcome = attempt(scene.href, tmp_path / "scene.tif")

    tmp_path.chmod(stat.S_IRWXU)
    assert "permission denied. Choose a folder you may write to" in outcome.error


def test_very_long_names_have_parts_too(server, tmp_path):
    """255 bytes are what a file system takes; a part's name holds more than the file's."""
    scene = server.add("scene.tif", size_bytes=2_000_000)
    names = [f"{letter}{'x' * 250}.tif" for letter in "ab"]

    for name in names:
        fetch(scene.href, tmp_path / name)

    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_a_callers_login_and_parameters_stay_behind_at_a_redirect(server, tmp_path):
    """As where requests follows redirects by itself; what belongs to no login goes along."""
    session = requests.Session()
    session.params = {"key": KEY}
    session.auth = ("user", KEY)
    session.headers.update({"Authorization": f"Bearer {KEY}", "X-Reason": "teaching", "User-Agent": None})
    with FaultServer() as store:
        blob = store.add("blob", size_bytes=1000)
        archive = server.add("a", redirect=blob.href)

        fetch(archive.href, tmp_path / "x", session=session)

        assert (tmp_path / "x").read_bytes() == blob.content
        [asked], [sent_on] = server.requests, store.requests
        assert asked.args["key"] == [KEY]
        assert "Basic" in asked.headers["Authorization"]
        assert KEY not in str((sent_on.query, sent_on.headers))
        assert "Authorization" not in sent_on.headers
        assert sent_on.headers["X-Reason"] == "teaching"


def test_a_callers_login_goes_along_to_the_same_host(server, tmp_path):
    session = requests.Session()
    session.auth = ("user", KEY)
    blob = server.add("blob", size_bytes=1000)

    fetch(server.add("a", redirect=blob.href).href, tmp_path / "x", session=session)

    assert ["Basic" in request.headers["Authorization"] for request in server.requests] == [True, True]
