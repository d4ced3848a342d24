"""STAC objects that write what they read, and stay off the network while they do.

pystac resolves the root link of an object to write it, so ``to_dict``, ``clone`` and
``link.href`` ask the API's root, without a key; and it writes the STAC version it knows best,
dates in its own notation, and empty fields as absent or absent ones as empty. Objects of a hub
have a root that may be unreachable, and come out here as they came in.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, ClassVar, Self, cast

import pystac

from ._credentials import session_kwargs

# What the hub of 2022 spoke, and what a collection or item without a version is taken for.
STAC_VERSION = "1.0.0"

# Values for required fields that an answer lacks, or has as null.
ITEM_REQUIRES: Mapping[str, Any] = {
    "type": "Feature",
    "stac_version": STAC_VERSION,
    "links": [],
    "assets": {},
    "properties": {},
}


class AsRead(pystac.STACObject):
    """What ``Collection`` and ``MLModel`` add to their pystac classes; stands before those.

    Attributes:
        session_kwargs: ``api_key`` or ``profile`` of this object, for calls on its behalf.
    """

    _required: ClassVar[Mapping[str, Any]]

    session_kwargs: dict[str, str]
    _as_read: dict[str, Any] | None = None

    def __init__(
        self, *args: Any, api_key: str | None = None, profile: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.session_kwargs = session_kwargs(api_key, profile)

    @classmethod
    def from_dict(
        cls,
        d: dict[str, Any],
        href: str | None = None,
        root: pystac.Catalog | None = None,
        migrate: bool = False,
        preserve_dict: bool = True,
        *,
        api_key: str | None = None,
        profile: str | None = None,
    ) -> Self:
        """The object that ``d`` describes.

        Args:
            d: The JSON of a STAC object. Missing links, license, version and the like are filled in.
            href: The object's own address; becomes its self link.
            root: Catalog to set as its root.
            migrate: Bring it to the STAC version pystac writes; without, it stays as it is.
            preserve_dict: Leave ``d`` as it is; without, parts of it belong to the object.
            api_key: Key for calls on behalf of the object.
            profile: Profile for calls on behalf of the object.

        Raises:
            pystac.STACError: ``d`` is no object of this type, or lacks what nobody can fill in.
        """
        missing = {name: value for name, value in cls._required.items() if d.get(name) is None}
        whole = {**d, **deepcopy(missing)}
        as_read = None if migrate else deepcopy(whole)
        read = super().from_dict(whole, href, root, migrate, preserve_dict)
        read.session_kwargs = session_kwargs(api_key, profile)
        read._as_read = as_read
        return read

    def to_dict(self, include_self_link: bool = True, transform_hrefs: bool = True) -> dict[str, Any]:
        """The JSON of this object; what nobody changed is as it was read.

        Args:
            include_self_link: Write the link to the object itself.
            transform_hrefs: Write links relative where the root catalog is of a relative type.
        """
        now = self._as_pystac_writes(include_self_link, transform_hrefs)
        if self._as_read is None:
            return now
        before = type(self).from_dict(self._as_read)._as_pystac_writes(include_self_link, transform_hrefs)
        as_read = deepcopy(self._as_read)
        if not include_self_link:
            as_read["links"] = [link for link in as_read["links"] if link.get("rel") != pystac.RelType.SELF]
        return _unchanged_as_read(now, before, as_read)

    def clone(self) -> Self:
        """A copy with the same credentials. Its links are not followed."""
        copy = cast(Self, super().clone())  # type: ignore[safe-super]
        copy.session_kwargs = dict(self.session_kwargs)
        copy._as_read = deepcopy(self._as_read)
        return copy

    def get_root(self) -> pystac.Catalog | None:
        """The root catalog, where somebody set one; the root link is never followed."""
        return _resolved(self.get_root_link())

    def get_parent(self) -> pystac.Catalog | None:
        """The parent, where somebody set one; the parent link is never followed.

        pystac asks for it to find a cache key, even while it copies an object.
        """
        return _resolved(self.get_single_link(pystac.RelType.PARENT))

    def _as_pystac_writes(self, include_self_link: bool, transform_hrefs: bool) -> dict[str, Any]:
        # mypy sees the abstract class; the pystac class beside this one stands behind it.
        return super().to_dict(include_self_link, transform_hrefs)  # type: ignore[safe-super]


def _resolved(link: pystac.Link | None) -> pystac.Catalog | None:
    target = link.target if link is not None and link.is_resolved() else None
    return target if isinstance(target, pystac.Catalog) else None


def _unchanged_as_read(
    now: dict[str, Any], before: dict[str, Any], as_read: dict[str, Any]
) -> dict[str, Any]:
    """``now``, with each field that is as it was ``before`` replaced by what was read."""
    written = {}
    for name in [*as_read, *(name for name in now if name not in as_read)]:
        if name in now and (name not in before or now[name] != before[name]):
            written[name] = now[name]
        elif name in as_read and (name in now) == (name in before):
            written[name] = as_read[name]
    return written


class FetchedItem(AsRead, pystac.Item):
    """A ``pystac.Item`` of a hub."""

    _required = ITEM_REQUIRES
