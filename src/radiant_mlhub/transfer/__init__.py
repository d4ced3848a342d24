"""The engine: one href to one place, whole and verified or not at all.

It knows no STAC and no database. ``fetch_all`` brings many files, ``fetch_one`` a single one.
"""

from ..stopping import has_to_stop
from .asking import plain_request_for
from .destination import free_bytes, is_for_lack_of_files, is_for_lack_of_space, why_refused
from .file_names import told_when_names_cannot_be_written
from .open_files import told_when_out_of_files
from .patience import Patience
from .pool import fetch_all, fetch_one
from .progress import Progress
from .transfers import FileRecord, Outcome, Record, Request, RequestFor, Slow, Transfer
from .turns import fetch_in_turns

__all__ = [
    "FileRecord",
    "Outcome",
    "Patience",
    "Progress",
    "Record",
    "Request",
    "RequestFor",
    "Slow",
    "Transfer",
    "fetch_all",
    "fetch_in_turns",
    "fetch_one",
    "free_bytes",
    "has_to_stop",
    "is_for_lack_of_files",
    "is_for_lack_of_space",
    "plain_request_for",
    "told_when_names_cannot_be_written",
    "told_when_out_of_files",
    "why_refused",
]
