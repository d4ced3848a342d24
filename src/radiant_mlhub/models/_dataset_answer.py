"""A dataset as the API tells it, before anything else is asked about it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ._credentials import session_kwargs

if TYPE_CHECKING:
    from typing import Self


class _DatasetAnswer:
    """What one answer of the API says of a dataset; see ``Dataset``."""

    def __init__(  # noqa: PLR0917  # the documented order
        self,
        id: str,  # noqa: A002
        collections: list[dict[str, Any]],
        title: str | None = None,
        registry: str | None = None,
        doi: str | None = None,
        citation: str | None = None,
        *,
        api_key: str | None = None,
        profile: str | None = None,
        **extra_fields: Any,
    ) -> None:
        self.id = id
        self.title = title
        self.collection_descriptions = collections
        self.registry_url = registry
        self.doi = doi
        self.citation = citation
        self.extra_fields: dict[str, Any] = extra_fields
        self.session_kwargs = session_kwargs(api_key, profile)

    def __str__(self) -> str:
        return f"{self.id}: {self.title}"

    def __repr__(self) -> str:
        return f"<Dataset id={self.id} title={self.title!r} collections={len(self.collection_descriptions)}>"

    @classmethod
    def from_dict(
        cls, d: Mapping[str, Any], *, api_key: str | None = None, profile: str | None = None
    ) -> Self:
        """The dataset that an answer of the API describes; ``d`` is left as it is.

        Raises:
            TypeError: There is no ``id`` or no ``collections`` in it.
        """
        return cls(**{**deepcopy(dict(d)), "api_key": api_key, "profile": profile})

    def to_dict(self) -> dict[str, Any]:
        """The dataset as the API tells it."""
        return deepcopy(
            {
                "id": self.id,
                "collections": self.collection_descriptions,
                "title": self.title,
                "registry": self.registry_url,
                "doi": self.doi,
                "citation": self.citation,
                **self.extra_fields,
            }
        )

    @property
    def description(self) -> str | None:
        """What the dataset is about, as CommonMark, if told."""
        return self.extra_fields.get("description")

    @property
    def tags(self) -> list[str]:
        """Its tags; none where none are told."""
        return self.extra_fields.get("tags") or []

    @property
    def bbox(self) -> dict[str, Any] | None:
        """Where its data lie, as a GeoJSON geometry, if told."""
        return self.extra_fields.get("bbox")

    @property
    def publications(self) -> list[dict[str, Any]]:
        """Publications about it; none where none are told."""
        return self.extra_fields.get("publications") or []

    @property
    def documentation_link(self) -> str | None:
        """The address of its documentation, if told."""
        return self.extra_fields.get("documentation_link")
