"""The rows of the table: what is done, over which route, by whom, and how well it should go."""

from dataclasses import dataclass, field, replace
from typing import Literal

from benchmarks.data_sets import INDEX, MANY, MILLION, SINGLE, SMALL, DataSet

Walk = Literal["download", "again", "index", "first asset"]
Route = Literal["loopback", "delayed", "delayed-tls"]

OURS, ORIGINAL, CURL, TAR, MD5 = "ours", "original", "curl", "tar", "md5"


@dataclass(frozen=True)
class Aims:
    """What a row should reach; None where nothing is asked.

    Attributes:
        times_original: How many times faster than the original client.
        times_curl: The most that may be taken, in times of curl.
        of_one_core_md5: The least share of one core's MD5 speed.
        peak_mib: The most memory of the client's process, imports included.
        asset_requests: How many requests for assets may be made.
    """

    times_original: float | None = None
    times_curl: float | None = None
    of_one_core_md5: float | None = None
    peak_mib: float | None = None
    asset_requests: int | None = None


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        walk: ``download``: into a fresh folder. ``again``: over a complete download. ``index``: the
            catalog to manifest and unpacked JSON, one asset of each collection fetched. ``first asset``: no
            filter, until the server sees the first request for an asset; the client is stopped there.
        with_md5: The server names the MD5 of every file (Content-MD5).
        on_disk: The folder lies on a disk, not on tmpfs.
    """

    key: str
    title: str
    data_set: DataSet
    walk: Walk = "download"
    route: Route = "loopback"
    with_md5: bool = False
    on_disk: bool = False
    clients: tuple[str, ...] = (OURS, CURL, ORIGINAL)
    aims: Aims = field(default_factory=Aims)

    @property
    def dataset_id(self) -> str:
        """Rows that ask for the same addresses share one dataset of the hub."""
        digest = "md5" if self.with_md5 else "plain"
        return f"{self.data_set.key}_{self.route.replace('-', '_')}_{digest}"

    def with_content_md5(self) -> "Row":
        """The same work once more, each file with its Content-MD5: reported, so without aims.

        The original does not look at the digest: its time is that of the row without.
        """
        return replace(
            self,
            key=f"{self.key}-md5",
            title=f"{self.title}, Content-MD5 sent",
            with_md5=True,
            clients=(OURS, CURL),
            aims=Aims(),
        )

    def scaled(self, scale: float) -> "Row":
        return replace(self, data_set=self.data_set.scaled(scale))


DOWNLOADS = (
    Row("small-loopback", "2,825 files of 27 KiB, loopback", SMALL, aims=Aims(12, 1.5)),
    Row("many-loopback", "40,000 files of 4 KiB, loopback", MANY, aims=Aims(25, 1.5, peak_mib=80)),
    Row("small-delayed", "2,825 files of 27 KiB, 50 ms", SMALL, route="delayed", aims=Aims(30, 1.2)),
    Row(
        "small-delayed-tls",
        "2,825 files of 27 KiB, 50 ms, TLS",
        SMALL,
        route="delayed-tls",
        aims=Aims(50, 1.2),
    ),
    Row("single-loopback", "one file of 2 GiB, loopback", SINGLE, aims=Aims(8, 1.2)),
)
SINGLE_WITH_MD5 = replace(
    DOWNLOADS[-1].with_content_md5(),
    clients=(OURS, CURL, MD5),
    aims=Aims(of_one_core_md5=0.8),
)
DOWNLOADS_WITH_MD5 = (*(row.with_content_md5() for row in DOWNLOADS[:-1]), SINGLE_WITH_MD5)
OTHERS = (
    Row(
        "many-again",
        "second run over 40,000 complete files",
        MANY,
        walk="again",
        clients=(OURS, ORIGINAL),
        aims=Aims(100, asset_requests=0),
    ),
    Row(
        "index",
        "100,000 items x 4 assets: manifest and unpacked JSON",
        INDEX,
        walk="index",
        clients=(OURS, TAR, ORIGINAL),
        aims=Aims(8, peak_mib=120),
    ),
    Row(
        "index-first-asset",
        "the same: until the first asset is requested",
        INDEX,
        walk="first asset",
        clients=(OURS, ORIGINAL),
        aims=Aims(15),
    ),
    Row(
        "index-disk",
        "100,000 items x 4 assets: the same on disk",
        INDEX,
        walk="index",
        on_disk=True,
        clients=(OURS, TAR),
    ),
    Row(
        "index-million",
        "1,000,000 items x 4 assets: manifest and unpacked JSON",
        MILLION,
        walk="index",
        clients=(OURS,),
        aims=Aims(peak_mib=300),
    ),
)
ROWS = {row.key: row for row in DOWNLOADS + DOWNLOADS_WITH_MD5 + OTHERS}
