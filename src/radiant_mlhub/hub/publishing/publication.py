"""``publish``: the steps from a source to a dataset of the hub, in order."""

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from ...exceptions import PublicationRefused
from ..dataset_ids import check_dataset_id
from ..folder import HubFolder
from ..store import Json, Publication, Store, StoredFile, belongs_to_another
from . import sources
from .asset_files import AssetFiles, How, LookedAtFiles, wait_for_the_disk
from .collection_archives import write_collection_archive
from .dataset_record import dataset_record
from .failures import told_plainly
from .intake import Intake
from .problems import Problems
from .report import PublicationReport, PublishedCollection
from .rewriting import Rewriter
from .staged import Staged
from .staging import Staging, staging, sweep
from .wishes import HOWS, About, Wishes


def publish(
    folder: HubFolder,
    store: Store,
    source: Path,
    *,
    dataset_id: str,
    title: str | None = None,
    description: str | None = None,
    doi: str | None = None,
    citation: str | None = None,
    tags: Sequence[str] = (),
    creator: str | None = None,
    contact: str | None = None,
    documentation: str | None = None,
    labels: Sequence[str] = (),
    source_imagery: Sequence[str] = (),
    how: How = "copy",
    archives: bool = True,
    skip_invalid: bool = False,
    check_only: bool = False,
    progress: Callable[[int], None] | None = None,
) -> PublicationReport:
    """Let the dataset in ``source`` appear in the hub, in place of an earlier version of it.

    Args:
        source: A folder with ``catalog.json`` or ``collection.json``, one of these files, a catalog
            archive, a collection archive, or the folder of a download.
        dataset_id: Its id in the hub.
        title: And all that follows: what the dataset says of itself; else its collections tell.
        labels: Ids of collections that are labels although their items do not say so.
        source_imagery: Ids of collections that are source imagery although their items say otherwise.
        how: ``copy`` files into the hub, ``link`` them (hard links), leave them ``in-place``, or
            ``remote``: all assets stay at their addresses.
        archives: Whether each collection gets an archive of its files.
        skip_invalid: Leave out what is not valid and publish the rest. A collection that loses all its
            items is left out, too; where no item is left at all, nothing is published.
        check_only: Look for problems and publish nothing.
        progress: Called with the number of items that are done.

    Raises:
        InvalidArgument: No dataset can have that id.
        PublicationRefused: Something is not valid; ``.problems`` tells what.
        PublicationFailed: It could not be written. Nothing was published.
        ArchiveBroken: The source is a damaged archive.
    """
    _check_names(dataset_id, how)
    about = About(dataset_id, title, description, doi, citation, tuple(tags), creator, contact, documentation)
    archives = archives and how != "remote"
    wishes = Wishes(about, how, labels, source_imagery, skip_invalid, archives, progress)
    began = time.monotonic()
    if check_only:
        return _checked(source, wishes, store, began)
    with told_plainly(dataset_id):
        sweep(folder, store)
        with staging(folder, store) as place:
            return _Publishing(folder, store, place, wishes).run(source, began)


def check(
    source: Path,
    *,
    dataset_id: str,
    store: Store | None = None,
    labels: Sequence[str] = (),
    source_imagery: Sequence[str] = (),
    how: How = "copy",
    skip_invalid: bool = False,
    progress: Callable[[int], None] | None = None,
) -> PublicationReport:
    """What ``publish`` would say of the source; sizes are compared and no digests.

    Args:
        store: Of the hub; None where there is none yet. Nothing is written into it.

    Raises:
        InvalidArgument: As ``publish``.
        PublicationRefused: As ``publish``.
        ArchiveBroken: As ``publish``.
    """
    _check_names(dataset_id, how)
    wishes = Wishes(About(dataset_id), how, labels, source_imagery, skip_invalid, progress=progress)
    return _checked(source, wishes, store, time.monotonic())


def _check_names(dataset_id: str, how: str) -> None:
    if how not in HOWS:
        raise PublicationRefused(f'There is no way "{how}" to publish: {", ".join(HOWS)} are.')
    check_dataset_id(dataset_id)


def _checked(source: Path, wishes: Wishes, store: Store | None, began: float) -> PublicationReport:
    """Look at everything, in a folder that goes away."""
    problems = Problems()
    with (
        told_plainly(wishes.about.dataset_id),
        tempfile.TemporaryDirectory(prefix="mlhub-check-") as made,
    ):
        work = Path(made)
        with closing(Staged(work / "staged.sqlite")) as staged:
            with sources.opened(source, work / "unpacked", problems) as found:
                _refuse_place(source, found, wishes)
                files = None if wishes.how == "remote" else LookedAtFiles(staged)
                rewriter = Rewriter(found, "check", files, problems)
                intake = Intake(found, staged, problems, rewriter, wishes.skip_invalid)
                intake.take_all(wishes.progress)
            _refuse(problems, wishes, intake)
            if store is not None:
                _refuse_what_others_have(store, intake, wishes)
            report = _report(intake, staged, problems, wishes, began)
    earlier = store.dataset(wishes.about.dataset_id) if store is not None else None
    return replace(report, is_replacement=earlier is not None)


