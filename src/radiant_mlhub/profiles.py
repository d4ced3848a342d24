"""The profiles file: API keys and hub addresses by name, in INI, for its owner alone.

::

    # ~/.mlhub/profiles
    [default]
    api_key = 0123456789abcdef
    root_url = http://127.0.0.1:8000/mlhub/v1
    mirror =
        https://old.example/data/=https://new.example/copy/
        s3://bucket/=/mnt/copy/

configparser reads it, with interpolation off (a key may hold ``%``) and without a section whose
values leak into the others. Writing edits lines, so that comments and order stay.
"""

import contextlib
import os
import re
import shlex
import tempfile
from configparser import ConfigParser
from configparser import Error as IniError
from dataclasses import dataclass, field
from pathlib import Path

from . import environment
from .exceptions import APIKeyNotFound, DirectoryUnusable, InvalidArgument, ProfilesFileBroken

DEFAULT_PROFILE = "default"
ANONYMOUS_PROFILE = "__anonymous__"

# configparser's own name for a section whose values leak into all others. The original
# client wrote such a section on request and could never read it.
_LEAKING_SECTION = "DEFAULT"
_HEADER = re.compile(r"\s*\[(?P<name>.+)\]")

Sections = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Profile:
    """One section of the file. The key never shows in its ``repr``.

    Attributes:
        name: What the section is called.
        api_key: Its key.
        root_url: The address of its hub.
        mirrors: ``OLD=NEW`` or names of relocations, as written; to write a profile, None leaves them be.
    """

    name: str
    api_key: str | None = field(default=None, repr=False)
    root_url: str | None = None
    mirrors: tuple[str, ...] | None = None


def profiles_file() -> Path:
    """Where the profiles are: ``profiles`` in ``MLHUB_HOME``, else in ``~/.mlhub``."""
    return environment.home() / "profiles"


def read_profiles(path: Path) -> dict[str, Profile]:
    """Every profile by name; none where there is no file.

    Raises:
        ProfilesFileBroken: It is no INI file, no UTF-8, or may not be read.
    """
    return {
        name: Profile(
            name,
            values.get("api_key") or None,
            values.get("root_url") or None,
            _lines(values.get("mirror")) or None,
        )
        for name, values in _sections(_text(path), path).items()
        if name != _LEAKING_SECTION
    }


def profile_with_key(name: str | None, path: Path) -> Profile:
    """The profile called ``name``, which has a key.

    Args:
        name: None or blank for the default profile.
        path: The profiles file.

    Raises:
        APIKeyNotFound: No file, no such section, or no key in it. The texts are documented.
        ProfilesFileBroken: The file cannot be read.
    """
    name = (name or "").strip() or DEFAULT_PROFILE
    profiles = read_profiles(path)  # first: whether a file exists cannot be told of a closed folder
    if not profiles and not path.exists():
        raise APIKeyNotFound(f"No file found at {path}")
    profile = profiles.get(name)
    if profile is None:
        raise APIKeyNotFound(f'Could not find "{name}" section in {path}')
    if profile.api_key is None:
        raise APIKeyNotFound(f'Could not find "api_key" value in "{name}" section of {path}')
    return profile


def write_profile(profile: Profile, path: Path) -> None:
    """Put ``profile`` into the file; what is None there stays as it is.

    The file is replaced in one step by one that only its owner may read (mode 0600); folders
    that are missing are made for the owner alone (0700).

    Raises:
        InvalidArgument: The name cannot be a section.
        ProfilesFileBroken: A value cannot be kept, or the file at hand is not understood.
        DirectoryUnusable: The file cannot be written.
    """
    check_name(profile.name)
    fields = {"api_key": profile.api_key, "root_url": profile.root_url}
    values = {option: value for option, value in fields.items() if value is not None}
    for option, value in (*values.items(), *(("mirror", each) for each in profile.mirrors or ())):
        _check_value(option, value)
    if profile.mirrors is not None:
        values["mirror"] = "".join(f"\n{mirror}" for mirror in profile.mirrors)
    text = _text(path)
    expected = _sections(text, path)
    expected.setdefault(profile.name, {}).update(values)
    edited = _edited(text, profile.name, values)
    if not _reads_as(edited, expected, path):
        raise ProfilesFileBroken(
            f"{path} is written in a way that cannot be edited safely, so nothing was changed. "
            f"Put the values under [{profile.name}] by hand."
        )
    _replace(path, edited)


def _lines(value: str | None) -> tuple[str, ...]:
    """A value of several lines, each of which says something."""
    return tuple(line.strip() for line in (value or "").splitlines() if line.strip())


