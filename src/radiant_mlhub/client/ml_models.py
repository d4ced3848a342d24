"""Models of the hub as JSON-like dictionaries: one function an endpoint."""

from typing import Any

from ._endpoint import get_json, quoted_id

__all__ = ["get_model_by_id", "list_models"]


def list_models(*, api_key: str | None = None, profile: str | None = None) -> list[dict[str, Any]]:
    """The STAC items of all models, from ``GET /models``.

    Args:
        api_key: Key for this request, before any other.
        profile: Profile for this request.

    Raises:
        RequestRefused: The hub answered 400 or more.
    """
    return get_json("models", list, api_key=api_key, profile=profile)


def get_model_by_id(
    model_id: str, *, api_key: str | None = None, profile: str | None = None
) -> dict[str, Any]:
    """The STAC item of one model, from ``GET /models/{model_id}``.

    Args:
        model_id: The model's id.
        api_key: Key for this request, before any other.
        profile: Profile for this request.

    Raises:
        EntityDoesNotExist: The hub has no model of that id.
        RequestRefused: It answered 400 or more otherwise.
    """
    return get_json(
        f"models/{quoted_id(model_id, 'model_id')}",
        dict,
        not_found=f'MLModel "{model_id}" does not exist.',
        api_key=api_key,
        profile=profile,
    )
