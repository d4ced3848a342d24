"""Ten thousand spellings of a way out of the hub's folder: none leads out, none is an error of ours."""

import os
import random
from collections import Counter

import pytest

from radiant_mlhub.hub.app import hub_app
from radiant_mlhub.hub.folder import HubFolder
from radiant_mlhub.hub.serving.server import listener, serving
from radiant_mlhub.hub.settings import HubSettings
from support.served import exchange, get, status

SECRET = b"outside-the-hub-" * 8
COUNT = 10_000

DOTS = [
    "..",
    "%2e%2e",
    ".%2e",
    "%2E.",
    "%252e%252e",
    "..%00",
    "..;",
    "...",
    "%c0%ae%c0%ae",
    "%uff0e",
    ".",
    "",
]
SLASHES = ["/", "%2f", "%2F", "%5c", "\\", "//", "%252f", "/./", "%c0%af", "/;/", "%00/"]
BEGINNINGS = [
    "",
    "/files",
    "/files/",
    "/files/x",
    "/files/{version}",
    "/files/{version}/assets",
    "/files/catalogs/{version}",
    "{chip}",
    "/static",
    "/datasets",
    "/mlhub/v1",
    "/mlhub/v1/datasets",
    "/mlhub/v1/archive",
    "/mlhub/v1/collections/crops_labels/items",
]
ENDS = [
    "secret.txt",
    "secret.txt%00.tif",
    "secret.txt?",
    "secret.txt#x",
    "etc/passwd",
    "%2fetc%2fpasswd",
    "hub.sqlite",
    "token.secret",
    "proc/self/environ",
    "%E2%80%AE",
    "con",
    "%ff%fe",
    "assets/linked.tif",
]
ENDS.append("a" * 5000)


@pytest.fixture(scope="module")
def origin(shelf):
    """A whole hub, with its API and its pages, that asks for no key."""
    app = hub_app(shelf.store, HubFolder(shelf.path), HubSettings(access="public"))
    opened = listener()
    with serving(app, opened):
        yield f"http://127.0.0.1:{opened.getsockname()[1]}"


@pytest.fixture(scope="module")
def hub(shelf):
    """Beside the hub lies a file of somebody else, in it a link to that; the address of a file of its own."""
    (shelf.path.parent / "secret.txt").write_bytes(SECRET)
    (shelf.path / "token.secret").write_bytes(SECRET)
    chip = shelf.add("assets/chip.tif", b"chip")
    shelf.add("assets/linked.tif", SECRET)
    linked = shelf.file(shelf.rows["assets/linked.tif"])
    there = linked.stat()
    linked.unlink()
    linked.symlink_to(shelf.path.parent / "secret.txt")
    os.utime(shelf.path.parent / "secret.txt", ns=(there.st_mtime_ns, there.st_mtime_ns))
    shelf.publish()
    return shelf.address(chip)


def spelling(chance: random.Random, chip: str) -> str:
    """A path that a careless server would follow."""
    begin = chance.choice(BEGINNINGS).format(chip=chip, version=chip.split("/")[2])
    way = "".join(chance.choice(SLASHES) + chance.choice(DOTS) for _ in range(chance.randint(0, 12)))
    path = begin + way + chance.choice(SLASHES) + chance.choice(ENDS)
    return path if path.startswith("/") else f"/{path}"


def test_no_spelling_leads_out(origin, hub):
    chance = random.Random(20261122)

    statuses: Counter[int] = Counter()
    for _ in range(COUNT):
        answer = exchange(origin, get(spelling(chance, hub)))
        assert SECRET[:16] not in answer
        statuses[status(answer)] += 1

    # Some ways lead to a page, or to what wants another method.
    assert set(statuses) <= {200, 303, 307, 400, 404, 405, 422}, statuses
    assert statuses[400] + statuses[404] > 0.9 * COUNT


def test_a_link_in_the_hubs_folder_is_not_followed(origin, shelf, hub):
    """It has the size and the time of what was published there."""
    address = shelf.address(shelf.rows["assets/linked.tif"])

    assert status(exchange(origin, get(address))) == 404


@pytest.mark.parametrize("way", ["secret.txt", "%2fsecret.txt", "../folder-out/secret.txt"])
def test_a_linked_folder_in_the_hubs_folder_is_no_way_out(origin, shelf, hub, way):
    """What is no row of the database is not there, whatever lies on the disk."""
    for folder in (shelf.path, shelf.file(shelf.rows["assets/chip.tif"]).parent):
        link = folder / "folder-out"
        if not link.is_symlink():
            link.symlink_to(shelf.path.parent)
        assert (link / "secret.txt").read_bytes() == SECRET

    for place in ("/files", hub.rpartition("/")[0]):
        answer = exchange(origin, get(f"{place}/folder-out/{way}"))
        assert status(answer) == 404
        assert SECRET[:16] not in answer
