"""A session that is copied, or sent to another process, still knows its hub and its key."""

import copy
import pickle

import pytest


def sent_to_another_process(session):
    return pickle.loads(pickle.dumps(session))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, sent_to_another_process])
def test_a_copy_asks_the_same_hub_with_the_same_key(monkeypatch, hub, session, key, copied):
    """requests copies what it knows of a session; the hub's address is ours to name."""
    hub.answers("x", {"here": True})
    monkeypatch.setenv("MLHUB_ROOT_URL", "http://127.0.0.1:9/another/hub")

    with copied(session) as other:
        assert other.get("x").json() == {"here": True}

    assert hub.last.args == {"key": [key]}
    assert other.user_agent == session.user_agent
