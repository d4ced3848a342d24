"""What a script of 2022 does with a hub, by documented names alone; its findings as JSON on stdout.

Run by client 0.5.5 and by this one, in processes of their own: ``script_of_2022.py OUTPUT``.
"""

import hashlib
import json
import sys
from datetime import datetime, timezone
from pathlib import Path

from radiant_mlhub import Collection, Dataset, MLModel
from radiant_mlhub.client import list_collection_items

DATASET = "demo_crops"
DOI = "10.5072/demo-crops"
KENYA = [33.0, -1.0, 35.0, 1.0]
TRIANGLE = {
    "type": "Feature",
    "properties": {},
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[-7.0, 12.0], [-5.0, 12.0], [-6.0, 14.0], [-7.0, 12.0]]],
    },
}
FILTERS = {
    "everything": {},
    "collection": {"collection_filter": {"demo_crops_source": ["image"], "demo_crops_labels": ["labels"]}},
    "bbox": {"bbox": KENYA},
    "intersects": {"intersects": TRIANGLE},
    "datetime": {
        "datetime": (datetime(2019, 6, 1, tzinfo=timezone.utc), datetime(2019, 8, 31, tzinfo=timezone.utc))  # noqa: UP017 - 3.10 has no datetime.UTC
    },
}


def digests(folder: Path) -> dict:
    """Every file below the folder with its digest, but for the database and the report."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".tif", ".png", ".pdf", ".geojson", ".csv", ".gz")
        and path.name != "err_report.csv"
    }


def looked_around() -> dict:
    """Lists and single objects, by id and by DOI."""
    dataset = Dataset.fetch_by_id(DATASET)
    source = Collection.fetch("demo_crops_source")
    # Two pages and a half of them, one page at a time.
    items = list(list_collection_items(source.id, page_size=5, limit=12))
    labelled = list_collection_items("demo_crops_labels", extensions=["label"])
    item = source.fetch_item(items[0]["id"])
    [model] = MLModel.list()
    return {
        "datasets": sorted(each.id for each in Dataset.list()),
        "tagged": [each.id for each in Dataset.list(tags=["crops"])],
        "found": [each.id for each in Dataset.list(text="radar")],
        "by_doi": [Dataset.fetch_by_doi(DOI).id, Dataset.fetch(DOI).id, Dataset.fetch(DATASET).title],
        "told": [dataset.title, dataset.doi, dataset.citation],
        "collections": sorted(each.id for each in dataset.collections),
        "source_imagery": [each.id for each in dataset.collections.source_imagery],
        "labels": [each.id for each in dataset.collections.labels],
        "listed": sorted(each.id for each in Collection.list()),
        "items": [each["id"] for each in items],
        "labelled": sorted(each["id"] for each in labelled),
        "item": [item.id, sorted(item.assets), item.bbox],
        "sizes": [source.archive_size, dataset.estimated_dataset_size, dataset.stac_catalog_size],
        "model": [model.id, MLModel.fetch(model.id).id],
    }


def downloaded(output: Path) -> dict:
    """An archive, and the dataset under each filter."""
    archive = Collection.fetch("demo_crops_labels").download(output)
    files = {"archive": {"archive": hashlib.sha256(Path(archive).read_bytes()).hexdigest()}}
    for name, wanted in FILTERS.items():
        folder = output / name
        folder.mkdir()
        Dataset.fetch(DATASET).download(folder, **wanted)
        files[name] = digests(folder)
    return files


if __name__ == "__main__":
    found = {"looked_around": looked_around(), "downloaded": downloaded(Path(sys.argv[1]))}
    json.dump(found, sys.stdout)
