"""Objects of the source as the store wants them: hrefs of the hub, digests, no structural links."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from stac_pydantic import Item

from ... import digests, layout
from ..store import API_PATH, FILES_PATH, OWN_HREF, Json, StoredItem
from .asset_files import Files, LookedAtFiles
from .hrefs import BadHref
from .problems import Problems
from .reading import STRUCTURAL_RELS, UNREADABLE, Found
from .sources import Source
from .staged import PlacedFile, Staged
from .validation import implements

FILE_EXTENSION = "https://stac-extensions.github.io/file/v2.1.0/schema.json"

_SHA2_256 = "1220"
"""What a multihash of SHA-256 begins with: the function's code and 32, the length in bytes."""

_NO_COLLECTION = "models"  # they alone may do without
_MICROSECONDS = 1_000_000
_TARGETS_KEPT = 4096


class _Identity(msgspec.Struct, gc=False):
    type: str
    id: str
    collection: str | None = None


_IDENTITY = msgspec.json.Decoder(_Identity)


@dataclass(frozen=True)
class PlaceWanted:
    """A file of the source, who names it, and where it is to lie below ``assets/``."""

    where: str
    source: str
    wanted: str
    common: str | None


@dataclass
class PlacedAsset:
    """An asset, or a link, whose file is being brought into the publication.

    Attributes:
        files: Who brings it.
    """

    place: str
    member: Json
    source: str
    file: Future[PlacedFile]
    files: Files


@dataclass
class Draft:
    """An object whose files are on their way.

    Attributes:
        item: Of an item: as stac-pydantic read it.
        files: Assets and links that will point at files of the hub.
        own_links: How many of its links lead to objects of the hub.
    """

    found: Found
    body: Json
    links: list[Json]
    item: Item | None = None
    files: list[PlacedAsset] = field(default_factory=list)
    own_links: int = 0

    @property
    def is_ready(self) -> bool:
        """Whether nothing has to be waited for."""
        return all(asset.file.done() for asset in self.files)


