"""What people do wrong most often, and every word they are told: what happened, and what to do next.

FOLDER, HOME and HUB stand for the test's folder, the profiles' and the hub's address; numbers that
depend on the machine are a #.
"""

import re
import socket
from contextlib import closing

import pytest

from radiant_mlhub.profiles import Profile, write_profile
from support.scripted_hub import item

KEY = "0123456789abcdef0123456789123456"
HOW_TO_DOWNLOAD = "hint: how it is used: mlhub download --help\n"
RETIRED = (
    "hint: To use a hub that runs, set MLHUB_ROOT_URL to its address; ask the group that publishes the "
    "dataset. A dataset that you have can be served to others: mlhub serve\n"
    "hint: The datasets' files are at https://source.coop, or still where their STAC catalogs point. "
    "Catalogs were at https://radiantearth.blob.core.windows.net/mlhub/catalogs/{dataset_id}.tar.gz "
    "(nobody has verified lately that they are).\n"
)
NO_KEY = (
    "Error: Could not resolve an API key from arguments, the environment, or a config file.\n"
    "hint: No api_key argument; MLHUB_API_KEY is not set; {why}\n"
    "hint: Store a key: mlhub configure (or set MLHUB_API_KEY, or pass api_key=)\n"
    'hint: Datasets, collections and models can be listed without a key: profile="__anonymous__" '
    "(mlhub datasets --profile __anonymous__)\n"
)


@pytest.fixture
def hub(hub):
    """A hub with two datasets, one of them of one item with one file, and a model."""
    scene = hub.file("a.tif", b"a" * 500)
    hub.publish("nasa_marine_debris", [item("a", {"image": scene.href})])
    hub.publish("nasa_floods")
    hub.datasets["nasa_marine_debris"]["doi"] = "10.6075/J0/XYZ"
    hub.models["debris_detector"] = item("debris_detector", {})
    return hub


