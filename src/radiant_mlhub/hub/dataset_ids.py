"""What may be the id of a dataset: what is a folder's name as it stands, on every system."""

from urllib.parse import unquote

from .. import layout
from ..exceptions import InvalidArgument, UnsafeName

_SHOWN = 40


def check_dataset_id(dataset_id: str) -> None:
    """Nothing, where a dataset may have this id: downloads of it are folders that are called so.

    Raises:
        InvalidArgument: It may not; what is wrong with it is told.
    """
    if not _is_kept(dataset_id):
        shown = dataset_id if len(dataset_id) <= _SHOWN else f"{dataset_id[:_SHOWN]}..."
        raise InvalidArgument(f"{shown!r} cannot be a dataset's id: {_fault(dataset_id)}.")


def _fault(dataset_id: str) -> str:
    if not dataset_id:
        return "it is empty"
    # Between letters no place matters: what is not kept there is kept nowhere.
    forbidden = [letter for letter in dict.fromkeys(dataset_id) if not _is_kept(f"a{letter}a")]
    if forbidden:
        *others, last = map(repr, forbidden)
        named = f"{', '.join(others)} and {last}" if others else last
        return f"it holds {named}, which cannot stand in file names on every system"
    size_bytes = len(dataset_id.encode())
    if size_bytes > layout.LONGEST_NAME_BYTES:
        return (
            f"it has {size_bytes} bytes, and there is room for {layout.LONGEST_NAME_BYTES} in a file's name"
        )
    return _fault_of_letters_in_their_place(dataset_id)


def _fault_of_letters_in_their_place(dataset_id: str) -> str:
    if dataset_id.startswith("."):
        return "it begins with a dot"
    if dataset_id.endswith((".", " ")):
        return "it ends with a dot or a space"
    if unquote(dataset_id) != dataset_id:
        return "it holds a % with two hex digits behind it, which would be read as a character"
    return "Windows, or a download, keeps that name for a purpose of its own"


def _is_kept(name: str) -> bool:
    try:
        return layout.safe_component(name) == name
    except UnsafeName:
        return False
