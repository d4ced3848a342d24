import random

import pytest

from support.fault_server import FaultServer
from support.scripted_hub import ScriptedHub, item

YEARS = range(2015, 2020)


@pytest.fixture(scope="session")
def items():
    """Four hundred items of two collections, all over the earth and through five years, from one seed."""
    chance = random.Random(20261127)
    return [_item(number, chance) for number in range(400)]


def _item(number, chance):
    west, south = chance.uniform(-180, 175), chance.uniform(-90, 85)
    box = [west, south, west + chance.uniform(0, 5), south + chance.uniform(0, 5)]
    if number % 40 == 0:  # across the antimeridian
        box[0], box[2] = 179.0, -179.0
    when = f"{chance.choice(YEARS)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T00:00:00Z"
    properties = {"datetime": when, "title": f"Field {number % 7} of farm {number % 11}, in Naïrobi"}
    if number % 9 == 0:
        properties |= {
            "datetime": None,
            "start_datetime": when,
            "end_datetime": when[:4] + "-12-31T00:00:00Z",
        }
    if number % 50 == 1:  # without a time
        properties["datetime"] = None
    found = item(
        f"item_{number:03}",
        {"image": f"https://files.example/{number}.tif"},
        collection=f"collection_{number % 2}",
        bbox=box,
        properties=properties,
    )
    if number % 60 == 2:  # without a place
        found |= {"bbox": None, "geometry": None}
    return found


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub with nothing in it yet that no variable names, and this test in an empty folder."""
    with ScriptedHub() as hub:
        monkeypatch.chdir(tmp_path)
        yield hub


@pytest.fixture
def web():
    """A server of files, on loopback."""
    with FaultServer() as server:
        yield server