@pytest.fixture
def told(run, hub, tmp_path, profiles):
    """Run a command that fails: its exit code, and all it says on stderr. Nothing comes on stdout."""

    def call(*words):
        result = run(*words)
        text = result.stderr
        for written, name in (
            (str(tmp_path), "FOLDER"),
            (str(profiles.parent), "HOME"),
            (hub.root_url.rstrip("/"), "HUB"),
            (hub.blobs.url, "FILES"),
        ):
            text = text.replace(written, name)
        assert result.stdout == ""
        return result.exit_code, re.sub(r"[\d.]+ [kMGT]B|port \d{3,}", "#", text)

    return call


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (
            "dataset nasa_marine_debri",
            3,
            'Error: Dataset "nasa_marine_debri" does not exist.\n'
            "hint: Did you mean nasa_marine_debris?\n"
            "hint: all there are: mlhub datasets\n",
        ),
        (
            "download NASA-floods",
            3,
            'Error: Dataset "NASA-floods" does not exist.\n'
            "hint: Did you mean nasa_floods?\n"
            "hint: all there are: mlhub datasets\n",
        ),
        (
            "dataset 10.6075/J0/XYY",
            3,
            'Error: Dataset with DOI "10.6075/J0/XYY" does not exist.\n'
            "hint: Did you mean 10.6075/J0/XYZ?\n"
            "hint: all there are: mlhub datasets\n",
        ),
        (
            "items scene",
            3,
            'Error: Collection "scene" does not exist.\n'
            "hint: Did you mean scenes?\n"
            "hint: all there are: mlhub collections\n",
        ),
        (
            "model debris-detector",
            3,
            'Error: MLModel "debris-detector" does not exist.\n'
            "hint: Did you mean debris_detector?\n"
            "hint: all there are: mlhub models\n",
        ),
        (
            "archive scenes",
            3,
            'Error: The collection "scenes" has no archive in this hub.\n'
            "hint: its items: mlhub items scenes\n"
            "hint: its files come with those of its dataset: mlhub datasets; mlhub download ID\n",
        ),
        (
            "download nasa_marine_debris --bbox 1,2,x,4",
            2,
            'Error: --bbox is "1,2,x,4": four numbers are wanted, W,S,E,N in degrees\n',
        ),
        (
            "items scenes --bbox 1,60,3,50",
            2,
            "Error: bbox has its south (60) above its north (50).\n",
        ),
        (
            "download nasa_marine_debris --datetime July",
            2,
            "Error: datetime 'July' is no time. "
            "Write 2019-04-01, 2019-04-01T12:00:00Z or 2019-04-01/2019-05-31.\n",
        ),
        (
            "items scenes --datetime 2020-01-01/2019-01-01",
            2,
            "Error: datetime ends (2019-01-01T23:59:59.999999Z) before it starts (2020-01-01T00:00:00Z).\n",
        ),
        (
            "download nasa_marine_debris --collection scene",
            2,
            'Error: collection_filter names the collection "scene", which "nasa_marine_debris" does not '
            'have. Did you mean "scenes"?\n',
        ),
        (
            "download nasa_marine_debris --collection scenes=imag",
            2,
            'Error: collection_filter names the asset key "imag", which no item of "scenes" has. '
            'Did you mean "image"?\n',
        ),
        (
            "download nasa_marine_debris --bbox 100,60,101,61",
            1,
            "Error: after filtering by bounding box, zero assets to download. "
            "filter: (100.0, 60.0, 101.0, 61.0)\n"
            "hint: bbox leaves out 1 asset\n"
            "hint: where its items lie, west,south,east,north as --bbox takes it: "
            "mlhub search nasa_marine_debris\n",
        ),
        (
            "download nasa_marine_debris --intersects field.json",
            2,
            "Error: --intersects: field.json cannot be read: No such file or directory\n",
        ),
        (
            "download nasa_marine_debris --bboxx 1,2,3,4",
            2,
            f"Error: No such option '--bboxx'. Did you mean '--bbox'?\n{HOW_TO_DOWNLOAD}",
        ),
        (
            "download nasa_marine_debris --if-exists replace",
            2,
            "Error: Invalid value for '--if-exists': 'replace' is not one of 'resume', 'skip', "
            f"'overwrite'.\n{HOW_TO_DOWNLOAD}",
        ),
        ("download", 2, f"Error: Missing argument 'ID|DOI|SOURCE'.\n{HOW_TO_DOWNLOAD}"),
        (
            "downlod nasa_marine_debris",
            2,
            "Error: No such command 'downlod'.\n"
            "hint: Did you mean mlhub download?\n"
            "hint: how it is used: mlhub --help\n",
        ),
        (
            "verify data",
            3,
            "Error: FOLDER/data does not exist\n"
            "hint: name the folder that was downloaded into, or a dataset's in it: mlhub verify DIR\n",
        ),
        ("download crops.tar.gz", 3, "Error: There is no file FOLDER/crops.tar.gz.\n"),
        ("search ./crops", 3, "Error: There is no file FOLDER/crops.\n"),
        (
            "download nasa_marine_debris --id debris",
            2,
            'Error: --id names the dataset of a SOURCE, and "nasa_marine_debris" is an id or DOI of the '
            "hub\n",
        ),
        (
            "download nasa_marine_debris --filter cloud((",
            2,
            "Error: filter 'cloud((' is no CQL2: at character 8: expected Expr\n",
        ),
        (
            "download nasa_marine_debris --sample 5",
            2,
            "Error: sample is 5.0; it must be a fraction above 0 and up to 1: 0.01 is 1 %.\n",
        ),
        (
            "index nasa_marine_debris -o debris.csv",
            2,
            'Error: debris.csv has neither the ending ".db" nor ".parquet".\n',
        ),
        (
            "datasets --root-url 127.0.0.1:8000",
            2,
            'Error: --root-url is "127.0.0.1:8000", which is no http or https address. '
            "Write it like http://127.0.0.1:8000/mlhub/v1\n",
        ),
        (
            "datasets --root-url http://127.0.0.1:9/mlhub/v1",
            5,
            "Error: No answer to GET http://127.0.0.1:9/mlhub/v1/datasets: connection refused\n"
            "hint: Is the address right (MLHUB_ROOT_URL, or root_url in the profile), and does the hub "
            "run?\n",
        ),
        (
            "serve --hub nowhere",
            1,
            "Error: There is no hub in FOLDER/nowhere. Publish a dataset into it first.\n"
            "hint: publish a dataset: mlhub publish FOLDER --id ID --hub nowhere\n"
            "hint: see one with generated datasets: mlhub demo\n",
        ),
    ],
    ids=lambda value: value.split(" http")[0] if isinstance(value, str) and "\n" not in value else "",
)
def test_what_was_typed_wrongly(told, words, code, text):
    assert told(*words.split()) == (code, text)


