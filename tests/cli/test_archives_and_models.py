"""``mlhub archive`` and ``mlhub download-model``: single files to disk."""

import json

from support.scripted_hub import collection, item


def test_an_archive(run, hub, tmp_path):
    hub.archive("labels", b"archive" * 100)

    result = run("archive", "labels", "-o", "archives")

    path = tmp_path / "archives/labels.tar.gz"
    assert (result.exit_code, result.stdout) == (0, "archives/labels.tar.gz (700 bytes)\n")
    assert result.stderr == "hint: what is in it: tar -tzf archives/labels.tar.gz\n"
    assert path.read_bytes() == b"archive" * 100


def test_an_archive_for_a_script(run, hub, tmp_path):
    hub.archive("labels", b"archive")

    assert json.loads(run("archive", "labels", "--dry-run", "--json").stdout) == {
        "collection": "labels",
        "size_bytes": 7,
    }
    assert not list(tmp_path.iterdir())
    assert json.loads(run("archive", "labels", "--json").stdout) == {
        "path": f"{tmp_path}/labels.tar.gz",
        "size_bytes": 7,
    }
    assert run("archive", "labels", "--quiet").output == ""


def test_a_collection_without_an_archive(run, hub):
    hub.collections["labels"] = collection("labels")

    result = run("archive", "labels")

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == (
        'Error: The collection "labels" has no archive in this hub.\n'
        "hint: its items: mlhub items labels\n"
        "hint: its files come with those of its dataset: mlhub datasets; mlhub download ID\n"
    )


def test_the_files_of_a_model(run, hub, tmp_path):
    hub.models["net"] = item("net", {"weights": hub.file("w.pt", b"w" * 2000).href})

    result = run("download-model", "net", "-o", "models")

    path = tmp_path / "models/net/weights.pt"
    assert (result.exit_code, result.stdout, result.stderr) == (
        0,
        "weights: models/net/weights.pt (2.0 kB)\n",
        "",
    )
    assert path.read_bytes() == b"w" * 2000
    assert json.loads(run("download-model", "net", "-o", "models", "--json").stdout) == {"weights": str(path)}
    assert run("download-model", "net", "-o", "models", "--quiet").output == ""
