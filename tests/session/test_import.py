"""Importing changes nothing, and the command line imports little."""

from support.scripts import run_script


def test_importing_has_no_side_effects():
    """No log handlers or filters, no debug level, no look at the environment of a test run."""
    run_script(
        "import http.client, logging, warnings, sys\n"
        "filters = list(warnings.filters)\n"
        "import radiant_mlhub.session\n"
        "assert http.client.HTTPConnection.debuglevel == 0\n"
        "assert logging.root.handlers == [] and logging.root.level == logging.WARNING\n"
        "names = ('radiant_mlhub', 'radiant_mlhub.client.catalog_downloader', 'urllib3.connectionpool')\n"
        "assert not any(logging.getLogger(n).handlers or logging.getLogger(n).filters for n in names)\n"
        "assert 'pystac' not in sys.modules\n"
    )


def test_sessions_leave_the_applications_logging_alone():
    run_script(
        "import logging\n"
        "from radiant_mlhub import get_session\n"
        "get_session(api_key='k')\n"
        "assert logging.root.handlers == [] and logging.root.level == logging.WARNING\n"
    )


def test_the_version_costs_no_pystac():
    """``mlhub --version`` answers without pystac, shapely, pydantic."""
    done = run_script(
        "import sys\n"
        "from radiant_mlhub.cli import mlhub\n"
        "try: mlhub(['--version'])\n"
        "except SystemExit as left: assert left.code == 0\n"
        "assert not {'pystac', 'shapely', 'pydantic', 'numpy'} & set(sys.modules)\n"
    )
    assert done.stdout.startswith("mlhub, version ")


def test_errors_that_are_also_those_of_requests_load_it_on_first_use():
    """Whoever unpacks an archive or lets libcurl carry does not pay for it; others see no difference."""
    run_script(
        "import pickle, sys\n"
        "from radiant_mlhub import exceptions\n"
        "assert not {'requests', 'urllib3'} & set(sys.modules)\n"
        "assert {'CatalogBroken', 'HubRetired', 'RequestRefused'} <= set(dir(exceptions))\n"
        "refused = exceptions.AuthenticationError('text')\n"
        "import requests\n"
        "assert isinstance(refused, requests.HTTPError)\n"
        "assert exceptions.AuthenticationError is type(refused)\n"
        "assert type(refused).__module__ == 'radiant_mlhub.exceptions'\n"
        "assert type(pickle.loads(pickle.dumps(refused))) is type(refused)\n"
        "from radiant_mlhub.exceptions import *\n"
        "assert issubclass(RequestRefused, MLHubException)\n"
    )
