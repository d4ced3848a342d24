"""Where a dataset's items lie, small enough to be sent and drawn at once."""

from ...footprint_boxes import MOST_BOXES, boxes_to_draw
from ..store import Json, Store


def footprints(store: Store, dataset_id: str, *, most: int = MOST_BOXES) -> Json:
    """The boxes of a dataset's items, by collection: see ``boxes_to_draw``."""
    with store.boxes(dataset_id) as boxes:
        return boxes_to_draw(boxes, most=most)
