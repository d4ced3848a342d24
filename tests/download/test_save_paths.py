"""Who gets which path: common assets once, and no two addresses on one path."""

import pytest

from radiant_mlhub import layout
from radiant_mlhub.download.manifest import Manifest
from radiant_mlhub.download.records import Asset, ItemRecord
from radiant_mlhub.download.save_paths import assign


@pytest.fixture
def manifest(tmp_path):
    manifest = Manifest(tmp_path / "mlhub_stac_assets.db")
    yield manifest
    manifest.close()


def add(manifest, collection_id, item_id, **assets):
    """Write an item whose assets lie at ``https://h/{href}``."""
    manifest.add(
        ItemRecord(
            collection_id=collection_id,
            item_id=item_id,
            assets=tuple(
                Asset(
                    key=key,
                    href=f"https://h/{href}",
                    extension=layout.extension(href, None),
                    save_path=layout.item_asset_path(
                        collection_id, item_id, key, layout.extension(href, None)
                    ),
                    is_common=key in layout.COMMON_ASSET_NAMES,
                )
                for key, href in assets.items()
            ),
        ),
        None,
        [None] * len(assets),
    )


def paths(manifest):
    rows = manifest.connection.execute(
        "SELECT item_id, asset_key, asset_save_path FROM assets ORDER BY rowid"
    )
    return {(item_id, key): path for item_id, key, path in rows}


def test_a_key_that_names_one_url_in_the_dataset_lies_in_the_datasets_common_folder(manifest):
    """One PDF for two collections is one file."""
    add(manifest, "images", "a", documentation="doc.pdf")
    add(manifest, "labels", "b", documentation="doc.pdf")

    moved = assign(manifest)

    assert set(paths(manifest).values()) == {"_common/documentation.pdf"}
    assert moved == 0


def test_a_key_that_names_one_url_in_each_collection_lies_in_the_collections_common_folder(manifest):
    """Two collections, two PDFs: each collection has its own."""
    add(manifest, "images", "a", documentation="images.pdf")
    add(manifest, "images", "b", documentation="images.pdf")
    add(manifest, "labels", "c", documentation="labels.pdf")

    assign(manifest)

    assert set(paths(manifest).values()) == {
        "images/_common/documentation.pdf",
        "labels/_common/documentation.pdf",
    }


def test_a_key_that_names_several_urls_in_a_collection_stays_with_its_items(manifest):
    """Nothing is lost: what differs by item is kept by item."""
    add(manifest, "images", "a", documentation="a.pdf")
    add(manifest, "images", "b", documentation="b.pdf")
    add(manifest, "labels", "c", documentation="c.pdf")

    assign(manifest)

    assert paths(manifest) == {
        ("a", "documentation"): "images/a/documentation.pdf",
        ("b", "documentation"): "images/b/documentation.pdf",
        ("c", "documentation"): "labels/_common/documentation.pdf",
    }


def test_the_first_in_catalog_order_keeps_a_contested_path(manifest):
    """Two addresses for one path are both kept, the later one beside it."""
    add(manifest, "images", "a", image="1.tif")
    add(manifest, "images", "a", image="2.tif")
    add(manifest, "images", "a", image="3.tif")

    moved = assign(manifest)

    rows = manifest.connection.execute("SELECT asset_url, asset_save_path FROM assets").fetchall()
    assert dict(rows) == {
        "https://h/1.tif": "images/a/image.tif",
        "https://h/2.tif": "images/a/image~2.tif",
        "https://h/3.tif": "images/a/image~3.tif",
    }
    assert moved == 2


def test_one_address_twice_on_one_path_is_one_file(manifest):
    """An item listed twice costs nothing."""
    add(manifest, "images", "a", image="1.tif")
    add(manifest, "images", "a", image="1.tif")

    assert assign(manifest) == 0
    assert set(paths(manifest).values()) == {"images/a/image.tif"}


def test_paths_are_compared_as_a_case_insensitive_folder_compares_them(manifest):
    """On macOS and Windows ``Image.tif`` and ``image.tif`` are one file."""
    add(manifest, "images", "a", Image="1.tif", image="2.tif")

    assign(manifest)

    assert paths(manifest) == {("a", "Image"): "images/a/Image.tif", ("a", "image"): "images/a/image~2.tif"}


def test_no_asset_takes_the_path_of_a_file_of_the_catalog(manifest):
    """An asset called ``collection`` must not replace ``collection.json``."""
    manifest.add_member("images/a/a.json", 100, 0)
    add(manifest, "images", "a", a="labels.json")

    moved = assign(manifest)

    assert paths(manifest) == {("a", "a"): "images/a/a~2.json"}
    assert moved == 1


def test_a_path_of_its_own_that_is_wanted_too_is_not_given(manifest):
    """``image~2`` may be an asset key as well."""
    add(manifest, "images", "a", image="1.tif")
    add(manifest, "images", "a", image="2.tif")
    manifest.add(
        ItemRecord(
            "images",
            "a",
            assets=(Asset("image~2", "https://h/9.tif", ".tif", "images/a/image~2.tif", is_common=False),),
        ),
        None,
        [None],
    )

    assign(manifest)

    assert len(set(paths(manifest).values()) | {"images/a/image.tif"}) == 3


def test_an_asset_of_a_collection_does_not_take_an_items_folder(manifest):
    """An item may be called like the file of its collection's own asset."""
    own = Asset("tile", "https://h/1.tif", ".tif", "images/tile.tif", is_common=False)
    manifest.add(ItemRecord("images", None, assets=(own,)), None, [None])
    add(manifest, "images", "tile.tif", image="2.tif")

    assign(manifest)

    assert paths(manifest) == {
        (None, "tile"): "images/tile~2.tif",
        ("tile.tif", "image"): "images/tile.tif/image.tif",
    }
