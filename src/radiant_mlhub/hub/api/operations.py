"""What an operation of the API is: how it is called, by whom, and what is documented about it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from ..store import Json
from .answers import JSON

Answer = Callable[..., Response | Awaitable[Response]]


@dataclass(frozen=True)
class Operation:
    """One path of the API, asked with GET (and HEAD) or POST.

    Attributes:
        path: Below ``/mlhub/v1/``, in starlette's form, such as ``datasets/doi/{doi:path}``.
        answer: Called in a thread, once the caller was let in; takes the body too where there is one.
            What it gives to wait for is awaited outside of the thread.
        summary: A line for the documentation.
        needs_key: Whether a hub of the usual kind answers only holders of a key.
        parameters: Those of the query string, as OpenAPI has them.
        schema: What the answer is, as a JSON Schema; None where there is no body.
        media_type: That of the answer.
        body: JSON Schema of the request's body; None for GET.
        status: That of an answer that went well.
        errors: What else may be answered, beside what every operation may.
    """

    path: str
    answer: Answer
    summary: str
    needs_key: bool = False
    parameters: Sequence[Json] = ()
    schema: Json | None = None
    media_type: str = JSON
    body: Json | None = None
    status: int = 200
    errors: Sequence[int] = ()
