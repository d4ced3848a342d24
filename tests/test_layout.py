"""Where everything lies on disk, and that nothing ever lies elsewhere. Pure functions: Windows rules too."""

import doctest
import os
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from radiant_mlhub import layout
from radiant_mlhub.exceptions import MLHubException, UnsafeName

odd_parts = st.sampled_from(
    [
        "..",
        ".",
        "/",
        "\\",
        "a",
        "C:",
        "NUL",
        "con.txt",
        "%2F",
        "%",
        "~",
        "é",
        "\0",
        " ",
        ":",
        "_common",
        "COM¹",
        "ß",
    ]
)
odd_names = st.one_of(st.text(max_size=300), st.lists(odd_parts, max_size=6).map("".join))
extensions = st.sampled_from(["", ".tif", ".tar.gz"])


def is_one_safe_component(name):
    """By the rules of POSIX and of Windows, whichever is stricter."""
    return (
        name not in ("", ".", "..")
        and not set(name) & set('/\\\0:*?"<>|')
        and name[-1] not in ". "
        and len(name.encode()) <= 255
        and PurePosixPath(name).name == name
        and PureWindowsPath(name).name == name
        and not PureWindowsPath(name).is_reserved()
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@settings(max_examples=500)
@given(name=odd_names)
@example("x" * 300)
@example("é" * 200)
@example("CONIN$")
def test_a_name_becomes_one_component_or_is_refused(name):
    """Whatever a catalog calls a thing: never a path, never nothing, never too long."""
    try:
        component = layout.safe_component(name)
    except UnsafeName:
        return

    assert is_one_safe_component(component)
    assert not component.startswith(".")


@given(name=odd_names)
def test_the_name_can_be_read_back_unless_it_was_shortened(name):
    """Percent-decoding gives the id; so two ids never share a folder."""
    try:
        component = layout.safe_component(name)
    except UnsafeName:
        return

    if len(component.encode()) < 252:  # a shortened one may miss 255 bytes by part of a character
        assert unquote(component) == name


@given(collection=odd_names, item=odd_names, key=odd_names, ext=extensions, n=st.integers(2, 99))
def test_no_path_of_an_asset_leaves_the_folder(collection, item, key, ext, n):
    """Normalised as the file system does it, each path has the depth the drawing gives it."""
    root = "/data/ds"
    try:
        paths = {
            layout.item_asset_path(collection, item, key, ext): 3,
            layout.collection_asset_path(collection, key, ext): 2,
            layout.collection_common_path(collection, key, ext): 3,
            layout.dataset_common_path(key, ext): 2,
        }
    except UnsafeName:
        return
    for path, depth in paths.items():
        for one in (path, layout.moved_path(path, n)):
            whole = os.path.normpath(f"{root}/{one}")
            assert whole.startswith(root + "/")
            assert len(PurePosixPath(whole).relative_to(root).parts) == depth
            assert len(PurePosixPath(one).name.encode()) <= 255


@given(name=odd_names)
def test_no_path_of_an_archive_member_leaves_the_folder(name):
    """Also as Windows reads it."""
    try:
        path = layout.member_path(name)
    except UnsafeName:
        return

    assert all(is_one_safe_component(part) for part in path.split("/"))


@settings(max_examples=300)
@given(
    collection=odd_names,
    item=st.none() | odd_names,
    key=odd_names,
    ext=st.sampled_from([".tif", ".x/../y", ""]),
)
def test_no_path_of_the_original_client_leaves_the_folder(collection, item, key, ext):
    """Files it wrote elsewhere are none of ours."""
    path = layout.original_path(collection, item, key, f"https://h/a{ext}")

    if path is not None:
        assert os.path.normpath(path) == path
        assert not path.startswith("/")
        assert ".." not in path.split("/")


@pytest.mark.parametrize(
    ("name", "component"),
    [
        ("nasa_marine_debris_source_20181124_155714_1049_16762-29709-16", None),
        ("B04", None),
        ("tile 7", None),
        ("S2A.SAFE", None),
        ("100%", None),
        ("2019/07", "2019%2F07"),
        ("a\\b", "a%5Cb"),
        ("10:30", "10%3A30"),
        ("a%2Fb", "a%252Fb"),
        ("NUL", "%4EUL"),
        ("com1.tif", "%63om1.tif"),
        ("x.", "x%2E"),
        ("x ", "x%20"),
        (".hidden", "%2Ehidden"),
        ("_common", "%5Fcommon"),
        ("mlhub_stac_assets.db", "%6Dlhub_stac_assets.db"),
        ("ERR_REPORT.csv", "%45RR_REPORT.csv"),
        ("line\nbreak", "line%0Abreak"),
    ],
)
def test_ordinary_names_stay_and_odd_ones_are_encoded(name, component):
    """None: as it is."""
    assert layout.safe_component(name) == (component or name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/../b",
        "a\\..\\b",
        "/etc/passwd",
        "\\\\host\\x",
        "C:\\x",
        "c:/x",
        "a\0b",
        "\ud800",
    ],
)
def test_names_made_to_leave_are_refused(name):
    """Encoding would make them harmless; but nobody means them, so they are told."""
    with pytest.raises(UnsafeName) as caught:
        layout.safe_component(name)

    assert isinstance(caught.value, MLHubException)
    assert isinstance(caught.value, ValueError)


