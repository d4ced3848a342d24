"""Who may see the pages of a private hub: whoever typed a valid key within the last hour.

A page cannot send a key with each request, so the key is exchanged for a cookie that scripts
cannot read and other sites cannot send. It names the key, not the key's text, and an expiry;
revoking the key ends it.
"""

from urllib.parse import quote, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ..serving import access, tokens
from ..serving.base_url import base_url_of
from ..settings import HubSettings
from ..store import Store

COOKIE = "mlhub_visit"
_LONGEST_KEY = 500


def may_see(request: Request, store: Store, settings: HubSettings) -> bool:
    """Whether the pages are open to this request: the hub is not private, or a valid key or cookie came.

    Raises:
        HTTPException: 401 for a wrong key in the request, 429 after many.
    """
    if settings.access != "private":
        return True
    key_id, _, token = request.cookies.get(COOKIE, "").partition(".")
    if tokens.is_valid(_signed(key_id), token, settings):
        keys = store.keys()
        return any(key.key_id == key_id and key.revoked is None for key in keys)
    try:
        access.check_key(request, needs_key=True)
    except HTTPException as refused:
        if refused.detail == access.NO_KEY:
            return False
        raise
    return True


def signed_in(key: str, request: Request, settings: HubSettings, *, then: str) -> Response:
    """An answer that lets the browser in and leads it to ``then``.

    Raises:
        HTTPException: 401 for a wrong key, 429 after many.
    """
    key = key.strip()[:_LONGEST_KEY]
    stored = access.door_of(request).check(key, request.client.host if request.client else "")
    token = tokens.signed_path(_signed(stored.key_id), settings).rpartition("=")[2]
    base = urlsplit(base_url_of(request))
    answer = RedirectResponse(base.path + then, status_code=303)
    answer.set_cookie(
        COOKIE,
        f"{stored.key_id}.{token}",
        max_age=tokens.LIFETIME_S,
        path=base.path or "/",
        secure=base.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer


def signed_out(request: Request) -> Response:
    """An answer that takes the cookie back."""
    root = urlsplit(base_url_of(request)).path
    answer = RedirectResponse(root + "/", status_code=303)
    answer.delete_cookie(COOKIE, path=root or "/", httponly=True, samesite="lax")
    return answer


def path_within_the_hub(path: str) -> str:
    """``path`` where it is one of this hub, else ``/``: nobody is led elsewhere after signing in."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_ours else "/"


def _signed(key_id: str) -> str:
    return "/visits/" + quote(key_id, safe="")
