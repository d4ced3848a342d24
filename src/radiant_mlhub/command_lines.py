"""Commands for somebody to type, in a shell as POSIX has it."""

import shlex
from pathlib import Path


def command_line(command: str, named: str | Path | None = None, *options: str) -> str:
    """A command that can be typed as it stands.

    Args:
        command: Its own words: ``mlhub download``.
        named: The id, address or path that it is about. One that begins with ``-`` would be taken for an
            option, so it stands last, behind ``--``.
        options: As they are to be written.
    """
    if named is None:
        return " ".join((command, *options))
    quoted = shlex.quote(str(named))
    words = (*options, "--", quoted) if str(named).startswith("-") else (quoted, *options)
    return " ".join((command, *words))
