"""What is typed, in this order: later commands find what earlier ones left."""

SCREENS = {
    "datasets": ["datasets", "datasets --tag radar", "datasets --text wheat"],
    "dataset": ["dataset demo_crops", "dataset demo_crop"],
    "collections": ["collections", "collections demo_crops"],
    "items": [
        "items demo_crops_source --limit 3",
        "items demo_crops_source --bbox 33,-1,35,1 --datetime 2019-06-01/2019-06-30",
        "items demo_crops_sources",
    ],
    "models": ["models"],
    "model": ["model demo_crop_classifier_v1"],
    "index": ["index demo_crops -o crops.db"],
    "search": [
        "search crops.db --bbox 33,-1,35,1 --limit 3",
        "search crops.db --text kenya --datetime 2019-10-01/.. --filter \"collection = 'demo_crops_source'\"",
    ],
    "download": [
        "download demo_crops -o data --bbox 33,-1,35,1 --datetime 2019-06-01/2019-08-31 --dry-run",
        "download demo_crops -o data --bbox 33,-1,35,1 --datetime 2019-06-01/2019-08-31",
        "download demo_crops -o data --bbox 33,-1,35,1 --datetime 2019-06-01/2019-08-31",
        "download demo_crops -o data --collection demo_crops_label",
    ],
    "download-model": ["download-model demo_crop_classifier_v1 -o models"],
    "archive": ["archive demo_crops_labels --dry-run", "archive demo_crops_labels -o archives"],
    "verify": ["verify data", "verify chips"],
    "catalog": ["catalog chips labels -o farms --id farms_2026 --title 'Farms of 2026' --label crop"],
    "publish": [
        "publish farms --id farms_2026 --tag crops --check",
        "publish farms --id farms_2026 --tag crops",
    ],
    "publish-model": ["publish-model model.json --remote"],
    "keys": ["keys create 'Amina, training cluster'", "keys list", "keys revoke KEY_ID", "keys list"],
    "hub": ["hub check --digests"],
    "serve": ["serve --port 0"],
    "unpublish": ["unpublish farms_2026", "unpublish farms_2027"],
    "configure": ["configure --root-url http://127.0.0.1:48017/mlhub/v1", "configure --list"],
    "profiles": ["profiles"],
    "doctor": ["doctor"],
    "completion": ["completion fish"],
    "demo": ["demo"],
}

ANSWERS = {
    "serve --port 0": [["--host 0.0.0.0 lets others in.", "\x03", 1.0]],
    "configure --root-url http://127.0.0.1:48017/mlhub/v1": [["API Key: ", "demo\n"]],
}
