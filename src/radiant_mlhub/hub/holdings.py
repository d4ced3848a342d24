"""What a hub can answer about, as the API gives it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

API_PATH = "/mlhub/v1/"
"""Where the API begins on a hub; the path the hosted service of 2022 had."""

FILES_PATH = "/files/"
"""Where the files begin on a hub: assets, ``catalogs/`` and ``archives/``."""


@dataclass(frozen=True)
class Holdings:
    """Everything the API tells, by id, ready to be sent.

    Attributes:
        items: The items of each collection, by collection id, sorted by their ids.
        catalogs: What ``catalog/{id}/info`` says, by dataset id.
        archives: What ``archive/{id}/info`` says, by collection id.
    """

    datasets: Mapping[str, Json] = field(default_factory=dict)
    collections: Mapping[str, Json] = field(default_factory=dict)
    items: Mapping[str, Sequence[Json]] = field(default_factory=dict)
    models: Mapping[str, Json] = field(default_factory=dict)
    catalogs: Mapping[str, Json] = field(default_factory=dict)
    archives: Mapping[str, Json] = field(default_factory=dict)
