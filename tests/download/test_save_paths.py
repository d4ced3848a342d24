"""Who gets which path: common assets once, and no two addresses on one path."""

import pytest

from radiant_mlhub import layout
from radiant_mlhub.download.catalog_rows import CatalogRows
from radiant_mlhub.download.manifest import Manifest
from radiant_mlhub.download.records import Asset, ItemRecord
from radiant_mlhub.download.save_paths import Settled, assign


class Catalog:
    """A manifest, and the rows that are written into it."""

    def __init__(self, folder):
        self.manifest = Manifest(folder / "mlhub_stac_assets.db")
        self.rows = CatalogRows(self.manifest)

    def settle(self) -> Settled:
        self.rows.flush()
        return assign(self.manifest)


@pytest.fixture
def catalog(tmp_path):
    catalog = Catalog(tmp_path)
    yield catalog
    catalog.manifest.close()


def add(catalog, collection_id, item_id, **assets):
    """Write an item whose assets lie at ``https://h/{href}``."""
    catalog.rows.add(
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


def paths(catalog):
    rows = catalog.manifest.connection.execute(
        "SELECT item_id, asset_key, asset_save_path FROM assets ORDER BY rowid"
    )
    return {(item_id, key): path for item_id, key, path in rows}


def test_a_key_that_names_one_url_in_the_dataset_lies_in_the_datasets_common_folder(catalog):
    """One PDF for two collections is one file."""
    add(catalog, "images", "a", documentation="doc.pdf")
    add(catalog, "labels", "b", documentation="doc.pdf")

    moved = catalog.settle().moved

    assert set(paths(catalog).values()) == {"_common/documentation.pdf"}
    assert moved == 0


def test_a_key_that_names_one_url_in_each_collection_lies_in_the_collections_common_folder(catalog):
    """Two collections, two PDFs: each collection has its own."""
    add(catalog, "images", "a", documentation="images.pdf")
    add(catalog, "images", "b", documentation="images.pdf")
    add(catalog, "labels", "c", documentation="labels.pdf")

    catalog.settle()

    assert set(paths(catalog).values()) == {
        "images/_common/documentation.pdf",
        "labels/_common/documentation.pdf",
    }


def test_a_key_that_names_several_urls_in_a_collection_stays_with_its_items(catalog):
    """Nothing is lost: what differs by item is kept by item."""
    add(catalog, "images", "a", documentation="a.pdf")
    add(catalog, "images", "b", documentation="b.pdf")
    add(catalog, "labels", "c", documentation="c.pdf")

    catalog.settle()

    assert paths(catalog) == {
        ("a", "documentation"): "images/a/documentation.pdf",
        ("b", "documentation"): "images/b/documentation.pdf",
        ("c", "documentation"): "labels/_common/documentation.pdf",
    }


def test_the_first_in_catalog_order_keeps_a_contested_path(catalog):
    """Two addresses for one path are both kept, the later one beside it."""
    add(catalog, "images", "a", image="1.tif")
    add(catalog, "images", "a", image="2.tif")
    add(catalog, "images", "a", image="3.tif")

    moved = catalog.settle().moved

    rows = catalog.manifest.connection.execute("SELECT asset_url, asset_save_path FROM assets").fetchall()
    assert dict(rows) == {
        "https://h/1.tif": "images/a/image.tif",
        "https://h/2.tif": "images/a/image~2.tif",
        "https://h/3.tif": "images/a/image~3.tif",
    }
    assert moved == 2


def test_one_address_twice_on_one_path_is_one_file(catalog):
    """An item listed twice costs nothing."""
    add(catalog, "images", "a", image="1.tif")
    add(catalog, "images", "a", image="1.tif")

    assert catalog.settle().moved == 0
    assert set(paths(catalog).values()) == {"images/a/image.tif"}


def test_paths_are_compared_as_a_case_insensitive_folder_compares_them(catalog):
    """On macOS and Windows ``Image.tif`` and ``image.tif`` are one file."""
    add(catalog, "images", "a", Image="1.tif", image="2.tif")

    catalog.settle()

    assert paths(catalog) == {("a", "Image"): "images/a/Image.tif", ("a", "image"): "images/a/image~2.tif"}


def test_no_asset_takes_the_path_of_a_file_of_the_catalog(catalog):
    """An asset called ``collection`` must not replace ``collection.json``."""
    catalog.rows.add_member("images/a/a.json", 100, 0)
    add(catalog, "images", "a", a="labels.json")

    moved = catalog.settle().moved

    assert paths(catalog) == {("a", "a"): "images/a/a~2.json"}
    assert moved == 1


def test_a_path_of_its_own_that_is_wanted_too_is_not_given(catalog):
    """``image~2`` may be an asset key as well."""
    add(catalog, "images", "a", image="1.tif")
    add(catalog, "images", "a", image="2.tif")
    catalog.rows.add(
        ItemRecord(
            "images",
            "a",
            assets=(Asset("image~2", "https://h/9.tif", ".tif", "images/a/image~2.tif", is_common=False),),
        ),
        None,
        [None],
    )

    catalog.settle()

    assert len(set(paths(catalog).values()) | {"images/a/image.tif"}) == 3


def test_an_asset_of_a_collection_does_not_take_an_items_folder(catalog):
    """An item may be called like the file of its collection's own asset."""
    own = Asset("tile", "https://h/1.tif", ".tif", "images/tile.tif", is_common=False)
    catalog.rows.add(ItemRecord("images", None, assets=(own,)), None, [None])
    add(catalog, "images", "tile.tif", image="2.tif")

    catalog.settle()

    assert paths(catalog) == {
        (None, "tile"): "images/tile~2.tif",
        ("tile.tif", "image"): "images/tile.tif/image.tif",
    }
