"""Machine-learning models of a hub: ``pystac.Item`` with what MLHub adds to it."""

from __future__ import annotations

import builtins
import datetime as dt
from functools import partial
from pathlib import Path
from typing import Any

import pystac

from .. import client
from ..if_exists import DownloadIfExistsOpts
from ..progress_events import ProgressCallback
from ._answers import made, made_of_each
from ._as_read import ITEM_REQUIRES, AsRead
from ._credentials import for_call
from ._display import model_html
from ._model_assets import download_assets

__all__ = ["MLModel"]


class MLModel(AsRead, pystac.Item):
    """A model of a hub: a STAC item of the ML Model extension.

    ``list`` and ``fetch`` make them; the key or profile given there is used for every later
    call on the object, unless that call names its own. ``to_dict``, ``clone`` and the links
    never touch the network, and a model that was read as STAC 1.0 is written as 1.0.

    Attributes:
        session_kwargs: ``api_key`` or ``profile`` this model was fetched with.
    """

    _required = ITEM_REQUIRES

    def __init__(  # noqa: PLR0917  # the documented order
        self,
        id: str,  # noqa: A002
        geometry: dict[str, Any] | None,
        bbox: builtins.list[float] | None,
        datetime: dt.datetime | None,
        properties: dict[str, Any],
        stac_extensions: builtins.list[str] | None = None,
        href: str | None = None,
        collection: str | pystac.Collection | None = None,
        extra_fields: dict[str, Any] | None = None,
        *,
        assets: dict[str, pystac.Asset] | None = None,
        api_key: str | None = None,
        profile: str | None = None,
        **pystac_options: Any,
    ) -> None:
        """Make a model by hand; parameters are those of ``pystac.Item``.

        Args:
            api_key: Key for calls on behalf of this model.
            profile: Profile for calls on behalf of this model.
            **pystac_options: What the installed pystac takes beyond these, such as ``start_datetime``.
        """
        super().__init__(
            id=id,
            geometry=geometry,
            bbox=bbox,
            datetime=datetime,
            properties=properties,
            stac_extensions=stac_extensions,
            href=href,
            collection=collection,
            extra_fields=extra_fields,
            assets=assets,
            api_key=api_key,
            profile=profile,
            **pystac_options,
        )

    def __str__(self) -> str:
        return f"{self.id}: {self.properties.get('title') or ''}"

    def __repr__(self) -> str:
        return f"<MLModel id={self.id}>"

    def _repr_html_(self) -> str:
        return model_html(self)

    @classmethod
    def list(cls, *, api_key: str | None = None, profile: str | None = None) -> builtins.list[MLModel]:
        """All models of the hub; those it describes wrongly are left out with a warning.

        Args:
            api_key: Key for this request and for later calls on the models.
            profile: Profile for this request and for later calls on the models.

        Raises:
            RequestRefused: The hub answered 400 or more.
        """
        answers = client.list_models(api_key=api_key, profile=profile)
        return made_of_each(partial(cls.from_dict, api_key=api_key, profile=profile), answers, "MLModel")

    @classmethod
    def fetch(cls, model_id: str, *, api_key: str | None = None, profile: str | None = None) -> MLModel:
        """The model of one id. Fetches what is known of it; ``download`` brings its files.

        Args:
            model_id: The model's id.
            api_key: Key for this request and for later calls on the model.
            profile: Profile for this request and for later calls on the model.

        Raises:
            EntityDoesNotExist: The hub has no model of that id.
            RequestRefused: It answered 400 or more otherwise.
        """
        answer = client.get_model_by_id(model_id, api_key=api_key, profile=profile)
        make = partial(cls.from_dict, api_key=api_key, profile=profile)
        return made(make, answer, f'MLModel "{model_id}"')

    def download(
        self,
        output_dir: Path | str | None = None,
        *,
        if_exists: DownloadIfExistsOpts | str = DownloadIfExistsOpts.resume,
        api_key: str | None = None,
        profile: str | None = None,
        progress: bool | ProgressCallback = True,
        max_connections: int = 8,
    ) -> dict[str, Path]:
        """Bring this model's assets (checkpoint, inference runtime...) to disk.

        They lie in ``{output_dir}/{model_id}/{asset_key}{extension}``. The key goes to the hub
        alone; assets that lie elsewhere need none.

        Args:
            output_dir: Folder for ``{model_id}/``, made if need be; ``~`` is expanded. None for
                the working directory of the moment.
            if_exists: What to do with a file that is there already.
            api_key: Key for this download; without, the model's own.
            profile: Profile for this download; without, the model's own.
            progress: Show how it gets on; or, given a callable, tell that (``ProgressEvent``).
            max_connections: How many requests may be under way at once.

        Returns:
            The path of each asset's file, by its key.

        Raises:
            InvalidArgument: An argument cannot be meant. Before any request.
            DownloadFailed: Some assets did not arrive, and why; the rest did.
        """
        return download_assets(
            self,
            output_dir,
            if_exists=if_exists,
            credentials=for_call(self.session_kwargs, api_key, profile),
            progress=progress,
            max_connections=max_connections,
        )