class _Publishing:
    """One publication, into a folder of its own."""

    def __init__(self, folder: HubFolder, store: Store, place: Staging, wishes: Wishes) -> None:
        self._folder = folder
        self._store = store
        self._place = place
        self._wishes = wishes
        self._problems = Problems()

    def run(self, source: Path, began: float) -> PublicationReport:
        with closing(Staged(self._place.work_file())) as staged:
            intake = self._taken_in(source, staged)
            _refuse(self._problems, self._wishes, intake)
            _refuse_what_others_have(self._store, intake, self._wishes)
            archives = self._archived(intake, staged)
            earlier = self._store.dataset(self._wishes.about.dataset_id)
            self._let_appear(intake, staged, archives, earlier)
            report = _report(intake, staged, self._problems, self._wishes, began)
        self._place.tidy()
        return replace(report, version=self._place.version, is_replacement=earlier is not None)

    def _taken_in(self, source: Path, staged: Staged) -> Intake:
        wishes = self._wishes
        with sources.opened(source, self._place.work / "unpacked", self._problems) as found:
            _refuse_place(source, found, wishes)
            # What was unpacked for this publication alone is linked: that is how it moves.
            how = "link" if found.is_unpacked and wishes.how == "copy" else wishes.how
            with closing(AssetFiles(self._folder.path, self._place.folder, how, staged)) as files:
                placed = None if how == "remote" else files
                rewriter = Rewriter(found, self._place.version, placed, self._problems)
                intake = Intake(found, staged, self._problems, rewriter, wishes.skip_invalid)
                intake.take_all(wishes.progress)
        return intake

    def _archived(self, intake: Intake, staged: Staged) -> list[StoredFile]:
        """Write the archives, and name them in the collections."""
        if not self._wishes.archives:
            return []
        ids = [each["id"] for each in intake.collections]
        made = []
        for collection in intake.collections:
            file = write_collection_archive(self._folder, self._place.version, collection, ids, staged)
            collection["mlhub:archive"] = {"size": file.size, "path": file.path}
            made.append(file)
        return made

    def _let_appear(
        self, intake: Intake, staged: Staged, archives: list[StoredFile], earlier: Json | None
    ) -> None:
        wishes = self._wishes
        record = dataset_record(
            wishes.about,
            intake.catalog,
            intake.collections,
            types={each: facts.types(each, wishes) for each, facts in intake.facts.items()},
            documentation=next(filter(None, (each.documentation for each in intake.facts.values())), None),
            now=datetime.now(UTC),
            earlier=earlier,
        )
        wait_for_the_disk()
        try:
            self._store.publish(
                Publication(
                    version=self._place.version,
                    dataset=record,
                    collections=intake.collections,
                    items=staged.items(),
                    files=chain(staged.files(), archives),
                )
            )
        except ValueError as error:
            raise PublicationRefused(f"{error} Nothing was published.") from error


def _report(
    intake: Intake, staged: Staged, problems: Problems, wishes: Wishes, began: float
) -> PublicationReport:
    items, files, size = staged.counts()
    return PublicationReport(
        wishes.about.dataset_id,
        version=None,
        is_replacement=False,
        collections=[
            PublishedCollection(
                each["id"],
                intake.facts[each["id"]].types(each["id"], wishes),
                intake.facts[each["id"]].items,
                each.get("mlhub:archive", {}).get("size"),
            )
            for each in intake.collections
        ],
        items=items,
        files=files,
        file_bytes=size,
        skipped=problems.total,
        problems=problems.first,
        notes=dict(problems.notes),
        emptied=intake.emptied,
        seconds=time.monotonic() - began,
    )


def _refuse_place(source: Path, found: sources.Source, wishes: Wishes) -> None:
    if wishes.how == "in-place" and found.is_unpacked:
        raise PublicationRefused(f"{source} is an archive: its files cannot be left in place.")


def _refuse_what_others_have(store: Store, intake: Intake, wishes: Wishes) -> None:
    """Before archives are made; the store looks once more when all of it comes in."""
    for collection in intake.collections:
        owner = store.dataset_of(collection["id"])
        if owner not in (None, wishes.about.dataset_id):
            raise PublicationRefused(f"{belongs_to_another(collection['id'], owner)} Nothing was published.")


def _refuse(problems: Problems, wishes: Wishes, intake: Intake) -> None:
    """Stop where something is wrong and nobody asked to leave it out."""
    is_something_left = intake.collections and (intake.has_items or not intake.emptied)
    if not problems.total or (wishes.skip_invalid and is_something_left):
        return
    words = "problem" if problems.total == 1 else "problems"
    bare = ", and not one valid item" if intake.emptied else ""
    error = PublicationRefused(
        f'"{wishes.about.dataset_id}" has {problems.total:,} {words}{bare}; nothing was published.',
        problems=[str(each) for each in problems.first],
    )
    if intake.has_items:
        error.add_note("--skip-invalid publishes what is valid")
    raise error
