"""Whether what the client has decides the answer (RFC 9110, section 13)."""

from email.utils import formatdate, parsedate_to_datetime

from starlette.datastructures import Headers


class Validators:
    """What tells one state of a file from another.

    Attributes:
        etag: Quoted and strong: a digest of the bytes.
        last_modified: As the header has it, in whole seconds.
    """

    def __init__(self, md5: str, mtime_ns: int) -> None:
        self._mtime_s = mtime_ns // 10**9
        self.etag = f'"{md5}"'
        self.last_modified = formatdate(self._mtime_s, usegmt=True)

    def status(self, headers: Headers) -> int | None:
        """412 or 304 when a condition of the request decides; None when the file is to be sent."""
        if_match = headers.get("if-match")
        if if_match is not None:
            if not self._is_named(if_match, weakly=False):
                return 412
        elif self._is_newer_than(headers.get("if-unmodified-since")) is True:
            return 412
        if_none_match = headers.get("if-none-match")
        if if_none_match is not None:
            return 304 if self._is_named(if_none_match, weakly=True) else None
        return 304 if self._is_newer_than(headers.get("if-modified-since")) is False else None

    def may_send_part(self, if_range: str | None) -> bool:
        """Whether the client's part is one of this very file; a date counts when it is the same one."""
        return if_range is None or if_range.strip() in (self.etag, self.last_modified)

    def _is_named(self, listed: str, *, weakly: bool) -> bool:
        named = {etag.strip() for etag in listed.split(",")}
        if weakly:
            named = {etag.removeprefix("W/") for etag in named}
        return self.etag in named or "*" in named

    def _is_newer_than(self, date: str | None) -> bool | None:
        """None when there is no date, or none that can be read: then it does not count."""
        if not date:
            return None
        try:
            return self._mtime_s > parsedate_to_datetime(date).timestamp()
        except (ValueError, OverflowError):
            return None
