"""Collections: what they ask a hub for, with the key they were fetched with."""

import pytest

from radiant_mlhub import Collection
from radiant_mlhub.exceptions import EntityDoesNotExist
from support.recorded import needs_recordings

pytestmark = needs_recordings
NAME = "ref_african_crops_kenya_02_labels"


def test_torchgeos_old_use_works(hub, tmp_path):
    """Fetch and download, each with the key."""
    path = Collection.fetch(NAME, api_key=hub.key).download(output_dir=tmp_path, api_key=hub.key)

    assert path == tmp_path / f"{NAME}.tar.gz"
    assert path.stat().st_size == 252_970


@pytest.mark.parametrize(
    "fetch",
    [
        lambda key: Collection.fetch(NAME, api_key=key),
        lambda key: next(c for c in Collection.list(api_key=key) if c.id == NAME),
    ],
)
def test_the_key_travels_to_every_later_call(hub, tmp_path, fetch):
    """No key is configured: each request below has the one of the first call."""
    collection = fetch(hub.key)

    collection.download(tmp_path, progress=False)
    assert collection.archive_size == 252_970
    item = collection.fetch_item(f"{'ref_african_crops_kenya_02'}_tile_03_20191103")

    assert item.session_kwargs == {"api_key": hub.key}
    assert {r.args["key"][0] for r in hub.api.requests} == {hub.key}


def test_a_profile_travels_as_well(hub, tmp_path, monkeypatch):
    """Its name is kept, not the key it stood for."""
    monkeypatch.setenv("MLHUB_HOME", str(tmp_path))
    (tmp_path / "profiles").write_text(f"[mine]\napi_key = {hub.key}\n")
    (tmp_path / "profiles").chmod(0o600)

    collection = Collection.fetch(NAME, profile="mine")

    assert collection.session_kwargs == {"profile": "mine"}
    assert collection.archive_size == 252_970


def test_the_archives_size_is_asked_for_once(hub):
    """None where there is no archive, at once."""
    there = Collection.fetch("bigearthnet_v1_labels", api_key=hub.key)
    not_there = Collection.fetch("bigearthnet_v1_source", api_key=hub.key)

    assert [there.archive_size, there.archive_size] == [169_265_765, 169_265_765]
    assert [not_there.archive_size, not_there.archive_size] == [None, None]

    assert [p for p in hub.paths() if p.startswith("/archive")] == [
        "/archive/bigearthnet_v1_labels/info",
        "/archive/bigearthnet_v1_source/info",
    ]


def test_items_are_not_listed(hub):
    """The documented refusal, word for word."""
    collection = Collection.fetch(NAME, api_key=hub.key)

    with pytest.raises(NotImplementedError) as raised:
        collection.get_items()

    assert str(raised.value) == (
        "For performance reasons, the get_items method has not been implemented for Collection instances. "
        "Please use the Dataset.download method to download Dataset assets."
    )


def test_a_missing_item_is_told(hub):
    """With both ids."""
    collection = Collection.fetch(NAME, api_key=hub.key)

    with pytest.raises(EntityDoesNotExist) as raised:
        collection.fetch_item("no_item")

    assert str(raised.value) == f'Collection "{NAME}" and/or item no_item do not exist.'


def test_the_registry_has_a_page_for_a_doi(hub):
    """None without a DOI."""
    collection = Collection.fetch(NAME, api_key=hub.key)
    assert collection.registry_url == "https://mlhub.earth/10.34911/rdnt.dw605x"
    assert str(collection) == f"{NAME}: {collection.description}"

    del collection.extra_fields["sci:doi"]
    assert collection.registry_url is None