def test_an_address_that_is_not_quite_the_hubs(told, hub):
    """Nothing is there, and the list of what is there is not there either."""
    assert told("dataset", "nasa_floods", "--root-url", f"{hub.root_url}v1") == (
        3,
        'Error: Dataset "nasa_floods" does not exist.\n'
        "hint: There is no list of them at this address either. Is it a hub's? "
        "mlhub doctor --root-url HUB/v1\n",
    )


def test_no_key(told, monkeypatch):
    monkeypatch.delenv("MLHUB_API_KEY")

    assert told("datasets") == (4, NO_KEY.format(why="No file found at HOME/profiles"))


def test_nothing_configured_at_all(told, monkeypatch):
    monkeypatch.delenv("MLHUB_API_KEY")
    monkeypatch.delenv("MLHUB_ROOT_URL")

    assert told("datasets") == (
        4,
        NO_KEY.format(why="No file found at HOME/profiles")
        + "hint: The hosted Radiant MLHub (api.radiant.earth) was switched off in October 2023; "
        "there are no new keys for it.\n" + RETIRED,
    )


def test_the_retired_host(told, monkeypatch):
    """A key of 2022 is there, and no hub is named."""
    monkeypatch.delenv("MLHUB_ROOT_URL")

    assert told("datasets") == (
        5,
        "Error: api.radiant.earth does not answer as a hub any more: the hosted Radiant MLHub was switched "
        "off in October 2023. Set MLHUB_ROOT_URL to the address of a hub that runs.\n" + RETIRED,
    )


def test_a_wrong_key(told, hub, monkeypatch):
    monkeypatch.setenv("MLHUB_API_KEY", KEY)
    hub.answer("datasets", 401, {"detail": "The API key is not known here."})

    assert told("datasets") == (
        4,
        "Error: Authentication failed. API Key: ****3456\n"
        "hint: The hub says: The API key is not known here.\n"
        "hint: GET HUB/datasets?key=***\n"
        "hint: Check that the key belongs to this hub, or store another one: mlhub configure\n",
    )


@pytest.mark.parametrize("said_by", ["option", "environment"])
def test_a_wrong_key_of_a_profile(told, hub, monkeypatch, profiles, said_by):
    """A key that is stored in another profile would not be asked with."""
    monkeypatch.delenv("MLHUB_API_KEY")
    write_profile(Profile("field work", KEY), profiles)
    hub.answer("datasets", 403, {"detail": "The API key is not known here."})
    words = ["--profile", "field work"] if said_by == "option" else []
    if said_by == "environment":
        monkeypatch.setenv("MLHUB_PROFILE", "field work")

    assert told("datasets", *words) == (
        4,
        "Error: Authentication failed. API Key: ****3456\n"
        "hint: The hub says: The API key is not known here.\n"
        "hint: GET HUB/datasets?key=***\n"
        "hint: Check that the key belongs to this hub, or store another one: "
        "mlhub configure --profile 'field work'\n",
    )


def test_a_profile_that_is_not_there(told, monkeypatch, profiles):
    monkeypatch.delenv("MLHUB_API_KEY")
    write_profile(Profile("field-work", KEY), profiles)

    assert told("datasets", "--profile", "fieldwork") == (
        4,
        NO_KEY.format(why='Could not find "fieldwork" section in HOME/profiles').replace(
            "mlhub configure", "mlhub configure --profile fieldwork"
        )
        + "hint: The profiles there are: field-work\n",
    )


