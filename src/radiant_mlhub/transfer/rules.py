"""One file: what to ask next, what an answer means, when it is whole. No I/O.

::

    main():  what lies here? --> kept
                  |
                  v
             ask <------ pause <------ trouble
              |                          ^
              v                          |
             200: a new part -----> receive --> filled --> finish(): length, digests
             206: placed where it says                       |           |
             416, another version: begin anew             fetched   begin anew

``helper()`` fills further stretches of the same version beside ``main()``.
"""

from collections.abc import Callable, Mapping

from .alternatives import Alternatives
from .answers import (
    NOT_MODIFIED,
    OK,
    PARTIAL,
    PAST_THE_END,
    Answer,
    ContentRange,
    Version,
    can_decode,
    coding_of,
    content_range_of,
    ends_by_closing,
    retry_after_of,
    takes_ranges,
    version_of,
)
from .asking import IDENTITY, asked
from .expectation import Expectation, expectation_of
from .patience import MIB, Patience, Tries
from .present import Found, Opening, opening_of
from .ranges import Ranges, Stretch
from .steps import (
    AdoptPart,
    Digests,
    Failed,
    Fetched,
    Hash,
    Kept,
    Pause,
    Receive,
    StartOver,
    Steps,
    Trouble,
    Verdict,
)
from .transfers import Transfer, VerifiedBy

# A further connection pays from here on: a range of this size takes longer than its request.
SMALLEST_STRETCH_BYTES = 8 * 1024 * 1024


