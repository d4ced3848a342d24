"""The folder that single files are downloaded into, checked before any request."""

from pathlib import Path

from ..download.options import checked_folder as _checked
from ..exceptions import DirectoryUnusable, InvalidArgument


def checked_folder(output_dir: Path | str | None) -> Path:
    """``output_dir`` absolute, links resolved and ``~`` expanded; it need not exist yet.

    Args:
        output_dir: None for the working directory of the moment.

    Raises:
        InvalidArgument: It is empty, an address, or something else than a folder is there.
    """
    try:
        return _checked("output_dir", Path.cwd() if output_dir is None else output_dir).resolve()
    except DirectoryUnusable as error:
        # The documented text of these calls, and the type (ValueError) that scripts catch.
        raise InvalidArgument("output_dir must be a path to a directory") from error
