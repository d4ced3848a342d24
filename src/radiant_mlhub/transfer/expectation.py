"""The digests that a file must have: those the catalog names, and those its server sends. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass

from .answers import Version, expected_digests
from .present import DEFAULT_DIGEST
from .steps import Digests, NewPart
from .transfers import Transfer


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is said of one version of a file.

    Attributes:
        named: Digests of the catalog, by name; they are of the bytes on disk.
        served: Digests of the server; they are of the body as it came over the wire.
        is_coded: The two are not the same bytes.
    """

    named: Mapping[str, str]
    served: Mapping[str, str]
    is_coded: bool

    @property
    def names(self) -> frozenset[str]:
        """The digests to make of the bytes on disk."""
        served = () if self.is_coded else self.served
        return frozenset({*self.named, *served} or {DEFAULT_DIGEST})

    @property
    def is_any(self) -> bool:
        """Somebody says something."""
        return bool(self.named or self.served)

    def new_part(self, version: Version) -> NewPart:
        """The step that begins a part for these bytes."""
        return NewPart(version, self.names, frozenset(self.served if self.is_coded else ()))

    def digest_of(self, made: Digests) -> str:
        """The digest to keep of a file, ``"<name>:<hex>"``: the first that was named, if any was."""
        name = next(iter(self.named or made.on_disk))
        return f"{name}:{made.on_disk[name]}"

    def against_the_server(self, made: Digests) -> str | None:
        """How what was made differs from what the server says."""
        return _difference(self.served, made.on_wire if self.is_coded else made.on_disk, "the server")

    def against_the_catalog(self, made: Digests) -> str | None:
        """How what was made differs from what the catalog says."""
        return _difference(self.named, made.on_disk, "the catalog")


def expectation_of(transfer: Transfer, version: Version | None, *, is_coded: bool) -> Expectation:
    """What is said of ``version`` of the file behind ``transfer``."""
    served = () if version is None else version.digests
    return Expectation(expected_digests(transfer.digests), expected_digests(served), is_coded)


def _difference(expected: Mapping[str, str], made: Mapping[str, str], whose: str) -> str | None:
    for name, value in expected.items():
        if made.get(name) != value:
            return f"its {name} is {made.get(name)}, but {whose} says {value}"
    return None
