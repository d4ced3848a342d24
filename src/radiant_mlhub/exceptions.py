"""Every error this package raises.

::

    MLHubException
    ├── APIKeyNotFound
    ├── EntityDoesNotExist             404: no such dataset, collection, item, model, archive
    ├── RequestRefused                 an answer of 400 or more   (also requests.HTTPError)
    │   └── AuthenticationError        401 and 403 from the hub
    ├── HubUnreachable                 no answer at all           (also requests.ConnectionError)
    ├── HubRetired                     the host of 2022 was asked (also requests.ConnectionError)
    ├── UnexpectedAnswer               an answer that is no hub's (also ValueError)
    ├── InvalidArgument                refused before any request (also ValueError)
    │   └── UnknownInFilter            a filter names what the catalog has not (also RuntimeError)
    ├── UnsafeName                     an id, key or member name that would leave its folder (also ValueError)
    ├── ProfilesFileBroken             ~/.mlhub/profiles cannot be read or kept (also ValueError)
    ├── ExtraMissing                   a package of an extra is not installed (also ImportError)
    ├── NoAssetsMatched                the filters leave nothing  (also RuntimeError)
    ├── NotADownload                   no download in a folder that is to be verified (also OSError)
    ├── DirectoryUnusable              output_dir is no directory, or cannot be written (also OSError)
    ├── CatalogBroken                  a catalog or source cannot be read (also OSError)
    ├── ArchiveBroken                  a tar archive is cut, damaged or over a limit (also OSError)
    ├── HubStoreUnusable               a hub's database is missing, damaged, busy or full (also OSError)
    ├── PublicationRefused             what was to be published is not valid (also ValueError)
    ├── PublicationFailed              a publication could not be written (also OSError)
    ├── TransferFailed                 one file did not arrive    (also OSError)
    ├── DownloadFailed                 some files did not arrive  (also OSError)
    └── DownloadStopped                a call's ``cancel`` was set, or its program is ending

Hints for the reader travel as notes (PEP 678): the texts scripts match on stay as they are.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .download.report import DownloadReport
    from .requests_exceptions import AuthenticationError, HubRetired, HubUnreachable, RequestRefused

__all__ = [
    "APIKeyNotFound",
    "ArchiveBroken",
    "AuthenticationError",
    "CatalogBroken",
    "DirectoryUnusable",
    "DownloadFailed",
    "DownloadStopped",
    "EntityDoesNotExist",
    "ExtraMissing",
    "HubRetired",
    "HubStoreUnusable",
    "HubUnreachable",
    "InvalidArgument",
    "MLHubException",
    "NoAssetsMatched",
    "NotADownload",
    "ProfilesFileBroken",
    "PublicationFailed",
    "PublicationRefused",
    "RequestRefused",
    "TransferFailed",
    "UnexpectedAnswer",
    "UnknownInFilter",
    "UnsafeName",
]


def __getattr__(name: str) -> Any:
    """One that is also an error of requests, which a process pays for when it first needs one."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(".requests_exceptions", __package__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class MLHubException(Exception):
    """Base of every error of this package: catch this one to catch them all."""


class APIKeyNotFound(MLHubException):
    """No API key in the arguments, the environment or a profile."""


class EntityDoesNotExist(MLHubException):
    """The hub answered 404: there is nothing of that id. Raised at once, never retried."""


class UnexpectedAnswer(MLHubException, ValueError):
    """An answer that no hub gives: HTML instead of JSON, a page that links to itself."""


class InvalidArgument(MLHubException, ValueError):
    """An argument that cannot be meant. Raised before the first request."""


class UnsafeName(MLHubException, ValueError):
    """An id, an asset key or an archive member's name that cannot stand inside its folder."""


class UnknownInFilter(InvalidArgument, RuntimeError):
    """A filter names a collection or asset key that the catalog does not have.

    Also a RuntimeError: that is what the documentation promises of a filter that leaves nothing.
    """


class ProfilesFileBroken(MLHubException, ValueError):
    """The profiles file cannot be understood, or a value cannot be kept in it."""


class ExtraMissing(MLHubException, ImportError):
    """What was asked for needs a package that an extra brings and that is not installed."""


class NoAssetsMatched(MLHubException, RuntimeError):
    """The filters leave no asset to download.

    Attributes:
        removed: How many assets each filter took out, by the filter's name; empty where there were none.
    """

    def __init__(self, message: str, removed: Mapping[str, int] | None = None) -> None:
        super().__init__(message)
        self.removed: dict[str, int] = dict(removed or {})


class NotADownload(MLHubException, OSError):
    """A folder holds no manifest of a download, or one that cannot be read."""


class DirectoryUnusable(MLHubException, OSError):
    """A folder to write into is none, or refuses to be written."""


class CatalogBroken(MLHubException, OSError):
    """A catalog archive or another source is no catalog that can be used, or is not there any more."""


class ArchiveBroken(MLHubException, OSError):
    """A tar archive is cut short, damaged, followed by something else, or over a limit.

    Attributes:
        member: Name of the member it happened in or after; None before the first.
    """

    def __init__(self, message: str, member: str | None = None) -> None:
        super().__init__(message)
        self.member = member


class HubStoreUnusable(MLHubException, OSError):
    """A hub's database is missing, damaged, written by somebody else, or its disk is full (``errno``)."""


class PublicationRefused(MLHubException, ValueError):
    """What was to be published is not valid, or belongs to somebody else. Nothing was published.

    Attributes:
        problems: What is wrong, a sentence each; only the first ones where there are many.
    """

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = list(problems)


class PublicationFailed(MLHubException, OSError):
    """A publication could not be written: the disk is full, a file cannot be read. Nothing was published."""


class TransferFailed(MLHubException, OSError):
    """One file did not arrive. Nothing stands under its final name that was not there before.

    Attributes:
        href: The address as the catalog gives it.
        status: The HTTP status that ended it; None when no answer did.
    """

    def __init__(self, message: str, *, href: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.href = href
        self.status = status


class DownloadFailed(MLHubException, OSError):
    """Some assets did not arrive; the rest did. ``.report`` tells which and why."""

    def __init__(self, message: str, report: "DownloadReport | None" = None) -> None:
        super().__init__(message)
        self.report: Any = report


class DownloadStopped(MLHubException):
    """A download or its verification ended before its end, as it was told to. The same call goes on."""
