"""A model's assets to disk, through the same engine as a dataset's."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pystac

from .. import layout
from ..client._endpoint import session_for
from ..client._folder import checked_folder
from ..download.catalog import request_for_session
from ..download.options import checked_options
from ..exceptions import APIKeyNotFound, DownloadFailed, InvalidArgument, UnsafeName
from ..if_exists import DownloadIfExistsOpts
from ..progress_events import ProgressCallback
from ..session import Session
from ..transfer import Outcome, RequestFor, Transfer, fetch_all
from ..transfer.progress import count_outcome
from ..transfer.progress import progress as progress_bar

_FAILURES_TOLD = 5


def download_assets(
    model: pystac.Item,
    output_dir: Path | str | None,
    *,
    if_exists: DownloadIfExistsOpts | str,
    credentials: Mapping[str, str],
    progress: bool | ProgressCallback,
    max_connections: int,
) -> dict[str, Path]:
    """The file of each asset of ``model``, by its key.

    Args:
        model: The item.
        output_dir: Folder for the model's folder; None for the working directory.
        if_exists: What to do with a file that is there already.
        credentials: Key or profile for assets that lie at the hub; assets elsewhere need none.
        progress: Show how it gets on, or tell a callable.
        max_connections: How many requests may be under way at once.

    Raises:
        InvalidArgument: An argument cannot be meant, or the model's id or a key cannot name a file.
        DownloadFailed: Some did not arrive.
    """
    options = checked_options("any", if_exists=if_exists, max_connections=max_connections, progress=progress)
    transfers = list(_transfers(model, checked_folder(output_dir), options.if_exists))
    outcomes = []
    with progress_bar("model", model.id, options.progress, files_total=len(transfers)) as bar:
        for outcome in fetch_all(
            transfers,
            request_for=_request_for(credentials),
            max_connections=options.max_connections,
            progress=bar,
        ):
            count_outcome(bar, outcome)
            outcomes.append(outcome)
    _raise_if_any_failed(model, outcomes, len(transfers))
    return {key: Path(transfer.target) for key, transfer in zip(model.assets, transfers, strict=True)}


def _transfers(model: pystac.Item, folder: Path, if_exists: DownloadIfExistsOpts) -> Iterator[Transfer]:
    paths = _paths(model)
    for ident, (key, asset) in enumerate(model.assets.items()):
        yield Transfer(
            href=asset.get_absolute_href() or asset.href,
            target=str(folder / paths[key]),
            root=str(folder),
            ident=ident,
            if_exists=if_exists.value,
        )


def _paths(model: pystac.Item) -> dict[str, str]:
    """A path of its own for each key, also on file systems that ignore case."""
    taken: set[str] = set()
    paths = {}
    for key, asset in model.assets.items():
        path = _first_free(_path(model.id, key, asset), taken)
        taken.add(layout.folded(path))
        paths[key] = path
    return paths


def _path(model_id: str, key: str, asset: pystac.Asset) -> str:
    extension = layout.extension(asset.href, asset.media_type)
    try:
        return layout.collection_asset_path(model_id, key, extension)
    except UnsafeName as unsafe:
        raise InvalidArgument(
            f'The asset "{key}" of model "{model_id}" cannot be stored: {unsafe}'
        ) from unsafe


def _first_free(path: str, taken: Iterable[str]) -> str:
    free, number = path, 1
    while layout.folded(free) in taken:
        number += 1
        free = layout.moved_path(path, number)
    return free


def _request_for(credentials: Mapping[str, str]) -> RequestFor:
    try:
        session = session_for(**credentials)
    except APIKeyNotFound:
        if credentials:
            raise
        # Models' files mostly lie where nobody asks for a key; the hub refuses by itself.
        session = Session(api_key=None)
    return request_for_session(session)


def _raise_if_any_failed(model: pystac.Item, outcomes: Iterable[Outcome], planned: int) -> None:
    failed = [outcome for outcome in outcomes if outcome.state == "failed"]
    if not failed:
        return
    keys = list(model.assets)
    told = [f"{keys[o.transfer.ident]}: {str(o.error).rstrip('.')}" for o in failed[:_FAILURES_TOLD]]
    if len(failed) > len(told):
        told.append(f"and {len(failed) - len(told)} more")
    raise DownloadFailed(
        f'{len(failed)} of {planned} assets of model "{model.id}" did not arrive; the others did. '
        f"{'; '.join(told)}."
    )
