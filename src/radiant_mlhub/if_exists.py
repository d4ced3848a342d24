"""What to do with a file that is already where a download would put one."""

from enum import Enum


class DownloadIfExistsOpts(str, Enum):  # noqa: UP042 - documented so; StrEnum prints otherwise
    """Allowed values of ``if_exists``; plain strings compare equal and are accepted everywhere.

    ``resume`` keeps what is whole and continues what is not, ``skip`` keeps whatever is
    there without asking the server, ``overwrite`` fetches everything again and replaces
    the old copy only once the new one is complete.
    """

    resume = "resume"
    skip = "skip"
    overwrite = "overwrite"