class Rewriter:
    """Turns objects into drafts, and drafts whose files are there into what the store wants."""

    def __init__(self, source: Source, version: str, files: Files | None, problems: Problems) -> None:
        """``files`` is None where assets stay at their addresses."""
        self._source = source
        self._files = files
        self._problems = problems
        self._href = f"{OWN_HREF}{FILES_PATH.lstrip('/')}{version}/"
        self._target = lru_cache(maxsize=_TARGETS_KEPT)(self._target_of)

    def only_look(self, staged: Staged) -> None:
        """From now on files are looked at and not brought in any more."""
        if self._files is not None and not isinstance(self._files, LookedAtFiles):
            self._files = LookedAtFiles(staged)

    def draft(self, found: Found, item: Item | None) -> Draft | None:
        """The object with its files on their way; None when an href of it is bad."""
        body = dict(found.body)
        links = [dict(link) for link in body.pop("links", None) or ()]
        draft = Draft(found, body, links, item)
        before = self._problems.total
        self._draft_assets(draft)
        self._draft_links(draft)
        return draft if self._problems.total == before else None

    def stored_item(self, draft: Draft) -> StoredItem | None:
        """The item for the store; None when something is wrong with its files."""
        text = self.text(draft)
        if text is None or draft.item is None:
            return None
        start, end = _moments(draft.item)
        return StoredItem(
            draft.body["collection"], draft.body["id"], _box(draft.item), start, end, text.decode()
        )

    def text(self, draft: Draft) -> bytes | None:
        """The object as compact JSON, ``links`` at its end; None when something is wrong with its files."""
        before = self._problems.total
        for asset in draft.files:
            self._settle(asset, draft)
        if self._problems.total > before:
            return None
        if draft.files and not implements(draft.body, "file"):
            draft.body["stac_extensions"] = [*(draft.body.get("stac_extensions") or ()), FILE_EXTENSION]
        try:
            text = msgspec.json.encode({**draft.body, "links": draft.links})
        except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
            self._complain(draft, "$", f"cannot be written as JSON: {error}")
            return None
        if text.count(OWN_HREF.encode()) != len(draft.files) + draft.own_links:
            self._complain(draft, "$", f'holds "{OWN_HREF}", which the hub keeps for itself')
            return None
        return text

    def _draft_assets(self, draft: Draft) -> None:
        assets = {key: dict(asset) for key, asset in (draft.body.get("assets") or {}).items()}
        if "assets" in draft.body:
            draft.body["assets"] = assets
        for key, asset in assets.items():
            try:
                local = self._local(draft.found, key, asset["href"])
                if local is not None:
                    self._place(draft, key, asset, local)
            except BadHref as error:
                self._complain(draft, f"$.assets.{key}.href", str(error))

    def _local(self, found: Found, key: str, href: str) -> str | None:
        """The file of an asset; None when it stays at its address."""
        folder, saved = self._source.folder, self._source.saved
        if saved is not None and self._files is not None:
            item_id = found.body["id"] if found.kind == "item" else ""
            place = saved.path_of(found.body.get("collection") or found.collection_id or "", item_id, key)
            if place is not None and (saved.manifest.parent / place).is_file():
                return folder.resolve(place, saved.manifest)
        return folder.resolve(href, found.path)

    def _place(self, draft: Draft, key: str, asset: Json, local: str) -> None:
        if self._files is None:
            raise BadHref(f"{asset['href']!r} is a file here; --remote is for assets that have an address")
        ext = layout.extension(local, asset.get("type"))
        if draft.found.kind == "item":
            collection_id = draft.body.get("collection") or _NO_COLLECTION
            wanted = layout.item_asset_path(collection_id, draft.body["id"], key, ext)
        else:
            wanted = layout.collection_asset_path(draft.body["id"], key, ext)
        common = layout.dataset_common_path(key, ext) if key in layout.COMMON_ASSET_NAMES else None
        self._bring(draft, PlaceWanted(f"$.assets.{key}", local, wanted, common), asset)

    def _bring(self, draft: Draft, place: PlaceWanted, member: Json) -> None:
        if self._files is None:
            return
        named = _named_digest(member)
        names = [named[0]] if named and digests.can_check(named[0]) else []
        common = f"assets/{place.common}" if place.common else None
        file = self._files.place(place.source, f"assets/{place.wanted}", common, member.get("type"), names)
        draft.files.append(PlacedAsset(place.where, member, place.source, file, self._files))

    def _draft_links(self, draft: Draft) -> None:
        kept = []
        for number, link in enumerate(draft.links):
            if link.get("rel") in STRUCTURAL_RELS:
                continue
            try:
                local = self._source.folder.resolve(link["href"], draft.found.path)
            except BadHref:
                # A catalog that was cut out of a larger one: what is left of it is still of use.
                self._problems.note(
                    f'links "{link.get("rel")}" were left out: what they lead to is not in the source'
                )
                continue
            if local is None or self._lead(draft, number, link, local):
                kept.append(link)
        draft.links = kept

    def _lead(self, draft: Draft, number: int, link: Json, local: str) -> bool:
        """Let a link to a file of the source lead to the hub; False when it cannot."""
        target = self._target(local)
        if target is not None:
            link["href"] = OWN_HREF + target
            draft.own_links += 1
            return True
        if self._files is None:
            self._problems.note(f'links "{link.get("rel")}" to files were left out: they have no address')
            return False
        name = layout.safe_component(Path(local).name)
        owner = f"{draft.body.get('collection') or draft.body['id']}/{draft.body['id']}"
        wanted = "/".join(map(layout.safe_component, owner.split("/"))) + f"/_links/{name}"
        common = f"{layout.COMMON_FOLDER}/{name}"
        self._bring(draft, PlaceWanted(f"$.links[{number}]", local, wanted, common), link)
        return True

    def _target_of(self, path: str) -> str | None:
        """Where the hub has the STAC object that lies at ``path``; None when there is none."""
        if not path.endswith(".json"):
            return None
        try:
            identity = _IDENTITY.decode(Path(path).read_bytes())
        except UNREADABLE:
            return None
        api = API_PATH.lstrip("/")
        if identity.type == "Collection":
            return f"{api}collections/{quote(identity.id, safe='')}"
        if identity.type == "Feature" and identity.collection:
            collection, item = quote(identity.collection, safe=""), quote(identity.id, safe="")
            return f"{api}collections/{collection}/items/{item}"
        return None

    def _settle(self, asset: PlacedAsset, draft: Draft) -> None:
        """Wait for the file, compare it with what the catalog says, and write down what it is."""
        try:
            file = asset.files.settled(asset.source, asset.file)
        except (FileNotFoundError, PermissionError) as error:
            self._complain(draft, asset.place, f"cannot be read: {error}")
            return
        self._compare(asset, file, draft)
        asset.member["href"] = self._href + quote(file.path)
        asset.member["file:size"] = file.size
        asset.member["file:checksum"] = _SHA2_256 + file.sha256

    def _compare(self, asset: PlacedAsset, file: PlacedFile, draft: Draft) -> None:
        size = asset.member.get("file:size")
        if size is not None and size != file.size:
            self._complain(draft, asset.place, f"file:size says {size} bytes; the file has {file.size}")
        named = _named_digest(asset.member)
        found = {"md5": file.md5, "sha2-256": file.sha256, **dict(file.named)}
        if file.sha256 and named and found.get(named[0], named[1]) != named[1]:
            self._complain(draft, asset.place, "file:checksum is not that of the file")

    def _complain(self, draft: Draft, place: str, message: str) -> None:
        self._problems.add(self._source.folder.name_of(draft.found.path), place, message)


def _named_digest(member: Mapping[str, Any]) -> tuple[str, str] | None:
    """Kind and hexadecimal digits of ``file:checksum``; None without one that is understood."""
    checksum = member.get("file:checksum")
    if checksum is None:
        return None
    try:
        name, _, digest = digests.from_multihash(checksum).partition(":")
    except ValueError:
        return None
    return name, digest


def _moments(item: Item) -> tuple[int | None, int | None]:
    properties = item.properties
    start = properties.start_datetime or properties.datetime
    end = properties.end_datetime or properties.datetime
    return _microseconds(start), _microseconds(end)


def _microseconds(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    return int(moment.replace(microsecond=0).timestamp()) * _MICROSECONDS + moment.microsecond


def _box(item: Item) -> tuple[float, float, float, float] | None:
    bbox = item.bbox
    if bbox is None:
        return None
    half = len(bbox) // 2
    return (bbox[0], bbox[1], bbox[half], bbox[half + 1])
