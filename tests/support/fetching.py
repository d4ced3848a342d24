"""What the transfer tests have in common: one call, short waits, and what lies in a folder."""

from pathlib import Path

import requests

from radiant_mlhub.transfer import Outcome, Patience, Transfer, fetch_all, fetch_one, plain_request_for

# The same rules as in earnest, with waits that a test can afford.
IMPATIENT = Patience(connect_s=1, silence_s=0.2, first_wait_s=0.005, longest_wait_s=0.02)

# Who carries the requests where a test does not say: None is libcurl.
carried_by: requests.Session | None = None


def transfer_to(target: Path, href: str, **fields) -> Transfer:
    """A transfer to ``target``, whose folder is the root unless told otherwise."""
    return Transfer(href, str(target), fields.pop("root", str(target.parent)), **fields)


def fetch(
    href: str, target: Path, *, session=None, request_for=None, patience=IMPATIENT, **fields
) -> Outcome:
    """Bring ``href`` to ``target``; raises TransferFailed."""
    return fetch_one(
        transfer_to(target, href, **fields),
        request_for=request_for or plain_request_for(),
        session=session or carried_by,
        patience=patience,
    )


def attempt(
    href: str, target: Path, *, session=None, request_for=None, patience=IMPATIENT, **fields
) -> Outcome:
    """Bring ``href`` to ``target``; a failure is an outcome."""
    outcomes = fetch_all(
        [transfer_to(target, href, **fields)],
        request_for=request_for or plain_request_for(),
        session=session or carried_by,
        patience=patience,
    )
    return next(iter(outcomes))


def left_over(folder: Path) -> list[str]:
    """Names of the parts and notes under ``folder``."""
    return sorted(path.name for path in folder.rglob(".*"))


def interrupt(scene, target: Path, after_bytes: int) -> None:
    """Fetch ``scene`` until ``after_bytes`` of it are here, and give up there as a dead server would."""
    from support.faults import Fault

    scene.faults[:] = [Fault(cut_after=after_bytes)]
    scene.restart()
    outcome = attempt(scene.href, target, patience=Patience(tries=1, silence_s=0.2))
    assert outcome.state == "failed"