def _reads_as(text: str, expected: Sections, path: Path) -> bool:
    try:
        return _sections(text, path) == expected
    except ProfilesFileBroken:
        return False


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, UnicodeDecodeError) as broken:
        reason = broken.strerror if isinstance(broken, OSError) else "it is no UTF-8 text"
        raise ProfilesFileBroken(
            f"{path} cannot be read: {reason}. Repair it, or set MLHUB_HOME to another folder."
        ) from None


def _sections(text: str, path: Path) -> Sections:
    # A default section that no file can name: nothing leaks, and [DEFAULT] is like any other.
    ini = ConfigParser(interpolation=None, default_section="\0")
    try:
        ini.read_string(text)
    except IniError as broken:
        # configparser's own text quotes the line, and with it a key.
        line = getattr(broken, "lineno", None) or next(iter(getattr(broken, "errors", [])), (0,))[0]
        raise ProfilesFileBroken(
            f"{path} is no profiles file: line {line} cannot be understood. A profile is a line "
            "[name] and below it lines like api_key = YOUR_KEY. Repair the file, or move it away "
            "and run mlhub configure."
        ) from None
    return {name: dict(ini[name]) for name in ini.sections()}


def configure_command(profile: str | None) -> str:
    """What to type to store a key, or a hub, in ``profile``, else in the one that is used without."""
    name = (profile or "").strip() or environment.profile() or DEFAULT_PROFILE
    is_usual = name in (DEFAULT_PROFILE, ANONYMOUS_PROFILE)
    return "mlhub configure" if is_usual else f"mlhub configure --profile {shlex.quote(name)}"


def check_name(name: str) -> None:
    """Raise ``InvalidArgument`` for a name that no profile can have."""
    if name in (_LEAKING_SECTION, ANONYMOUS_PROFILE):
        raise InvalidArgument(f'A profile cannot be called "{name}": the name has a meaning of its own.')
    if not name or name != name.strip() or not name.isprintable() or "]" in name:
        raise InvalidArgument(f"A profile cannot be called {name!r}. Use letters, digits, - and _.")


def _check_value(option: str, value: str) -> None:
    # Not printable are line ends above all: they would start a line of their own in the file.
    if not value or value != value.strip() or not value.isprintable():
        raise ProfilesFileBroken(
            f"This {option} cannot be kept in a profiles file: it is empty, or holds a line end, "
            "a control character, or space around it. Was more pasted than meant?"
        )


def _edited(text: str, section: str, values: dict[str, str]) -> str:
    """``text`` with ``values`` in ``section``, every other line as it was."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = [line if line.endswith("\n") else line + newline for line in text.splitlines(keepends=True)]
    start = _section_start(lines, section)
    if start is None:
        lines += [newline] if lines and lines[-1].strip() else []
        lines.append(f"[{section}]{newline}")
        start = len(lines)
    for option, value in values.items():
        first, last = _option_lines(lines, start, option)
        indented = value.replace("\n", f"{newline}    ")
        begun = f"{option} =" if indented.startswith(newline) else f"{option} = "
        lines[first:last] = [f"{begun}{indented}{newline}"]
    return "".join(lines)


def _section_start(lines: list[str], section: str) -> int | None:
    """Number of the line below the section's header."""
    for number, line in enumerate(lines, start=1):
        header = _HEADER.match(line)
        if header and header["name"] == section:
            return number
    return None


def _option_lines(lines: list[str], start: int, option: str) -> tuple[int, int]:
    """The option's lines with those that continue its value; none, at the section's end, where it is not."""
    named = re.compile(rf"\s*{option}\s*[=:]", re.IGNORECASE)
    end = start
    for number in range(start, len(lines)):
        if _HEADER.match(lines[number]):
            break
        if named.match(lines[number]):
            return number, _end_of_value(lines, number + 1)
        if lines[number].strip():
            end = number + 1
    return end, end


def _end_of_value(lines: list[str], number: int) -> int:
    while number < len(lines) and lines[number].strip() and lines[number][0].isspace():
        number += 1
    return number


def _replace(path: Path, text: str) -> None:
    # A link, as of a folder of dotfiles, stays one: what it points at is replaced.
    target = path.resolve()
    try:
        _make_folder(target.parent)
        descriptor, temporary = tempfile.mkstemp(prefix=".profiles.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:  # mkstemp makes it 0600
                file.write(text.encode())
                file.flush()
                os.fsync(descriptor)
            Path(temporary).replace(target)
        except BaseException:  # a key must not stay behind in a file nobody knows of
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as refused:
        raise DirectoryUnusable(
            f"Cannot write {path}: {refused.strerror}. Set MLHUB_HOME to a folder you may write to."
        ) from refused


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
