"""A machine-learning model becomes one of the hub's: a STAC item, and its files where they are here."""

from contextlib import closing
from pathlib import Path

import msgspec

from ...exceptions import PublicationRefused
from ..folder import HubFolder
from ..store import Json, Store
from .asset_files import AssetFiles, How, wait_for_the_disk
from .failures import told_plainly
from .hrefs import SourceFolder
from .problems import Problems
from .reading import UNREADABLE, Found
from .rewriting import Rewriter
from .sources import Source
from .staged import Staged
from .staging import staging, sweep
from .validation import check_item, implements


def publish_model(folder: HubFolder, store: Store, path: Path, *, how: How = "copy") -> str:
    """Let the model in the file ``path`` appear, in place of an earlier one of its id; its id.

    Raises:
        PublicationRefused: It is no valid model; ``.problems`` tells why.
        PublicationFailed: It could not be written. Nothing was published.
    """
    problems = Problems()
    found = Found("item", path.resolve(), _read(path))
    item, complaints = check_item(found.body)
    problems.take(path.name, complaints)
    if not implements(found.body, "ml-model") and not implements(found.body, "mlm"):
        problems.add(path.name, "$.stac_extensions", "names no ml-model extension, so this is no model")
    _refuse(path, problems)
    model_id: str = found.body["id"]
    with told_plainly(model_id):
        sweep(folder, store)
        with staging(folder, store) as place, closing(Staged(place.work_file())) as staged:
            source = Source(found.path, SourceFolder(path.parent))
            with closing(AssetFiles(folder.path, place.folder, how, staged)) as files:
                rewriter = Rewriter(source, place.version, None if how == "remote" else files, problems)
                draft = rewriter.draft(found, item)
                text = rewriter.text(draft) if draft else None
            _refuse(path, problems)
            wait_for_the_disk()
            store.publish_model(msgspec.json.decode(text or b""), place.version, list(staged.files()))
            place.tidy()
    return model_id


def _read(path: Path) -> Json:
    try:
        body = msgspec.json.decode(path.read_bytes(), type=Json)
    except OSError as error:
        raise PublicationRefused(f"{path} cannot be read: {error}") from error
    except UNREADABLE as error:
        raise PublicationRefused(f"{path} is no STAC item: {error}") from error
    return body


def _refuse(path: Path, problems: Problems) -> None:
    if problems.total:
        raise PublicationRefused(
            f"{path} is no model that can be published.", [str(each) for each in problems.first]
        )