def test_long_names_that_differ_late_stay_different():
    """The end is replaced by a digest of the whole."""
    one, other = (layout.safe_component("x" * 300 + end) for end in "ab")

    assert one != other
    assert len(one) == 255
    assert layout.item_asset_path("c", "i", "k" * 300, ".tif").endswith(".tif")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ds/c/i/i.json", "ds/c/i/i.json"),
        ("./ds//c/", "ds/c"),
        ("ds/.hidden/a%2Fb/_common", "ds/.hidden/a%2Fb/_common"),
        ("ds/a:b/NUL", "ds/a%3Ab/%4EUL"),
    ],
)
def test_an_archives_tree_is_kept(name, path):
    """Only what some system could not write is encoded, as in ids."""
    assert layout.member_path(name) == path


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "./",
        "..",
        "../x",
        "a/../../x",
        "/x",
        "//x",
        "C:/x",
        "a\\..\\x",
        "a\0",
        "ds/err_report.csv",
        "ds/MLHUB_stac_assets.db-wal",
    ],
)
def test_members_made_to_leave_or_to_overwrite_our_files_are_refused(name):
    """Manifest and report are ours alone."""
    with pytest.raises(UnsafeName):
        layout.member_path(name)


@pytest.mark.parametrize(
    ("href", "media_type", "ext"),
    [
        ("https://h/a/scene.tif", None, ".tif"),
        ("https://h/a/scene.tiff", "image/tiff", ".tiff"),
        ("https://h/a/scene.TIF", None, ".TIF"),
        ("https://h/x.tif_dir/meta.xml", None, ".xml"),
        ("https://h/a.geojson?sig=b.tif#c.png", None, ".geojson"),
        ("https://h/a.csv.gz", None, ".csv.gz"),
        ("https://h/a.b.tar.gz", None, ".tar.gz"),
        ("https://h/a%2Ejson", None, ".json"),
        ("s3://bucket/a.jp2", None, ".jp2"),
        ("../../a.pdf", None, ".pdf"),
        ("https://h/download/gAAAAABh", "image/tiff; application=geotiff", ".tif"),
        ("https://h/download/gAAAAABh", "Application/Geo+JSON", ".geojson"),
        ("https://h/download/gAAAAABh", "application/octet-stream", ""),
        ("https://example.com", "image/png", ".png"),
        ("https://h/.tif", None, ""),
        ("https://h/a.", None, ""),
        ("https://h/a.b c", None, ""),
        ("https://[bad/a.png", None, ".png"),
        ("https://h/a." + "x" * 17, None, ""),
        ("", None, ""),
    ],
)
def test_the_extension_comes_from_the_href_then_from_the_media_type(href, media_type, ext):
    """The last segment's own; nothing where nothing tells."""
    assert layout.extension(href, media_type) == ext


@given(href=st.text(max_size=80), media_type=st.none() | st.text(max_size=30))
def test_an_extension_is_always_harmless(href, media_type):
    """Letters, digits and dots of ASCII, and short."""
    ext = layout.extension(href, media_type)

    assert ext == "" or (
        ext.isascii() and ext.startswith(".") and ext.replace(".", "").isalnum() and len(ext) <= 17
    )


@pytest.mark.parametrize(
    ("item_id", "key", "href", "path"),
    [
        ("i", "image", "https://h/a.tiff", "c/i/image.tif"),
        ("i", "image", "https://h/a.geojson", "c/i/image.geojson"),
        ("i", "image", "https://h/a.tif_dir/b.xml", "c/i/image.tif"),
        ("i", "image", "https://h/a.npy", "c/i/image.npy"),
        ("i", "documentation", "https://h/a.pdf", "c/_common/documentation.pdf"),
        (None, "documentation", "https://h/a.pdf", "c/documentation.pdf"),
        ("i", "image", "https://h/download/token", None),
        ("..", "image", "https://h/a.tif", None),
        ("a/b", "image", "https://h/a.tif", None),
    ],
)
def test_where_the_original_client_put_a_file(item_id, key, href, path):
    """So that its files are adopted; None where it failed or wrote elsewhere."""
    assert layout.original_path("c", item_id, key, href) == path


def test_common_assets_have_a_folder_for_the_dataset_and_one_for_each_collection():
    """As drawn at the top of the module."""
    assert layout.dataset_common_path("readme", ".md") == "_common/readme.md"
    assert layout.collection_common_path("c", "readme", ".md") == "c/_common/readme.md"
    assert layout.collection_asset_path("c", "readme", ".md") == "c/readme.md"
    assert layout.item_asset_path("c", "i", "B04", ".tif") == "c/i/B04.tif"


def test_a_contested_path_gives_way_before_its_extension():
    """Compound extensions stay whole."""
    assert layout.moved_path("c/i/a.tif", 2) == "c/i/a~2.tif"
    assert layout.moved_path("c/i/a.tar.gz", 13) == "c/i/a~13.tar.gz"
    assert layout.moved_path("c/i/a", 2) == "c/i/a~2"


def test_paths_that_are_one_file_on_a_case_insensitive_folder_fold_to_one():
    """Case, and accents written in one character or two."""
    assert layout.folded("C/Caf\u00e9.TIF") == layout.folded("c/cafe\u0301.tif")
    assert layout.folded("Straße") == layout.folded("STRASSE")
    assert layout.folded("a") != layout.folded("b")


@given(path=st.text(max_size=40))
def test_folding_twice_changes_nothing(path):
    """So that what is stored folded compares with what is folded now."""
    assert layout.folded(layout.folded(path)) == layout.folded(path)


def test_where_the_files_of_a_dataset_lie():
    """The documented names."""
    root = Path("/data")

    assert layout.catalog_file(root, "ds") == root / "ds.tar.gz"
    assert layout.work_dir(root, "ds") == layout.asset_dir(root, "ds") == root / "ds"
    assert layout.manifest_file(root / "ds") == root / "ds/mlhub_stac_assets.db"
    assert layout.err_report_file(root / "ds") == root / "ds/err_report.csv"


def test_the_examples_in_the_docstrings_hold():
    """They are the first thing a reader copies."""
    assert doctest.testmod(layout).failed == 0
