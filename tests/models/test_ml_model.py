"""Models: read from the hub, their assets brought to disk."""

import pystac
import pytest

from radiant_mlhub import MLModel
from radiant_mlhub.exceptions import DownloadFailed, EntityDoesNotExist, InvalidArgument
from support.recorded import needs_recordings

pytestmark = needs_recordings
NAME = "model-cyclone-wind-estimation-torchgeo-v1"


@pytest.fixture
def model(hub):
    """A recorded model whose two assets the files' server holds."""
    found = MLModel.fetch(NAME, api_key=hub.key)
    for number, (key, asset) in enumerate(found.assets.items()):
        name = "last.ckpt" if key == "inferencing-checkpoint" else "inferencing.yml"
        asset.href = hub.files.add(f"/models/{name}", size_bytes=300_000 + number).href + "?download=1"
    return found


def test_models_are_listed_and_fetched(hub):
    """With their eight links and two assets each, and the key they came with."""
    for found in [*MLModel.list(api_key=hub.key), MLModel.fetch(NAME, api_key=hub.key)]:
        assert (len(found.links), len(found.assets)) == (8, 2)
        assert found.session_kwargs == {"api_key": hub.key}
    assert str(found) == f"{NAME}: {found.properties['title']}"


def test_a_missing_model_is_told(hub):
    """At once."""
    with pytest.raises(EntityDoesNotExist, match=r'^MLModel "no" does not exist\.$'):
        MLModel.fetch("no", api_key=hub.key)


def test_assets_come_to_a_folder_of_the_models_name(hub, model, tmp_path):
    """Key and extension make the name; the hub's key goes nowhere else."""
    paths = model.download(tmp_path, progress=False)

    assert paths == {
        "inferencing-compose": tmp_path / NAME / "inferencing-compose.yml",
        "inferencing-checkpoint": tmp_path / NAME / "inferencing-checkpoint.ckpt",
    }
    assert sorted(p.stat().st_size for p in paths.values()) == [300_000, 300_001]
    assert not any("key" in r.args for r in hub.files.requests)


def test_a_second_download_fetches_no_bytes(hub, model, tmp_path):
    """What is whole is kept."""
    model.download(tmp_path, progress=False)

    model.download(tmp_path, progress=False)

    # The server counts a body once it is sent, which may be after the client has it.
    assert hub.files.bytes_sent() == 300_000 + 300_001


def test_one_asset_that_fails_does_not_sink_the_other(model, tmp_path):
    """The error names the key; the other file is there."""
    model.assets["inferencing-compose"].href += "x/gone.yml"
    model.assets["inferencing-compose"].href = model.assets["inferencing-compose"].href.replace("?", "/")

    with pytest.raises(DownloadFailed, match="1 of 2 assets") as raised:
        model.download(tmp_path, progress=False)

    assert "inferencing-compose: " in str(raised.value)
    assert [p.name for p in (tmp_path / NAME).iterdir()] == ["inferencing-checkpoint.ckpt"]


def test_keys_that_differ_in_case_alone_have_paths_of_their_own(model, tmp_path):
    """On a folder that ignores case, one would overwrite the other."""
    model.assets["INFERENCING-compose"] = model.assets["inferencing-compose"].clone()
    model.assets["INFERENCING-compose"].set_owner(model)

    paths = model.download(tmp_path, progress=False)

    assert len({str(path).lower() for path in paths.values()}) == 3


def test_an_asset_key_that_climbs_is_refused(hub, model, tmp_path):
    """Before any request for a file."""
    model.assets["../../evil"] = model.assets["inferencing-compose"].clone()

    with pytest.raises(InvalidArgument):
        model.download(tmp_path, progress=False)

    assert hub.files.requests == []


def test_no_key_is_needed_for_files_elsewhere(model, tmp_path):
    """Model files lie at GitHub and Zenodo."""
    model.session_kwargs = {}

    assert len(model.download(tmp_path, progress=False)) == 2


def test_a_relative_address_starts_at_the_models_own(hub, model, tmp_path):
    """As in any STAC object."""
    scene = hub.files.add("/models/beside/weights.npy", size_bytes=500)
    model.set_self_href(f"{hub.files.url}/models/{NAME}.json")
    model.assets = {"weights": pystac.Asset("beside/weights.npy")}
    model.assets["weights"].set_owner(model)

    paths = model.download(tmp_path, progress=False)

    assert paths["weights"].read_bytes() == scene.content


@pytest.mark.parametrize(("failing", "rest"), [(5, ""), (7, "; and 2 more")])
def test_five_failures_are_told_and_the_rest_counted(hub, model, tmp_path, failing, rest):
    model.assets = {f"key{n}": pystac.Asset(f"{hub.files.url}/gone/{n}.npy") for n in range(failing)}

    with pytest.raises(DownloadFailed) as error:
        model.download(tmp_path, progress=False)

    text = str(error.value)
    assert text.startswith(f'{failing} of {failing} assets of model "{NAME}" did not arrive')
    assert [text.count(f"key{n}: ") for n in range(failing)].count(1) == 5
    assert text.endswith(f"404 Not Found{rest}.")
