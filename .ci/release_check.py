"""Whether what ``make dist`` built can be given to others: ``make release-check``.

The files about the release are linted; wheel and sdist hold what they should; the wheel, installed into an
empty environment with what it declares and nothing else, imports, answers fast and brings a dataset from a
hub. That versions and dependencies agree is tested by the suite (``tests/spec/test_release_files.py``).
"""

import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rattler_build import Stage0Recipe, VariantConfig

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
DIST = ROOT / "dist"
ROUNDS = 11
MOST_IMPORT_S = 0.4
MOST_HELP_S = 0.5
# Half of it is pystac's, which Collection and MLModel derive from.
MOST_DATASET_S = 0.8
SDIST_HOLDS = ["pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "SECURITY.md", "CITATION.cff"]


def main() -> None:
    """Check everything, and say what was found."""
    lint()
    wheel, sdist = one(DIST.glob("*.whl")), one(DIST.glob("*.tar.gz"))
    run(BIN / "twine", "check", "--strict", wheel, sdist)
    compare_contents(wheel, sdist)
    with tempfile.TemporaryDirectory() as folder:
        python = installed(wheel, Path(folder) / "empty")
        try_modules(python)
        try_download(python, Path(folder))
        measure(python)


def lint() -> None:
    """The files that only other people's machines run."""
    run(BIN / "check-jsonschema", "--builtin-schema", "vendor.citation-file-format", "CITATION.cff")
    for workflow in sorted((ROOT / ".github/workflows").glob("*.yml")):
        run(BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", workflow)
    run(BIN / "yamllint", "--strict", ".github", "conda", "CITATION.cff")
    run(BIN / "zizmor", "--offline", "--quiet", ".github")
    recipe = Stage0Recipe.from_file(ROOT / "conda/recipe.yaml")
    one(recipe.render(VariantConfig.from_file(ROOT / "conda/variants.yaml")))


def compare_contents(wheel: Path, sdist: Path) -> None:
    """The wheel has every file of the package, and of nothing else; the sdist what a clone has."""
    source = ROOT / "src"
    files = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    package = {name for name in files if name.startswith("radiant_mlhub/") and "__pycache__" not in name}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    agree("the wheel's files", sorted(package), sorted(held))
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    missing = [name for name in [*SDIST_HOLDS, *(f"src/{one_}" for one_ in package)] if name not in names]
    agree("what the sdist lacks", [], missing)


def installed(wheel: Path, folder: Path) -> Path:
    """The Python of an environment that holds the wheel and what it declares."""
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", wheel)
    run(sys.executable, "-m", "pip", "--python", python, "check")
    return python


def try_modules(python: Path) -> None:
    """Every module but the hub's, which is an extra, imports without any extra."""
    count = output(
        python,
        "-I",
        "-c",
        "import importlib, pkgutil, radiant_mlhub\n"
        "found = [m.name for m in pkgutil.walk_packages(radiant_mlhub.__path__, 'radiant_mlhub.',"
        " onerror=lambda name: None)]\n"
        "tried = [n for n in found if not n.startswith('radiant_mlhub.hub') and '__main__' not in n]\n"
        "for name in tried: importlib.import_module(name)\n"
        "print(len(tried))",
    )
    print(f"{count.strip()} modules import without an extra")


def try_download(python: Path, folder: Path) -> None:
    """The installed command lists and downloads from a hub, which another environment serves."""
    mlhub = python.with_name("mlhub")
    with demo_hub() as environment:
        env = {**os.environ, **environment, "MLHUB_HOME": str(folder)}
        print(output(mlhub, "datasets", env=env).splitlines()[0])
        print(output(mlhub, "download", "demo_crops", "-o", folder / "data", env=env).splitlines()[0])
        print(output(mlhub, "verify", folder / "data", env=env).splitlines()[0])


@contextmanager
def demo_hub() -> Iterator[dict[str, str]]:
    """A hub with generated datasets; what its user has to export."""
    serving = os.environ.get("HUB_PYTHON", str(ROOT / ".venv/bin/python"))
    code = (
        "import tempfile, sys\nfrom pathlib import Path\nfrom radiant_mlhub.hub.demo import demo_hub\n"
        "with tempfile.TemporaryDirectory() as folder, demo_hub(Path(folder) / 'hub') as hub:\n"
        "    print(hub.root_url, hub.key, flush=True)\n    sys.stdin.read()\n"
    )
    command = [serving, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        root_url, key = process.stdout.readline().split()
        try:
            yield {"MLHUB_ROOT_URL": root_url, "MLHUB_API_KEY": key}
        finally:
            process.stdin.close()


def measure(python: Path) -> None:
    """What a user waits for, as medians. Processor time is what counts: other programs may run here."""
    limits = {
        ("-I", "-c", "import radiant_mlhub"): MOST_IMPORT_S,
        ("-I", "-c", "from radiant_mlhub import Dataset"): MOST_DATASET_S,
        ("--help",): MOST_HELP_S,
    }
    for arguments, limit_s in limits.items():
        program = python if "-c" in arguments else python.with_name("mlhub")
        processor, clock = median_s(program, *arguments)
        print(f"{program.name} {arguments[-1]}: {processor:.2f} s of processor, {clock:.2f} s by the clock")
        if processor > limit_s:
            sys.exit(f"slower than asked: {limit_s} s")


def median_s(*command: object) -> tuple[float, float]:
    """Seconds of processor, and by the clock, of a command: medians of several runs."""
    processor, clock = [], []
    for _ in range(ROUNDS):
        before, began = os.times(), time.perf_counter()
        subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL)
        after = os.times()
        clock.append(time.perf_counter() - began)
        spent = after.children_user - before.children_user + after.children_system - before.children_system
        processor.append(spent)
    return statistics.median(processor), statistics.median(clock)


def agree(what: str, *lists: list[str]) -> None:
    """End with a word where the lists differ."""
    for other in lists[1:]:
        if other != lists[0]:
            apart = sorted(set(lists[0]) ^ set(other))
            sys.exit(f"{what} differ: {', '.join(apart)}")


def one(found: Iterable[Any]) -> Any:
    """The only one there is."""
    every = list(found)
    if len(every) != 1:
        sys.exit(f"one was expected, {len(every)} found: {every}")
    return every[0]


def run(*command: object) -> None:
    """Run a command; its failure is the end."""
    if subprocess.run([*map(str, command)], cwd=ROOT, check=False).returncode:
        sys.exit(f"failed: {' '.join(map(str, command))}")


def output(*command: object, env: dict[str, str] | None = None) -> str:
    """What a command prints; its failure is the end."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        sys.exit(f"failed: {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
