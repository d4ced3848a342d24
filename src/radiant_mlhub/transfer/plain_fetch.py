"""A small file that comes whole with the first answer, which leaves the rules nothing to decide.

Nearly all files of a dataset are small, and nearly all of them arrive at once. Such an answer is
collected in memory, checked and written in one go: a third of the time that the rules take step by
step. Whatever is not plainly right goes to the rules, from its status on, as if nobody had looked
at it before. So nothing is decided here but that there is nothing to decide.
"""

import time

from .. import digests
from .answers import Answer, Version, length_of_plain_body, whole_version
from .asking import IDENTITY
from .carriers import SMALL_BODY_BYTES, Exchange
from .destination import NOTHING_FOUND, not_written
from .expectation import expectation_of
from .jobs import Job, Surroundings
from .parts import Part
from .steps import Ask, Digests, Trouble
from .transfers import FileRecord, Outcome, Transfer, VerifiedBy


class PlainFetch:
    """One transfer of which nothing is here yet.

    Attributes:
        transfer: The transfer.
        part: The whole part that waits for its final name, once it has settled.
        move_from: Nothing: only a ``Job`` finds a file elsewhere.
    """

    __slots__ = (
        "_address",
        "_answer",
        "_around",
        "_began",
        "_exchange",
        "_job",
        "_length",
        "_pieces",
        "part",
        "transfer",
    )
    move_from: str | None = None

    def __init__(self, transfer: Transfer, around: Surroundings) -> None:
        self.transfer = transfer
        self.part: Part | None = None
        self._address = transfer.addresses[0] if transfer.addresses else transfer.href
        self._around = around
        self._began = time.monotonic()
        self._exchange: Exchange | None = None
        self._answer: Answer | None = None
        self._length = 0
        self._pieces: list[bytes] = []
        self._job: Job | None = None

    def start(self) -> None:
        """Ask for the file."""
        self._exchange = self._around.carrier.start(Ask(self._address, IDENTITY), self)

    def stop(self) -> None:
        """Leave it unfinished."""
        if self._job is not None:
            self._job.stop()
        elif self.part is not None:
            self.part.discard()
        elif self._exchange is not None:
            self._around.carrier.cancel(self._exchange)

    def head(self, answer: Answer) -> None:
        """Hear status and headers."""
        length = length_of_plain_body(answer)
        if length is not None and length <= SMALL_BODY_BYTES:
            self._answer, self._length = answer, length
        else:
            self._leave_to_the_rules(answer)

    def data(self, piece: bytes) -> None:
        """Hear bytes of the body."""
        self._pieces.append(piece)

    def end(self, trouble: Trouble | None) -> None:
        """Hear that nothing more will come."""
        answer, pieces = self._answer, self._pieces
        if answer is None:
            self._leave_to_the_rules(trouble)
            return
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        # Hundreds of these wait for their final names at a time; and as long as this and the exchange
        # know each other, both stay until the garbage collector comes.
        self._pieces = []
        exchange, self._exchange = self._exchange, None
        version = whole_version(answer, self._length)
        vouched = None if trouble is not None else self._vouched_for(body, version)
        if vouched is None:
            self._exchange = exchange
            self._replay(answer, body, trouble)
        else:
            self._settle(self._written(answer, version, body, *vouched))

    def _vouched_for(self, body: bytes, version: Version) -> tuple[str, VerifiedBy] | None:
        """A digest of ``body``, and what vouches for it; None where anything disagrees."""
        size = len(body)
        if size != self._length or self.transfer.size_bytes not in (None, size):
            return None
        if not self.transfer.digests:
            if not version.content_md5:
                return digests.crc32_of(body), "length"
            made_md5 = digests.md5_of(body)  # all that is named, as of Azure's blobs
            return (made_md5, "digest") if made_md5 == version.content_md5 else None
        expected = expectation_of(self.transfer, version, is_coded=False)
        made = Digests(digests.of_bytes(body, expected.names))
        if expected.against_the_server(made) or expected.against_the_catalog(made):
            return None
        return expected.digest_of(made), "digest" if expected.is_any else "length"

    def _written(
        self, answer: Answer, version: Version, body: bytes, digest: str, verified_by: VerifiedBy
    ) -> Outcome:
        """The outcome once ``body`` is on disk, under the name of a part."""
        transfer, around, size = self.transfer, self._around, len(body)
        seconds = time.monotonic() - self._began
        try:
            self.part = around.destinations.new_part(transfer, self._address, version)
            self.part.write(0, body)
            told = self.part.close()
        except OSError as error:
            if self.part is not None:
                self.part.discard()
                self.part = None
            text = not_written(transfer.href, error)
            failed = Outcome(transfer, "failed", None, size, seconds, text, refused_by_disk=True)
            return failed._replace(served_name=answer.served_name)
        around.progress.expect(size)
        around.progress.advance(size)
        came_from = None if self._address == transfer.href else self._address
        validator = version.validator if came_from is None else None
        record = FileRecord(told.st_size, told.st_mtime_ns, validator, digest, verified_by)
        name = answer.served_name
        return Outcome(transfer, "fetched", record, size, seconds, served_name=name, came_from=came_from)

    def _settle(self, outcome: Outcome) -> None:
        if self._around.allowance is not None:
            self._around.allowance.spend(outcome.bytes_fetched)
        self._around.settled(self, outcome)

    def _replay(self, answer: Answer, body: bytes, trouble: Trouble | None) -> None:
        """Tell the rules what came, in the order in which it came."""
        exchange = self._leave_to_the_rules(answer)
        if body and not exchange.is_cancelled:
            exchange.sink.data(body)
        if not exchange.is_cancelled:
            exchange.sink.end(trouble)

    def _leave_to_the_rules(self, reply: Answer | Trouble | None) -> Exchange:
        if self._exchange is None:
            raise ValueError("nothing was asked yet")
        self._job = Job(self.transfer, self._around, NOTHING_FOUND, None, began=self._began)
        self._job.go_on_with(self._exchange, reply)
        return self._exchange
