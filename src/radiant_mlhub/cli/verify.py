"""``mlhub verify``: whether a download is still what came, and what is not."""

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click

from ..download.verify import verify
from ..download.verify_report import VerifyFailure, VerifyReport
from ..exceptions import NotADownload
from ..readable import visible
from .asking import as_json_option, asked_alike, hub_options, quiet_option
from .failures import INTEGRITY, hint
from .progress import progress_option, told_progress

_COMPARED = {
    "named": "by a digest that the server or the catalog named",
    "own": "by our own crc32, taken while they were written",
    "length": "by length alone: no digest is known",
}


@click.command("verify")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--repair", is_flag=True, help="Fetch again what is wrong or missing, and nothing else.")
@progress_option
@quiet_option("Print nothing but the files that are not right.")
@as_json_option("Print the report as one JSON object.")
@hub_options
def command(
    folder: Path,
    *,
    repair: bool,
    progress: str,
    as_json: bool,
    quiet: bool,
    api_key: str | None,
    profile: str | None,
) -> None:
    """Check the files of a download, offline.

    DIR is a dataset's folder, or the folder that datasets were downloaded into. Sizes and digests
    are compared with those recorded when the files came, those of the catalog too. Nothing is asked
    of any server, unless --repair finds something to fetch; a wrong file stays until its replacement is
    whole.

    Exit codes: 0 all files are right, 6 some are not, 3 there is no download in DIR.

    Example: mlhub verify data/demo_crops
    """
    told = told_progress(progress, quiet=quiet)
    try:
        report = verify(folder, repair=repair, api_key=api_key, profile=profile, progress=told)
    except NotADownload as error:
        if not getattr(error, "__notes__", ()):
            error.add_note("name the folder that was downloaded into, or a dataset's in it: mlhub verify DIR")
        raise
    if as_json:
        _print_json(report)
    else:
        _print_words(report, quiet=quiet)
    if not report.is_whole:
        for text in () if quiet else _what_next(report, folder, is_repaired=repair):
            hint(text)
        raise click.exceptions.Exit(INTEGRITY)


def _print_words(report: VerifyReport, *, quiet: bool) -> None:
    for failure in report.failures:
        click.echo(visible(f"{failure.state}: {_place(failure, report)}: {failure.reason}"))
    if quiet:
        return
    click.echo(report)
    for kind, words in _COMPARED.items():
        if report.compared[kind]:
            click.echo(f"  {report.compared[kind]:,} {words}")


def _place(failure: VerifyFailure, report: VerifyReport) -> Path:
    """The path as short as it can be said without doubt: that in the one dataset, else the whole."""
    [first, *others] = report.folders
    is_inside = not others and failure.path.is_relative_to(first)
    return failure.path.relative_to(first) if is_inside else failure.path


def _print_json(report: VerifyReport) -> None:
    """One object; the failures are written as they are read, since there may be millions."""
    told = {field.name: getattr(report, field.name) for field in fields(report) if field.init and field.repr}
    for name in ("folders", "unlisted", "under_way"):
        told[name] = [str(folder) for folder in told[name]]
    click.echo(json.dumps(told)[:-1] + ', "failures": [', nl=False)
    for number, failure in enumerate(report.failures):
        one = json.dumps({**failure._asdict(), "path": str(failure.path)})
        click.echo(f"{',' if number else ''}\n{one}", nl=False)
    click.echo("]}")


def _what_next(report: VerifyReport, folder: Path, *, is_repaired: bool) -> Iterator[str]:
    for busy in report.under_way:
        yield f"a download into {busy} is under way: verify it once that has ended"
    if set(report.under_way) == set(report.folders):
        return
    if report.right < report.checked and is_repaired:
        yield "the lines above say why; run the same command again to try once more"
    elif report.right < report.checked:
        yield f"fetch only these: {asked_alike('mlhub verify', folder, '--repair')}"
    for unlisted in set(report.unlisted) - set(report.under_way):
        yield (
            f"the last download into {unlisted} stopped before it had listed its files, "
            "so more may be missing: run it again"
        )
