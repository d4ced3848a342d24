"""Print the oldest version of every dependency that pyproject.toml admits, as pip constraints.

``requests>=2.31`` becomes ``requests==2.31``: an install under these constraints proves
that the lower bounds are true.
"""

import re
import sys
import tomllib
from pathlib import Path

_LOWER_BOUND = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?>=(?P<version>[0-9.]+)$")


def oldest(pyproject: Path) -> list[str]:
    """One constraint for each dependency of the package and of its ``serve`` and ``demo`` extras.

    Raises:
        SystemExit: A dependency has no plain lower bound.
    """
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    requirements = [*project["dependencies"], *extras["serve"], *extras["demo"]]
    # An extra that stands on another names this package itself.
    others = [one for one in requirements if not one.startswith(project["name"])]
    return [_constraint(requirement) for requirement in others]


def _constraint(requirement: str) -> str:
    match = _LOWER_BOUND.match(requirement.partition(";")[0].replace(" ", ""))
    if match is None:
        sys.exit(f"pyproject.toml: {requirement!r} names no lower bound of the form name>=version")
    return f"{match['name']}=={match['version']}"


if __name__ == "__main__":
    sys.stdout.write("".join(f"{line}\n" for line in oldest(Path("pyproject.toml"))))
