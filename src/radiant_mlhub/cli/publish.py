"""``mlhub publish``: a folder, an archive or a download becomes a dataset of the hub."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..exceptions import PublicationRefused
from ..extras import needed
from .asking import as_json_option
from .failures import PARTLY_DONE
from .hub_options import hub_option, of_the_hub
from .terminals import is_terminal
from .words import hint, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..hub.folder import HubFolder
    from ..hub.publishing import PublicationReport

_SHOWN = 20
_OF_A_CHECK = ("dataset_id", "how", "labels", "source_imagery", "skip_invalid")


@click.command("publish")
@click.argument("source", metavar="SOURCE", type=click.Path(path_type=Path, exists=True))
@click.option("--id", "dataset_id", metavar="ID", required=True, help="The dataset's id in the hub.")
@click.option("--title", metavar="TEXT", help="Its title; else that of the catalog.")
@click.option("--description", metavar="TEXT", help="What it is; else what the catalog says.")
@click.option("--doi", metavar="DOI", help="Its DOI; else that of its collections.")
@click.option("--citation", metavar="TEXT", help="How to cite it; else what its collections say.")
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="What it is found by; may be repeated.")
@click.option("--creator", metavar="TEXT", help="Who made it; else the providers of its collections.")
@click.option("--contact", metavar="TEXT", help="Whom to ask about it.")
@click.option("--documentation", metavar="URL", help="A document about it; else the asset called so.")
@click.option("--labels", metavar="COLLECTION", multiple=True, help="This collection is labels.")
@click.option(
    "--source", "source_imagery", metavar="COLLECTION", multiple=True, help="This collection is imagery."
)
@click.option("--link", "how", flag_value="link", help="Make hard links instead of copies of the files.")
@click.option("--in-place", "how", flag_value="in-place", help="Leave the files where they are.")
@click.option("--remote", "how", flag_value="remote", help="All assets stay at their addresses.")
@click.option("--no-archives", is_flag=True, help="Make no archive of each collection.")
@click.option("--skip-invalid", is_flag=True, help="Leave out what is not valid, and publish the rest.")
@click.option("--check", "check_only", is_flag=True, help="Look for problems, and publish nothing.")
@as_json_option("Print the report as one JSON object.")
@hub_option
def command(
    source: Path,
    dataset_id: str,
    how: str | None,
    hub: Path | None,
    *,
    no_archives: bool,
    check_only: bool,
    as_json: bool,
    **said: object,
) -> None:
    """Publish a dataset in the hub.

    It takes the place of an earlier version of it.

    SOURCE is a folder with catalog.json or collection.json, a catalog archive or a collection
    archive (.tar.gz), or the folder of a download. Every object is checked without network. A
    publication appears whole or not at all; the files of a replaced version stay for a day, so
    that downloads under way end well.

    Exit codes: 0 published, 1 something is not valid, 7 published without what is not valid.

    Example: mlhub publish farms --id farms_2026 --title "Farms of 2026" --tag crops
    """
    with needed("serve", "A hub"):
        from ..hub.folder import hub_folder
    folder = hub_folder(hub)
    wishes = {**said, "dataset_id": dataset_id, "how": how or "copy", "archives": not no_archives}
    try:
        report = _check(folder, source, wishes) if check_only else _publish(folder, source, wishes)
    except PublicationRefused as refused:
        _tell_problems(refused.problems)
        raise
    if as_json:
        click.echo(json.dumps(asdict(report)))
    else:
        _tell(report)
    if not check_only and not as_json:
        _tell_what_next(report, hub)
    if not report.is_clean:
        raise click.exceptions.Exit(PARTLY_DONE)


def _publish(folder: "HubFolder", source: Path, wishes: dict[str, object]) -> "PublicationReport":
    with needed("serve", "A hub"):
        from ..hub.publishing import publish
        from ..hub.sqlite_store import open_store
    store = open_store(folder.path)
    try:
        return publish(folder, store, source, progress=_progress(), **wishes)  # type: ignore[arg-type]
    finally:
        _end_progress()
        store.close()


def _check(folder: "HubFolder", source: Path, wishes: dict[str, object]) -> "PublicationReport":
    with needed("serve", "A hub"):
        from ..hub.publishing import check
        from ..hub.sqlite_store import store_to_ask
    matter = {name: wishes[name] for name in _OF_A_CHECK}
    store = store_to_ask(folder.path)
    try:
        return check(source, store=store, progress=_progress(), **matter)  # type: ignore[arg-type]
    finally:
        _end_progress()
        if store is not None:
            store.close()


def _progress() -> "Callable[[int], None] | None":
    if not is_terminal(sys.stderr):
        return None
    return lambda items: say(f"\r{items:,} items", ends_line=False)


def _end_progress() -> None:
    if is_terminal(sys.stderr):
        say(f"\r{'':20}\r", ends_line=False)


def _tell_problems(problems: list[str]) -> None:
    for problem in problems[:_SHOWN]:
        say(problem)
    if len(problems) > _SHOWN:
        say(f"... and {len(problems) - _SHOWN:,} more")


def _tell(report: "PublicationReport") -> None:
    if report.version is None:
        done = "would be replaced" if report.is_replacement else "would be published"
    else:
        done = "was replaced" if report.is_replacement else "is published"
    files = "" if report.version is None else f", {_files(report)}"
    click.echo(f'"{report.dataset_id}" {done}: {report.items:,} items{files}, in {report.seconds:.1f} s')
    for collection in report.collections:
        types = " and ".join(each.replace("_", " ") for each in collection.types)
        click.echo(f"  {collection.collection_id}: {collection.items:,} items, {types}")
    for collection_id in report.emptied:
        say(f"  {collection_id}: left out, not one of its items is valid")
    for words, count in report.notes.items():
        say(f"  let pass {count:,} times: {words}")
    if report.skipped:
        words = "problem" if report.skipped == 1 else "problems"
        say(f"Left out, with {report.skipped:,} {words}:")
        _tell_problems([str(problem) for problem in report.problems])


def _files(report: "PublicationReport") -> str:
    from ..readable import readable_size

    return f"{report.files:,} files, {readable_size(report.file_bytes)}"


def _tell_what_next(report: "PublicationReport", hub: Path | None) -> None:
    hint(of_the_hub("mlhub serve", hub))
    hint(of_the_hub("mlhub hub check", hub))
    hint(of_the_hub("mlhub unpublish", hub, report.dataset_id))