class FileRules:
    """Decides about one transfer; whoever drives it has the sockets and the files.

    Attributes:
        version: The version of the object that the part holds; None before the first answer.
        done: The bytes of the part that are there. The driver adds what it wrote.
        is_coded: The body of the last answer was coded: it is decoded and never continued.
        served_name: Last path segment of the address that answered, after redirects.
        redirected_to: That address, where redirects led to it.
        alternatives: Knows which of the transfer's addresses is asked.
    """

    def __init__(
        self, transfer: Transfer, found: Found, patience: Patience, chance: Callable[[], float]
    ) -> None:
        self.transfer = transfer
        self.version: Version | None = None
        self.done = Ranges()
        self.is_coded = False
        self.served_name: str | None = None
        self.redirected_to: str | None = None
        self.alternatives = Alternatives(transfer, found.part.address if found.part else None)
        self._found = found
        self._patience = patience
        self._chance = chance
        self._tries = Tries(patience, chance)
        self._wrong = 0
        self._unplaced = 0
        self._is_made_anew = False
        self._is_open = False
        self._conditions: Mapping[str, str] = {}
        self._takes_ranges = False
        self._ended_by_closing = False
        self._stretches: list[Stretch] = []
        self._gaps: list[tuple[int, int | None]] = [(0, None)]

    def main(self) -> Steps:
        """From what lies here to the last byte that no helper took over; None when all are here."""
        if self._is_open:
            self._begin_anew()
        else:
            opening = yield from opening_of(self.transfer, self._found, self.alternatives.address)
            if not isinstance(opening, Opening):
                return opening
            if opening.adopt is not None:
                yield AdoptPart(opening.adopt.path, opening.version)
                self._found = Found()
            self._open(opening)
        return (yield from self._fill_stretches())

    def helper(self) -> Steps:
        """Further stretches of the same version, beside ``main``."""
        return (yield from self._fill_stretches())

    def turn(self, failed: Failed) -> bool:
        """Go on to the next address, at which ``main`` then begins; False where there is none left."""
        if not self.alternatives.turn(failed):
            return False
        self._begin_anew()
        self._found = self._found._replace(part=None)
        self._tries = Tries(self._patience, self._chance)
        self._wrong = self._unplaced = 0
        self._is_open = self._is_made_anew = False
        return True

    @property
    def has_work_for_a_helper(self) -> bool:
        """A further connection would find something to do."""
        if self.version is None or self.is_coded or not self.version.has_strong_etag:
            return False
        longest = max((s.missing_bytes for s in self._stretches), default=0)
        return self._takes_ranges and (bool(self._gaps) or longest >= 2 * SMALLEST_STRETCH_BYTES)

    def finish(self) -> Steps:
        """Whether the bytes that arrived are the right ones; asked once every stretch is filled."""
        expected = self._expectation()
        made: Digests = yield Hash(expected.names)
        as_served = expected.against_the_server(made)
        as_named = expected.against_the_catalog(made) or self._wrong_length()
        if as_named and expected.served and not as_served:
            self._begin_anew()  # what the catalog means cannot be had here; nothing is kept
            return self._failed(f"{as_named}, and the server's own digest agrees with its bytes")
        wrong = as_served or as_named
        if wrong:
            return self._fetch_it_again(wrong)
        return Fetched(expected.digest_of(made), self._verified_by(is_checked=expected.is_any))

    def _expectation(self) -> Expectation:
        return expectation_of(self.transfer, self.version, is_coded=self.is_coded)

    def _wrong_length(self) -> str | None:
        size, wanted = self.done.size_bytes, self.transfer.size_bytes
        if wanted is None or size == wanted:
            return None
        return f"{size} bytes arrived where the catalog says {wanted}"

    def _fetch_it_again(self, wrong: str) -> Verdict:
        self._wrong += 1
        if self._wrong < self._patience.digest_tries:
            return StartOver()
        self._begin_anew()  # nothing of it is worth going on with
        return self._failed(f"{wrong}, {self._wrong} times; the object may be damaged at its source")

    def _verified_by(self, *, is_checked: bool) -> VerifiedBy:
        if is_checked:
            return "digest"
        is_unknown = self._ended_by_closing and self.transfer.size_bytes is None
        return "nothing" if is_unknown else "length"

    def _open(self, opening: Opening) -> None:
        self._is_open = True
        self._conditions = opening.conditions
        if opening.adopt is not None:
            self.version = opening.version
            self.done = Ranges([(0, opening.adopt.size_bytes)])
        elif self._found.part is not None:
            self.version = self._found.part.version
            self.done = Ranges(self._found.part.ranges)
            self._conditions = {}
        total = None if self.version is None else self.version.total
        # A part without a gap asks for its last byte once more, so that the server has a say.
        self._gaps = self.done.gaps(total) or [(max((total or 0) - 1, 0), total)]

    def _begin_anew(self) -> None:
        self.version = None
        self.is_coded = False
        self.done = Ranges()
        self._conditions = {}
        self._stretches = []
        self._gaps = [(0, None)]

    def _fill_stretches(self) -> Steps:
        stretch = self._next_stretch()
        while stretch is not None:
            while not stretch.is_filled:
                verdict = yield from self._try(stretch)
                if verdict is not None:
                    return verdict
            self._stretches.remove(stretch)
            stretch = self._next_stretch()
        return None

    def _next_stretch(self) -> Stretch | None:
        if self._gaps:
            stretch = Stretch(*self._gaps.pop(0))
        else:
            longest = max(self._stretches, key=lambda s: s.missing_bytes, default=None)
            if longest is None or longest.missing_bytes < 2 * SMALLEST_STRETCH_BYTES:
                return None
            stretch = longest.halve()
        self._stretches.append(stretch)
        return stretch

    def _try(self, stretch: Stretch) -> Steps:
        """One request for what is missing of ``stretch``, and what its answer brings."""
        reply = yield from asked(self.alternatives.address, self._headers_for(stretch))
        if isinstance(reply, Trouble):
            return (yield from self._again(stretch, reply))
        self.served_name, self.redirected_to = reply.served_name, reply.redirected_to
        is_ranged = stretch.pos > 0 or self._is_bounded(stretch)
        if reply.status == NOT_MODIFIED and self._conditions:
            return self._unchanged()
        if reply.status == PAST_THE_END and is_ranged:
            return (yield from self._past_the_end(stretch, reply))
        told = content_range_of(reply)
        fits = is_ranged and told is not None and told.start == stretch.pos
        if reply.status == PARTIAL or (reply.status == OK and fits):
            return (yield from self._partial(stretch, reply, told))
        if reply.status == OK:
            return (yield from self._whole(stretch, reply))
        return (yield from self._refused(stretch, reply))

    def _refused(self, stretch: Stretch, reply: Answer) -> Steps:
        """An answer without bytes; where its request can be made anew, it is, once."""
        trouble = Trouble(reply.reason, not reply.is_retryable, retry_after_of(reply), reply.status)
        if trouble.is_final and reply.refusals is not None:
            if not self._is_made_anew and reply.refusals.is_worth_another(reply.status, reply.headers):
                self._is_made_anew = True
                return None
            why = reply.refusals.reason(reply.status, reply.headers)
            trouble = trouble._replace(text=f"{reply.reason}: {why}" if why else reply.reason)
        return (yield from self._again(stretch, trouble))

    def _headers_for(self, stretch: Stretch) -> dict[str, str]:
        headers = {**IDENTITY, **self._conditions}
        is_bounded = self._is_bounded(stretch)
        if stretch.pos == 0 and not is_bounded:
            return headers
        last = str(stretch.end - 1) if is_bounded and stretch.end is not None else ""
        headers["Range"] = f"bytes={stretch.pos}-{last}"
        if self.version is not None and self.version.validator is not None:
            headers["If-Range"] = self.version.validator
        return headers

    def _is_bounded(self, stretch: Stretch) -> bool:
        """Its last byte is not the last of the file."""
        total = None if self.version is None else self.version.total
        return total is not None and stretch.end is not None and stretch.end < total

    def _unchanged(self) -> Kept | Failed:
        record = self.transfer.record
        if record is None:
            return self._failed("304 Not Modified, though nothing is recorded here")
        return Kept(record.validator, record.digest, record.verified_by, is_unchanged=True)

    def _whole(self, stretch: Stretch, answer: Answer) -> Steps:
        """A 200: the whole object, of whatever version; nothing older is kept."""
        self._is_made_anew = False
        if len(self._stretches) > 1:
            return (yield from self._anew(stretch, "the object changed while it was fetched"))
        coding = coding_of(answer)
        if coding is not None and not can_decode(coding):
            return self._failed(f'the body is coded as "{coding}", which cannot be undone here')
        version = version_of(answer)
        length = version.total if coding is None else None
        wanted, most = self.transfer.size_bytes, self.transfer.most_bytes
        if length is not None and wanted not in (None, length):
            return self._failed(f"the server has {length} bytes where the catalog says {wanted}")
        if length is not None and self._is_too_long(length):
            return self._too_long()
        self._begin_anew()
        self.version, self.is_coded = version, coding is not None
        self._takes_ranges = takes_ranges(answer)
        self._ended_by_closing = ends_by_closing(answer)
        # Of a body of unknown length, the first byte that is too much ends it.
        stretch.pos, stretch.end = 0, most + 1 if length is None and most is not None else length
        self._stretches, self._gaps = [stretch], []
        yield self._expectation().new_part(version)
        trouble = yield Receive(stretch, 0, coding)
        if length is not None:
            return (yield from self._after(stretch, trouble, stretch.end))
        return (yield from self._after_unknown_length(stretch, trouble))

    def _after_unknown_length(self, stretch: Stretch, trouble: Trouble | None) -> Steps:
        if self._is_too_long(stretch.pos):
            return self._too_long()
        stretch.end = stretch.pos if trouble is None else None
        return None if trouble is None else (yield from self._again(stretch, trouble))

    def _partial(self, stretch: Stretch, answer: Answer, told: ContentRange | None) -> Steps:
        """A 206: bytes of this very version, placed where it says they begin."""
        self._is_made_anew = False
        version = version_of(answer)
        if told is None or told.start is None or told.end is None or coding_of(answer):
            self._unplaced += 1
            why = Trouble("an answer that does not say which bytes it holds")
            # Once may be an accident; a server that cannot do ranges is asked for everything.
            return (yield from self._again(stretch, why, is_usable=self._unplaced == 1))
        if self._is_too_long(max(told.end, told.total or 0)):
            return self._too_long()
        if self.version is None:
            if told.start > 0:
                return (yield from self._anew(stretch, "a part of the object where all of it was asked"))
            self.version = version
            yield self._expectation().new_part(version)
        elif not self._is_of_the_same_version(version):
            return (yield from self._anew(stretch, "the object changed while it was fetched"))
        if stretch.end is None:
            stretch.end = told.total
            self.version = self.version._replace(total=told.total)
        end = told.end if stretch.end is None else min(told.end, stretch.end)
        if told.start >= end or end <= stretch.pos:
            return (yield from self._again(stretch, Trouble("an answer with none of the bytes asked for")))
        if told.start > stretch.pos:
            self._gaps.append((stretch.pos, told.start))
            stretch.pos = told.start
        self._takes_ranges, self._ended_by_closing = True, False
        trouble = yield Receive(stretch, told.start)
        return (yield from self._after(stretch, trouble, end))

    def _is_of_the_same_version(self, version: Version) -> bool:
        if self.version is None or not self.version.agrees_with(version):
            return False
        # If-Range could not be sent, so the answer itself has to name the version.
        return self.version.validator is not None or self.version.shares_a_validator_with(version)

    def _after(self, stretch: Stretch, trouble: Trouble | None, end: int | None) -> Steps:
        if trouble is None and not stretch.is_filled and (end is None or stretch.pos < end):
            trouble = Trouble(f"the body ended after {stretch.pos} of {end} bytes")
        return None if trouble is None else (yield from self._again(stretch, trouble))

    def _past_the_end(self, stretch: Stretch, answer: Answer) -> Steps:
        """A 416: whole only if the server names this length and this version."""
        told = content_range_of(answer)
        is_same = self.version is not None and self.version.shares_a_validator_with(version_of(answer))
        if told is not None and told.total == stretch.pos == self.done.size_bytes and is_same:
            stretch.end = stretch.pos
            return None
        return (yield from self._anew(stretch, "the object is shorter than what is here"))

    def _anew(self, stretch: Stretch, why: str) -> Steps:
        """Throw away what is here: it cannot be continued."""
        is_alone = len(self._stretches) == 1
        verdict = yield from self._again(stretch, Trouble(why), is_usable=False)
        if verdict is None and not is_alone:
            return StartOver()
        return verdict

    def _again(self, stretch: Stretch, trouble: Trouble, *, is_usable: bool = True) -> Steps:
        """Wait for the next try, or fail; forgets what can be continued by nobody."""
        if trouble.is_final:
            return self._failed(trouble.text, trouble.status)
        asked_s, cap_s = trouble.retry_after_s, self._patience.retry_after_cap_s
        if asked_s is not None and asked_s > cap_s:
            text = f"{trouble.text}; the server asks to wait {asked_s:.0f} s, more than the {cap_s:.0f} s"
            return self._failed(
                f"{text} that a transfer waits. Run the same call again later", trouble.status
            )
        total = None if self.version is None else self.version.total
        wait_s = self._tries.wait_s(done_bytes=self.done.size_bytes, total_bytes=total, retry_after_s=asked_s)
        if wait_s is None:
            times = f"{trouble.text}, {self._tries.failures} times without progress"
            return self._failed(f"{times}. Run the same call again to go on", trouble.status)
        can_go_on = self.version is not None and self.version.can_be_continued and not self.is_coded
        if len(self._stretches) == 1 and not (is_usable and can_go_on):
            self._begin_anew()
            stretch.pos, stretch.end = 0, None
            self._stretches, self._gaps = [stretch], []
        yield Pause(wait_s)
        return None

    def _is_too_long(self, size_bytes: int) -> bool:
        most = self.transfer.most_bytes
        return most is not None and size_bytes > most

    def _too_long(self) -> Failed:
        self._begin_anew()  # nothing of it is worth keeping
        most_mib = (self.transfer.most_bytes or 0) // MIB
        return self._failed(f"it is longer than {most_mib} MiB, the most that is read of such a file")

    def _failed(self, what: str, status: int | None = None) -> Failed:
        return Failed(what, status)
