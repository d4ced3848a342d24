"""What somebody may have meant by a name that is not there."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from ..exceptions import EntityDoesNotExist, MLHubException, RequestRefused
from .asking import asked_alike


@contextmanager
def nearest_told(name: str, known: Callable[[], Iterable[str]], listed_by: str) -> Iterator[None]:
    """Tell the nearest names there are, as a note, where there is nothing of a name.

    Args:
        name: What was asked for.
        known: Asks for the names there are; only called when it is needed.
        listed_by: The command that lists them.
    """
    try:
        yield
    except EntityDoesNotExist as error:
        for note in _notes(name, known, listed_by):
            error.add_note(note)
        raise


def _notes(name: str, known: Callable[[], Iterable[str]], listed_by: str) -> Iterator[str]:
    from ..download.nearest import nearest

    try:
        listed = list(known())
    except RequestRefused as refused:
        if refused.response is None or refused.response.status_code != HTTPStatus.NOT_FOUND:
            yield f"What there is could not be asked for either: {refused}"
        else:
            said = "There is no list of them at this address either."
            yield f"{said} Is it a hub's? {asked_alike('mlhub doctor')}"
        return
    except MLHubException as error:
        yield f"What there is could not be asked for either: {error}"
        return
    names = [each for each in listed if each]
    near = nearest(name, names)
    if near:
        *others, last = near
        yield f"Did you mean {', '.join(others)}{' or ' if others else ''}{last}?"
    if listed:  # also by a DOI, which none of them may have
        yield f"all there are: {asked_alike(listed_by)}"
    else:
        yield f"This hub has none at all. Is it the one you mean? {asked_alike('mlhub doctor')}"
