"""A hub's app: its API, its web pages and its files, behind one door."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from .api.errors import EXCEPTION_HANDLERS
from .api.routes import api_routes
from .folder import HubFolder
from .serving.catalog_files import CatalogFiles
from .serving.files import file_routes
from .serving.middleware import wrapped
from .settings import HubSettings
from .store import Store
from .web import web_routes

# What a page elsewhere may read of an answer; without these names it sees neither where a range
# lies nor whether a file has changed.
_EXPOSED = (
    "Accept-Ranges",
    "Content-Encoding",
    "Content-Length",
    "Content-MD5",
    "Content-Range",
    "ETag",
    "Last-Modified",
    "Location",
    "Retry-After",
    "x-ms-blob-content-md5",
)
_ALLOWED = (
    "Accept",
    "Authorization",
    "Content-Type",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Range",
)


def hub_app(store: Store, folder: HubFolder, settings: HubSettings) -> ASGIApp:
    """An ASGI app that serves what ``store`` knows and ``folder`` holds.

    Args:
        store: What is published, and who has a key.
        folder: Where its files lie.
        settings: Who is let in, and where the hub is reached.
    """
    catalogs = CatalogFiles(store, folder, settings)
    app = Starlette(
        routes=[
            *api_routes(store, catalogs, settings),
            catalogs.route(),
            *file_routes(store, folder, settings),
            *web_routes(store, folder.path, settings),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET", "HEAD", "OPTIONS", "POST"],
                allow_headers=_ALLOWED,
                expose_headers=_EXPOSED,
                max_age=86_400,
            )
        ],
    )
    # It would redirect to wherever the Host header says.
    app.router.redirect_slashes = False
    return wrapped(app, settings, store=store)
