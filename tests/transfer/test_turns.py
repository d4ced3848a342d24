"""A loop that is left after every turn, and what it tells of redirects."""

import time
from contextlib import closing

from radiant_mlhub.transfer import FileRecord, Transfer, fetch_all, fetch_in_turns, plain_request_for
from support.fault_server import FaultServer


def transfers_of(scenes, folder, **more):
    return [
        Transfer(scene.href, str(folder / f"{n}.json"), str(folder), ident=n, **more)
        for n, scene in enumerate(scenes)
    ]


def test_a_turn_ends_while_a_server_is_slow(tmp_path):
    """A server that keeps its answers for 0.5 s does not keep the caller: every turn is short."""
    with FaultServer() as server:
        scenes = [server.add(f"{n}.json", b"{}", delay_s=0.5) for n in range(3)]
        turns = fetch_in_turns(
            transfers_of(scenes, tmp_path), request_for=plain_request_for(), max_connections=8
        )

        empty, longest_s, outcomes, last = 0, 0.0, [], time.monotonic()
        with closing(turns):
            for outcome in turns:
                longest_s = max(longest_s, time.monotonic() - last)
                empty += outcome is None
                outcomes += [outcome] if outcome else []
                last = time.monotonic()

    assert sorted(outcome.transfer.ident for outcome in outcomes) == [0, 1, 2]
    assert empty > 20
    assert longest_s < 0.2


def test_two_loops_in_one_thread(tmp_path):
    """One is read inside the iterator of the other; files of both arrive, and neither waits for the end."""
    with FaultServer() as server:
        inner = [server.add(f"inner/{n}.json", b"{}", delay_s=0.05) for n in range(20)]
        outer = [server.add(f"outer/{n}.tif", size_bytes=2000) for n in range(20)]
        files = transfers_of(outer, tmp_path / "outer")

        def found():
            turns = fetch_in_turns(
                transfers_of(inner, tmp_path / "inner"), request_for=plain_request_for(), max_connections=2
            )
            with closing(turns):
                for outcome in turns:
                    yield None if outcome is None else files[outcome.transfer.ident]

        outcomes = list(fetch_all(found(), request_for=plain_request_for()))
        order = [request.path for request in server.requests]

    assert sorted(outcome.transfer.ident for outcome in outcomes) == list(range(20))
    assert order.index("/outer/0.tif") < order.index("/inner/19.json")


def test_an_outcome_tells_where_redirects_led(tmp_path):
    """Without the query, which may sign it; a copy that is still good tells it too."""
    with FaultServer() as server:
        there = server.add("there/catalog.json", b"{}")
        here = server.add("here.json", redirect=f"{there.href}?sig=secret#top")
        (first,) = fetch_all(transfers_of([here], tmp_path), request_for=plain_request_for())
        again = transfers_of([here], tmp_path, record=first.record, revalidate=True)
        (second,) = fetch_all(again, request_for=plain_request_for())
        (third,) = fetch_all(transfers_of([there], tmp_path / "direct"), request_for=plain_request_for())

    assert isinstance(first.record, FileRecord)
    assert (first.redirected_to, second.redirected_to) == (there.href, there.href)
    assert second.unchanged
    assert third.redirected_to is None