def test_a_profiles_file_that_cannot_be_understood(told, monkeypatch, profiles):
    monkeypatch.delenv("MLHUB_API_KEY")
    profiles.write_text(f"api_key = {KEY}\n")

    assert told("datasets") == (
        4,
        "Error: HOME/profiles is no profiles file: line 1 cannot be understood. A profile is a line [name] "
        "and below it lines like api_key = YOUR_KEY. Repair the file, or move it away and run mlhub "
        "configure.\n",
    )


def test_a_page_of_a_proxy(told, hub):
    """HTML with a status of 200, where JSON should be."""
    hub.answer("datasets", 200, b"<html>Please log in</html>", Content_Type="text/html")

    assert told("datasets") == (
        5,
        "Error: The answer to GET HUB/datasets?key=*** is no JSON (text/html, 26 bytes).\n"
        "hint: Is the root URL (MLHUB_ROOT_URL, or root_url in the profile) that of a hub, up to and "
        "including /mlhub/v1?\n"
        "hint: A proxy or a login page may have answered in its place: open the address in a browser.\n",
    )


def test_a_disk_that_is_too_small(told, hub):
    """The catalog names a million terabytes."""
    hub.publish("large", [item("a", {"image": {"href": hub.file("b.tif").href, "file:size": 10**18}})])

    assert told("download", "large") == (
        1,
        "Error: FOLDER/large is on a disk with # free, and # are still to come. Free some space, choose "
        "another folder, or filter for less.\n"
        "hint: to another folder: --output DIR, --assets-to DIR\n",
    )


def test_a_folder_that_cannot_be_written(told, tmp_path):
    (tmp_path / "notes.txt").write_text("a file")

    assert told("download", "nasa_marine_debris", "-o", "notes.txt") == (
        1,
        "Error: output_dir is not directory.\n"
        "hint: FOLDER/notes.txt is a file. Choose another folder.\n"
        "hint: to another folder: --output DIR, --assets-to DIR\n",
    )
    assert told("download", "nasa_marine_debris", "-o", "notes.txt/data") == (
        1,
        "Error: FOLDER/notes.txt/data cannot be written: Not a directory\n"
        "hint: to another folder: --output DIR, --assets-to DIR\n",
    )


def test_a_folder_that_holds_no_download(told, tmp_path):
    (tmp_path / "data").mkdir()

    assert told("verify", "data") == (
        3,
        "Error: There is no download in FOLDER/data: no mlhub_stac_assets.db in it, nor in a folder of it\n"
        "hint: Name a dataset's folder, or the output_dir that a download was given\n",
    )


def test_files_that_did_not_arrive(run, hub, tmp_path):
    """The report is still the answer."""
    hub.publish("part", [item("a", {"image": hub.file("none.tif", status=404).href})])

    result = run("download", "part")

    assert result.exit_code == 7
    assert result.stdout.startswith("part: fetched 0 of 1 files (0 bytes), kept 0, failed 1, in ")
    assert result.stderr == (
        f"Error: asset download error(s) were logged to {tmp_path}/part/err_report.csv\n"
        "hint: 1 of 1 files did not arrive; the rest is on disk. The same call again "
        "fetches only what is missing.\n"
        f"hint: image of a: {hub.blobs.url}/files/none.tif could not be fetched: 404 Not Found\n"
    )


def test_a_port_that_is_in_use(told, tmp_path):
    from radiant_mlhub.hub.sqlite_store import open_store

    with closing(open_store(tmp_path / "hub")), socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])

        assert told("serve", "--hub", "hub", "--port", port) == (
            1,
            "Error: The hub cannot listen on 127.0.0.1, #: somebody else listens there already\n"
            "hint: any free port: mlhub serve --port 0 --hub hub\n",
        )


@pytest.mark.parametrize(("words", "extra"), [(["serve"], "serve"), (["demo"], "demo")])
def test_a_hub_command_without_its_extra(run_process, words, extra):
    """In a process of its own, whose Python finds no starlette."""
    result = run_process(*words, before="import sys; sys.modules['starlette'] = None")

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        f"Error: A hub needs starlette, which is not installed.\nhint: pip install 'radiant-mlhub[{extra}]'\n"
    )
