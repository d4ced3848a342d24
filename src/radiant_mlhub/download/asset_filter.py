"""Which assets ``assets=`` keeps: by key, role or media type, whatever their collection."""

import re
from collections.abc import Iterable, Iterator
from fnmatch import translate
from functools import lru_cache

_GLOB = re.compile(r"[*?\[]")
# Datasets have few keys, roles and media types, however many items.
_REMEMBERED = 4096


class AssetFilter:
    """Keeps the assets that one of several patterns fits.

    A pattern fits an asset that has it for its key, for one of its roles or for its media type (with
    or without parameters: ``image/tiff`` also fits ``image/tiff; application=geotiff``). In a pattern, ``*``
    stands for anything, ``?`` for one character, ``[ab]`` for one of several. Case matters, but not in
    media types (RFC 6838, section 4.2).
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = [_Pattern(text) for text in patterns]
        self.keeps = lru_cache(_REMEMBERED)(self._keeps)

    def _keeps(self, key: str, media_type: str | None, roles: tuple[str, ...]) -> bool:
        return any(pattern.fits(key, media_type, roles) for pattern in self._patterns)


class _Pattern:
    def __init__(self, text: str) -> None:
        self._text = text
        self._folded = text.lower()
        is_glob = _GLOB.search(text) is not None
        self._glob = re.compile(translate(text)) if is_glob else None
        self._folded_glob = re.compile(translate(self._folded)) if is_glob else None

    def fits(self, key: str, media_type: str | None, roles: tuple[str, ...]) -> bool:
        names = (key, *roles)
        types = tuple(media_types(media_type))
        if self._text in names or self._folded in types:
            return True
        if self._glob is None or self._folded_glob is None:
            return False
        return any(map(self._glob.match, names)) or any(map(self._folded_glob.match, types))


def media_types(media_type: str | None) -> Iterator[str]:
    """A media type in lower case, whole and without its parameters."""
    if media_type is not None:
        whole = media_type.lower()
        yield whole
        yield whole.partition(";")[0].strip()
