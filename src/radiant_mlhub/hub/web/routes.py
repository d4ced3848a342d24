"""The pages and files for browsers, and who may see them."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from jinja2 import Environment, PackageLoader
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from ..drawing import palette
from ..serving.base_url import base_url_of
from ..serving.long_work import LongWork
from ..settings import HubSettings
from ..store import Json, Store
from . import visitors, words
from .dataset_page import DatasetPage
from .examples import Example, examples, legend
from .footprints import footprints
from .previews import Picture, Previews
from .searching import Search

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
# A picture is shown, whatever is in it; as a document of its own it may do nothing.
_PICTURE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=86400",
}
_PICTURE_TYPES = {
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}
_MOST_FORM_BYTES = 4096
_MAPS_KEPT = 32
_MOST_WHO_WAIT = 64
_SEE_OTHER = 303

_TEMPLATES = Environment(
    loader=PackageLoader(__package__), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
_TEMPLATES.filters.update(
    paragraphs=words.paragraphs,
    line=words.line,
    excerpt=words.excerpt,
    count=words.count,
    colour=palette.colour,
)


def web_routes(store: Store, hub_folder: Path, settings: HubSettings) -> list[BaseRoute]:
    """The pages of a hub: ``/``, ``/datasets/{id}`` and what they show."""

    @lru_cache(maxsize=_MAPS_KEPT)
    def footprints_of(dataset_id: str, _version: str | None) -> str:
        return json.dumps(footprints(store, dataset_id), separators=(",", ":"))

    pages = _Pages(store, hub_folder, settings, Previews(hub_folder, store), footprints_of)
    page, picture = "/datasets/{dataset_id}", "/datasets/{dataset_id}/previews/{version}/{number:int}/"
    return [
        Route("/", pages.open(pages.home)),
        Route(page, pages.open(pages.dataset)),
        Route(page + "/footprints.json", pages.open(pages.footprints)),
        Route(picture + "image", pages.open_later(pages.image)),
        Route(picture + "labels", pages.open_later(pages.labels)),
        Route("/sign-in", pages.sign_in, methods=["GET", "POST"]),
        Route("/sign-out", visitors.signed_out, methods=["POST"]),
        Mount("/static", StaticFiles(packages=[(str(__package__), "static")])),
    ]


def _drawing() -> LongWork:
    # Each is a process that takes a core.
    return LongWork(threads=1, most=_MOST_WHO_WAIT, busy="Other pictures are being drawn. Ask again later.")


@dataclass(frozen=True)
class _Pages:
    store: Store
    hub_folder: Path
    settings: HubSettings
    previews: Previews
    footprints_of: Callable[[str, str | None], str]
    drawing: LongWork = field(default_factory=_drawing)

    def open(self, answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
        """An endpoint that leads to the sign-in page where the hub is private and nobody has signed in."""

        def endpoint(request: Request) -> Response:
            return self._turned_away(request) or answer(request)

        return endpoint

    def open_later(
        self, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """The same for what is answered after a wait."""

        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(self._turned_away, request) or await answer(request)

        return endpoint

    def home(self, request: Request) -> Response:
        """The datasets, or those that somebody looks for."""
        search = Search.asked(request.query_params)
        found = self.store.datasets(search.query())
        return self._page(
            request,
            "home.html",
            search=search,
            found=found,
            shown=search.shown(found),
            models=[] if search.text or search.tags else self.store.models(),
            tags=search.tag_choices(found if search.text or search.tags else self.store.datasets()),
        )

    def dataset(self, request: Request) -> Response:
        """One dataset."""
        dataset = self.store.dataset(request.path_params["dataset_id"])
        if dataset is None:
            return self._page(request, "missing.html", status_code=404)
        shown = examples(self.store, self.hub_folder, dataset)
        return self._page(
            request,
            "dataset.html",
            page=DatasetPage.told(self.store, dataset, base_url_of(request)),
            version=self.store.version(dataset["id"]),
            examples=shown,
            classes=legend(shown),
            can_draw=self.previews.can_draw(),
            is_open=self.settings.access == "public",
        )

    def footprints(self, request: Request) -> Response:
        """Where the dataset's items lie, for the map."""
        dataset = self._dataset(request)
        version = self.store.version(dataset["id"])
        return Response(
            self.footprints_of(dataset["id"], version),
            media_type="application/json",
            headers={"Cache-Control": "private, max-age=300"},
        )

    async def image(self, request: Request) -> Response:
        """An example's image."""
        picture = await self._picture(request)
        return _picture_answer(picture.image if picture else None, "no-image.svg")

    async def labels(self, request: Request) -> Response:
        """What lies over it."""
        picture = await self._picture(request)
        return _picture_answer(picture.labels if picture else None, "no-labels.svg")

    async def sign_in(self, request: Request) -> Response:
        """The form for a key, and what comes of it."""
        if self.settings.access != "private":
            return RedirectResponse(urlsplit(base_url_of(request)).path + "/", status_code=_SEE_OTHER)
        if request.method != "POST":
            then = visitors.path_within_the_hub(request.query_params.get("then", "/"))
            return self._page(request, "sign_in.html", then=then, refused=None)
        fields = parse_qs((await _form(request)).decode("utf-8", "replace"))
        key, then = fields.get("key", [""])[0], visitors.path_within_the_hub(fields.get("then", ["/"])[0])
        try:
            return await run_in_threadpool(visitors.signed_in, key, request, self.settings, then=then)
        except HTTPException as refused:
            return self._page(
                request, "sign_in.html", then=then, refused=refused.detail, status_code=refused.status_code
            )

    def _page(self, request: Request, template: str, *, status_code: int = 200, **told: object) -> Response:
        base_url = base_url_of(request)
        root = urlsplit(base_url).path
        text = _TEMPLATES.get_template(template).render(
            hub=self.settings, base_url=base_url, root=root, **told
        )
        return HTMLResponse(text, status_code=status_code, headers=_HEADERS)

    def _dataset(self, request: Request) -> Json:
        dataset = self.store.dataset(request.path_params["dataset_id"])
        if dataset is None:
            raise HTTPException(404, f"Dataset {request.path_params['dataset_id']} does not exist.")
        return dataset

    def _turned_away(self, request: Request) -> Response | None:
        if visitors.may_see(request, self.store, self.settings):
            return None
        root = urlsplit(base_url_of(request)).path
        return RedirectResponse(f"{root}/sign-in?then={quote(request.url.path)}", status_code=_SEE_OTHER)

    async def _picture(self, request: Request) -> Picture | None:
        version, number = request.path_params["version"], request.path_params["number"]
        example = await run_in_threadpool(self._example, request)
        draw = partial(self.previews.picture, version, number, example)
        if self.previews.is_drawn(version, number):
            return await run_in_threadpool(draw)
        return await self.drawing.done((version, number), draw)

    def _example(self, request: Request) -> Example:
        dataset = self._dataset(request)
        version: str = request.path_params["version"]
        number: int = request.path_params["number"]
        shown = examples(self.store, self.hub_folder, dataset)
        if version != self.store.version(dataset["id"]) or number >= len(shown):
            raise HTTPException(404, "There is no such picture, or not any more.")
        return shown[number]


def _picture_answer(file: Path | None, placeholder: str) -> Response:
    file = file or Path(__file__).with_name("static") / placeholder
    media_type = _PICTURE_TYPES.get(file.suffix.lower(), "application/octet-stream")
    return FileResponse(file, media_type=media_type, headers=_PICTURE_HEADERS)


async def _form(request: Request) -> bytes:
    """The body of a form.

    Raises:
        HTTPException: 413; it is longer than any key.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_FORM_BYTES:
            raise HTTPException(413, "This is no API key.")
    return body
