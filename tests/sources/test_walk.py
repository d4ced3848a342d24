"""The order of a walk through a catalog is that of its links, whatever arrives first."""

import random

import pytest

from radiant_mlhub.sources.links import Link, LinkBroken
from radiant_mlhub.sources.walk import DEEPEST, Walk


def depth_first(links, root="root"):
    """What the walk has to hand out: every file once, at its first place."""
    seen, order = set(), []

    def visit(name):
        if name not in seen:
            seen.add(name)
            order.append(name)
            for rel, to in links.get(name, ()):
                visit_item(to) if rel == "item" else visit(to)

    def visit_item(name):
        if name not in seen:
            seen.add(name)
            order.append(name)

    visit(root)
    return order


def walked(links, chance, *, files_ahead=2048, under_way=8):
    """Hand-outs in order, requests in order, and the most files that were ahead at any time."""
    walk = Walk(
        "root", lambda file: [Link(*each) for each in links.get(file.href, ())], files_ahead=files_ahead
    )
    order, asked, waiting, most_ahead = [], [], [], 0
    while not walk.is_done:
        while len(waiting) < under_way and (file := walk.wanted()) is not None:
            waiting.append(file)
            asked.append(file.href)
        most_ahead = max(most_ahead, len(asked) - len(order))
        if waiting:
            walk.arrived(waiting.pop(chance.randrange(len(waiting))))
        order.extend(file.href for file in walk.ready())
    return order, asked, most_ahead


def made_up(chance, *, catalogs, items):
    """A graph of catalogs that link each other and items, with cycles and things linked twice."""
    names = ["root", *(f"c{n}" for n in range(catalogs))]
    links = {name: [] for name in names}
    for number, name in enumerate(names[1:], 1):
        links[chance.choice(names[:number])].append(("child", name))
    for _ in range(catalogs // 2):
        links[chance.choice(names)].append(("child", chance.choice(names)))
    for n in range(items):
        for _ in range(1 + (chance.random() < 0.1)):
            links[chance.choice(names)].append(("item", f"i{n}"))
    for each in links.values():
        chance.shuffle(each)
    return links


@pytest.mark.parametrize("seed", range(60))
def test_the_order_is_that_of_the_links(seed):
    chance = random.Random(seed)
    links = made_up(chance, catalogs=chance.randrange(1, 40), items=chance.randrange(200))
    expected = depth_first(links)

    for files_ahead in (1, 7, 2048):
        order, asked, _ = walked(links, chance, files_ahead=files_ahead, under_way=chance.choice([1, 3, 50]))

        assert order == expected
        assert sorted(asked) == sorted(expected)


@pytest.mark.parametrize("shape", ["flat", "wide", "nested"])
def test_only_so_many_files_are_ahead(shape):
    """Whether one collection has all items, or thousands have a few, or catalogs lie in catalogs."""
    if shape == "flat":
        links = {"root": [("item", f"i{n}") for n in range(20_000)]}
    elif shape == "wide":
        links = {"root": [("child", f"c{n}") for n in range(4000)]}
        links |= {f"c{n}": [("item", f"i{n}-{k}") for k in range(4)] for n in range(4000)}
    else:
        links = {"root": [("child", f"c{n}") for n in range(40)]}
        links |= {f"c{n}": [("child", f"c{n}-{k}") for k in range(40)] for n in range(40)}
        links |= {
            f"c{n}-{k}": [("item", f"i{n}-{k}-{m}") for m in range(8)] for n in range(40) for k in range(40)
        }

    order, _, most_ahead = walked(links, random.Random(1), files_ahead=500, under_way=100)

    assert order == depth_first(links)
    assert most_ahead <= 500 + 500 // 4 + 100


def test_what_is_next_is_asked_for_however_much_waits_for_it():
    """The first collection comes last: its items are not behind thousands that were asked for meanwhile."""
    links = {"root": [("child", "slow"), ("child", "quick")]}
    links |= {name: [("item", f"{name}{n}") for n in range(5000)] for name in ("slow", "quick")}
    walk = Walk("root", lambda file: [Link(*each) for each in links.get(file.href, ())], files_ahead=100)
    walk.arrived(walk.wanted())
    slow, quick = walk.wanted(), walk.wanted()
    walk.arrived(quick)
    while (file := walk.wanted()) is not None:
        walk.arrived(file)
    assert [file.href for file in walk.ready()] == ["root"]

    walk.arrived(slow)
    assert [file.href for file in walk.ready()] == ["slow"]
    asked = []
    while (file := walk.wanted()) is not None:
        asked.append(file.href)

    assert asked == [f"slow{n}" for n in range(25)]


def test_a_file_that_failed_ends_nothing():
    links = {"root": [("child", "gone"), ("item", "a")], "gone": [("item", "never")]}
    walk = Walk("root", lambda file: [Link(*each) for each in links.get(file.href, ())])
    told = []
    while not walk.is_done:
        while (file := walk.wanted()) is not None:
            walk.arrived(file, "404" if file.href == "gone" else None)
        told += [(file.href, file.error) for file in walk.ready()]

    assert told == [("root", None), ("gone", "404"), ("a", None)]


def test_broken_links_come_in_their_order():
    links = [Link("item", "a"), LinkBroken("it has no address"), Link("item", "b")]
    walk = Walk("root", lambda _: links)
    told = []
    while not walk.is_done:
        while (file := walk.wanted()) is not None:
            walk.arrived(file)
        told += [(file.href, file.error, file.linked_from) for file in walk.ready()]

    assert told[1:] == [("a", None, "root"), ("", "it has no address", "root"), ("b", None, "root")]


def test_levels_have_an_end():
    numbers = iter(range(10_000))
    walk = Walk("root", lambda _: [Link("child", str(next(numbers)))])
    files = []
    while not walk.is_done:
        while (file := walk.wanted()) is not None:
            walk.arrived(file)
        files.extend(walk.ready())

    assert (len(files), files[-1].error) == (DEEPEST + 2, f"more than {DEEPEST} levels of catalogs")
