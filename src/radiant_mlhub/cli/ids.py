"""Ids as arguments: completed by what the hub has, and told the nearest where there is no such thing."""

import shlex
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from .. import layout
from .nearest import nearest_told

_PATIENCE_S = (1.0, 2.0)
"""To connect and to answer: whoever presses the tab key does not wait longer."""


class HubId(click.types.StringParamType):
    """The id of something a hub has."""

    def __init__(self, name: str, path: str, field: str | None = None, *, takes_files: bool = False) -> None:
        """Take what is asked for: ``path`` of the hub, the list in its ``field`` or the answer itself.

        Args:
            name: What the thing is called.
            path: Where the hub lists them.
            field: Where the list is in the answer; None where it is the answer.
            takes_files: A file or folder of this machine may stand in place of the id.
        """
        self._takes_files = takes_files
        self.name = name
        self._path = path
        self._field = field

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """The ids that begin with ``incomplete``; none where no hub answers at once."""
        from click.shell_completion import CompletionItem

        files = [CompletionItem(incomplete, type="file")] if self._takes_files else []
        if files and incomplete.startswith((".", "/", "~")):
            return files
        try:
            with _silence():
                answers = self._asked(ctx)
            return files + [
                CompletionItem(each["id"], help=each.get("title"))
                for each in answers
                if str(each["id"]).startswith(incomplete)
            ]
        # Whoever completes a word is not interrupted, whatever is the matter.
        except Exception:  # noqa: BLE001
            return files

    def _asked(self, ctx: click.Context) -> Iterable[Any]:
        from ..adapters import Adapter
        from ..exceptions import APIKeyNotFound
        from ..session import ANONYMOUS_PROFILE, get_session

        asker = {name: ctx.params.get(name) for name in ("api_key", "profile")}
        try:
            session = get_session(**asker)
        except APIKeyNotFound:
            session = get_session(profile=ANONYMOUS_PROFILE)
        if session.root_url == session.DEFAULT_ROOT_URL:  # which was switched off
            return []
        for prefix in list(session.adapters):
            session.mount(prefix, Adapter(max_retries=0))
        answer = session.request("GET", self._path, timeout=_PATIENCE_S).json()
        found: Iterable[Any] = answer if self._field is None else answer[self._field]
        return found


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing is logged: the terminal holds a line that is being written."""
    import logging

    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


DATASET = HubId("dataset", "datasets")
SOURCE = HubId("dataset", "datasets", takes_files=True)
COLLECTION = HubId("collection", "collections", "collections")
MODEL = HubId("model", "models")


def named_dataset(
    named: str, dataset_id: str | None = None, *, api_key: str | None, profile: str | None
) -> Any:
    """The dataset of an id or DOI, or of a source that needs no hub.

    Args:
        named: What stands on the command line.
        dataset_id: What to call the dataset of a source.
        api_key: Key of the hub.
        profile: Profile for the hub.

    Raises:
        EntityDoesNotExist: There is none; the notes name those that are near.
        InvalidArgument: ``dataset_id`` is told for what is no source.
    """
    from ..exceptions import InvalidArgument, MLHubException
    from ..models import Dataset
    from ..sources.opening import looks_like_a_source

    if looks_like_a_source(named):
        return Dataset.from_stac(named, id=dataset_id, api_key=api_key, profile=profile)
    if dataset_id is not None:
        raise InvalidArgument(f'--id names the dataset of a SOURCE, and "{named}" is an id or DOI of the hub')
    try:
        return fetched_dataset(named, api_key=api_key, profile=profile)
    except MLHubException as error:
        note = _lies_here(named)
        if note is not None:
            error.__notes__ = [note, *getattr(error, "__notes__", ())]
        raise


def _lies_here(named: str) -> str | None:
    """How to name what is called so in the working directory, unless it is what a download left.

    Of what looks like a path more than like a DOI it is told where nothing is called so.
    """
    here = Path(named)
    try:
        if not here.exists():
            is_doi = "/" not in named or named.startswith("10.")
            return None if is_doi else f"there is no folder or file {named} here either"
        if layout.manifest_file(here).exists():
            return None
    except OSError:  # no file can be called so
        return None
    kind = "folder" if here.is_dir() else "file"
    command = click.get_current_context().command_path
    return f"there is a {kind} of that name here: {command} {shlex.quote(f'./{named}')}"


def fetched_dataset(id_or_doi: str, *, api_key: str | None, profile: str | None) -> Any:
    """The dataset of an id or DOI.

    Raises:
        EntityDoesNotExist: There is none; the notes name those that are near.
    """
    from ..client import list_datasets
    from ..models import Dataset

    field = "doi" if "/" in id_or_doi else "id"

    def known() -> list[str]:
        listed = list_datasets(api_key=api_key, profile=profile)
        return [str(each.get(field) or "") for each in listed]

    with nearest_told(id_or_doi, known, "mlhub datasets"):
        return Dataset.fetch(id_or_doi, api_key=api_key, profile=profile)


def fetched_model(model_id: str, *, api_key: str | None, profile: str | None) -> Any:
    """The model of an id.

    Raises:
        EntityDoesNotExist: There is none; the notes name those that are near.
    """
    from ..client import list_models
    from ..models import MLModel

    with nearest_told(model_id, _ids(list_models, api_key, profile), "mlhub models"):
        return MLModel.fetch(model_id, api_key=api_key, profile=profile)


def fetched_collection(collection_id: str, *, api_key: str | None, profile: str | None) -> Any:
    """The collection of an id.

    Raises:
        EntityDoesNotExist: There is none; the notes name those that are near.
    """
    from ..client import list_collections
    from ..models import Collection

    with nearest_told(collection_id, _ids(list_collections, api_key, profile), "mlhub collections"):
        return Collection.fetch(collection_id, api_key=api_key, profile=profile)


def _ids(
    listed: Callable[..., list[Any]], api_key: str | None, profile: str | None
) -> Callable[[], list[str]]:
    return lambda: [str(each.get("id") or "") for each in listed(api_key=api_key, profile=profile)]
