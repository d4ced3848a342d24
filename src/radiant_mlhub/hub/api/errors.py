"""Every refusal in one form: ``{"detail": "a sentence"}``, as the hosted service had it."""

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from radiant_mlhub.exceptions import PublicationFailed

from ..queries import BadQuery
from ..serving.long_work import Busy

logger = logging.getLogger(__name__)

_LONGEST_SHOWN = 200
_RETRY_AFTER_S = 60


def not_found(kind: str, name: str) -> HTTPException:
    """404 for a thing that is not here, in the words of the hosted service."""
    shown = name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}..."
    return HTTPException(404, f"{kind} {shown} does not exist.")


def refused(_request: Request, error: Exception) -> Response:
    """The answer to an HTTPException."""
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"detail": error.detail}, status_code=error.status_code, headers=error.headers)


def bad_query(_request: Request, error: Exception) -> Response:
    """400 for a question that cannot be answered as asked."""
    return JSONResponse({"detail": str(error)}, status_code=400)


def not_now(request: Request, error: Exception) -> Response:
    """503 for a catalog archive that cannot be made: the disk is full, or it is being published."""
    # What went wrong names paths of this machine: that is for the log.
    logger.error("%s: %s", request.url.path, error)
    text = "The catalog cannot be made at this moment; the hub's log says why. Try again later."
    return Busy(text, _RETRY_AFTER_S).answer()


def failed(_request: Request, _error: Exception) -> Response:
    """500 for what should not have happened; starlette raises it again, and the server logs it."""
    return JSONResponse({"detail": "The hub failed at this request; its log says why."}, status_code=500)


EXCEPTION_HANDLERS = {
    HTTPException: refused,
    BadQuery: bad_query,
    PublicationFailed: not_now,
    Exception: failed,
}
