"""What a run into a bucket does besides: files go on there, refusals are told, the manifest comes last."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from ..exceptions import DirectoryUnusable
from ..sources.ahead import fetched_ahead
from ..sources.bucket_folder import BucketFolder
from .manifest import Manifest
from .options import DownloadOptions
from .plan_rows import asset_at
from .report import DownloadReport, Failure
from .stopping import check_whether_to_stop
from .uploads import Uploads
from .work import Work

_LOOK_EVERY_S = 0.005


@contextmanager
def uploading(
    bucket: BucketFolder | None, manifest: Manifest, options: DownloadOptions, report: DownloadReport
) -> Iterator[Uploads | None]:
    """As long as it lasts, files go on to ``bucket``, if there is one; in the end, the catalog does.

    A dry run asks the bucket what is there, and sends nothing.

    Raises:
        DirectoryUnusable: The bucket cannot be used, or did not take the catalog.
        DownloadStopped: It was told to.
    """
    if bucket is None:
        yield None
        return
    uploads = Uploads(bucket, manifest, options.output_dir, report.folder)
    try:
        for _ in uploads.look_at_bucket():
            check_whether_to_stop(options)
        if options.dry_run:
            yield uploads
            return
        uploads.send_leftovers()
        wait_for(uploads, options)  # before anything else is fetched to one of these paths
        yield uploads
        for _ in uploads.send_catalog():
            check_whether_to_stop(options)
        wait_for(uploads, options)
        if uploads.refused:
            raise DirectoryUnusable(uploads.refused[0].error)
    finally:
        uploads.close()


def wait_for(uploads: Uploads, options: DownloadOptions) -> None:
    """Wait until nothing is on its way.

    Raises:
        DirectoryUnusable: The bucket takes nothing.
        DownloadStopped: It was told to.
    """
    for _ in uploads.drained():
        check_whether_to_stop(options)
        time.sleep(_LOOK_EVERY_S)


def count_refused(work: Work, uploads: Uploads) -> None:
    """Report what the bucket did not take, which was counted when it was fetched."""
    report = work.report
    for refused in uploads.refused:
        save_path = refused.path.relative_to(report.folder).as_posix()
        asset = asset_at(work.manifest, save_path)
        work.errors.add(Failure(refused.error, report.dataset_id, *asset))
        work.failed += 1
        report.fetched = max(report.fetched - 1, 0)
    uploads.refused.clear()


def put_manifest(bucket: BucketFolder, options: DownloadOptions, report: DownloadReport) -> None:
    """Put the manifest, which is closed, into the bucket.

    Raises:
        DirectoryUnusable: The bucket did not take it.
        DownloadStopped: It was told to.
    """

    def put() -> Iterator[None]:
        bucket.put(report.manifest, f"{report.folder.name}/{report.manifest.name}")
        yield

    # In a thread: obstore, which may wait for long, is deaf to Ctrl-C.
    for _ in fetched_ahead(put()):
        check_whether_to_stop(options)
