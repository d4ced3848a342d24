"""Every command of ``mlhub``: what it is for, and which module holds it.

Named here and not imported, so that ``mlhub --help`` and completion wait for no library that one of
them needs. The function in a command's module is called ``command``, and a test compares its own
words with these.
"""

from typing import NamedTuple


class Listed(NamedTuple):
    """A command as the list shows it.

    Attributes:
        module: Relative to this package.
        words: The first sentence of its help.
    """

    module: str
    words: str


SECTIONS: dict[str, dict[str, Listed]] = {
    "Finding": {
        "datasets": Listed(".datasets", "List the datasets of the hub."),
        "dataset": Listed(".dataset", "Show a dataset: collections, sizes, citation."),
        "collections": Listed(".collections", "List the collections of the hub or of a dataset."),
        "items": Listed(".items", "List the items of a collection."),
        "search": Listed(".search", "Find items of a catalog, without a download."),
        "index": Listed(".index", "Write all items of a catalog to one file."),
        "models": Listed(".models", "List the models of the hub."),
        "model": Listed(".model", "Show a model: what it is for, and its files."),
    },
    "Downloading": {
        "download": Listed(".download", "Bring a dataset to disk, or a part of it."),
        "download-model": Listed(".download_model", "Bring the files of a model to disk."),
        "archive": Listed(".archive", "Bring the archive of a collection to disk."),
        "verify": Listed(".verify", "Check the files of a download, offline."),
    },
    "Publishing": {
        "catalog": Listed(".catalog", "Make a STAC catalog of chips and labels."),
        "publish": Listed(".publish", "Publish a dataset in the hub."),
        "publish-model": Listed(".publish_model", "Publish a model in the hub."),
        "unpublish": Listed(".unpublish", "Take a dataset or a model out of the hub."),
        "serve": Listed(".serve", "Serve the hub until Ctrl-C."),
        "keys": Listed(".keys", "Make, list and revoke the API keys of a hub."),
        "hub": Listed(".hub", "Look after a hub's folder."),
    },
    "Set-up": {
        "configure": Listed(".configure", "Interactively set up radiant_mlhub configuration file."),
        "profiles": Listed(".profiles", "List the profiles: hubs, and the keys' last letters."),
        "doctor": Listed(".doctor", "Look for what keeps mlhub from working here."),
        "completion": Listed(".completion", "Print what lets a shell complete mlhub's words."),
        "demo": Listed(".demo", "See all of it on this machine, without an account."),
    },
}

COMMANDS = {name: listed for section in SECTIONS.values() for name, listed in section.items()}
