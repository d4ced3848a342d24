"""Every documented module, name and parameter is there: same order, kind and default."""

import importlib
import inspect
import sqlite3
from enum import Enum
from importlib.metadata import entry_points
from pathlib import Path

import click
import pystac
import pytest
import requests

import radiant_mlhub
from public_surface.documented import ADDED, ALL, DEVIATIONS, MODULES, NAMES, OPTIONS, SIGNATURES
from radiant_mlhub import exceptions
from support.scripts import run_script

Parameter = inspect.Parameter


def named(path):
    """The object of a dotted path below the package."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in MODULES:
            found = importlib.import_module(f"radiant_mlhub.{name}")
            for part in parts[length:]:
                found = getattr(found, part)
            return found
    raise AssertionError(f"no documented module holds {path}")


def documented(text):
    """The parameters of a signature as the documentation writes it."""
    scope = {}
    exec(f"def function({text}): pass", scope)
    return list(inspect.signature(scope["function"]).parameters.values())


def actual(found):
    """The parameters of a callable, without ``self``."""
    return [p for p in inspect.signature(found).parameters.values() if p.name != "self"]


def default(parameter):
    value = parameter.default
    return value.value if isinstance(value, Enum) else value


@pytest.mark.parametrize("path", SIGNATURES)
def test_documented_parameters_keep_order_kind_and_default(path):
    """Additions are keyword-only, with a default, so that no documented call means otherwise."""
    # A value in documented parameters of any keyword has no name to call it by.
    told = [p for p in documented(SIGNATURES[path]) if p.kind is not Parameter.VAR_KEYWORD]
    found = actual(named(path))
    by_name = {p.name: p for p in found}

    assert [p.name for p in found if p.name in {t.name for t in told}] == [t.name for t in told]
    for one in told:
        expected = DEVIATIONS.get(path, {}).get(one.name, one.default)
        assert by_name[one.name].kind is one.kind, one
        assert default(by_name[one.name]) == expected, one
    added = [p for p in found if p.name not in {t.name for t in told} and p.kind is not Parameter.VAR_KEYWORD]
    assert all(p.kind is Parameter.KEYWORD_ONLY and p.default is not Parameter.empty for p in added), added


@pytest.mark.parametrize("path", [p for p, text in SIGNATURES.items() if "**" in text])
def test_documented_functions_take_any_keyword(path):
    """Where the documentation says so."""
    assert actual(named(path))[-1].kind is Parameter.VAR_KEYWORD


@pytest.mark.parametrize("module", MODULES)
def test_documented_modules_import(module):
    """By their documented paths."""
    importlib.import_module(f"radiant_mlhub.{module}")


def test_documented_modules_need_no_import_of_their_own():
    """``import radiant_mlhub`` is enough for ``radiant_mlhub.client.list_datasets()``, as it was.

    The command's module is none of them: nobody wrote that.
    """
    run_script(
        "import functools, importlib, sys\n"
        f"for path in {[module for module in MODULES if module != 'cli']}:\n"
        "    for name in [n for n in sys.modules if n.split('.')[0] == 'radiant_mlhub']:\n"
        "        del sys.modules[name]\n"
        "    found = functools.reduce(getattr, path.split('.'), importlib.import_module('radiant_mlhub'))\n"
        "    assert found.__name__ == f'radiant_mlhub.{path}'\n"
    )


@pytest.mark.parametrize("path", NAMES)
def test_documented_names_are_there(path):
    """In their documented modules."""
    named(path)


@pytest.mark.parametrize("module", ALL)
def test_all_lists_the_documented_names(module):
    """And what was added since; each of them is there."""
    found = importlib.import_module(f"radiant_mlhub.{module}".rstrip("."))
    names = ALL[module] | ADDED.get(module, set())

    assert set(found.__all__) == names
    assert all(hasattr(found, name) for name in names)
    assert names <= set(dir(found))


def test_documented_classes_have_their_documented_bases():
    """Scripts test with isinstance and catch by base."""
    assert issubclass(radiant_mlhub.Collection, pystac.Collection)
    assert issubclass(radiant_mlhub.MLModel, pystac.Item)
    assert issubclass(named("session.Session"), requests.Session)
    assert issubclass(radiant_mlhub.DownloadIfExistsOpts, str)
    for name in ("APIKeyNotFound", "AuthenticationError", "EntityDoesNotExist"):
        assert issubclass(getattr(exceptions, name), exceptions.MLHubException)


def test_documented_values():
    """Constants that scripts read."""
    session = named("session.Session")

    assert session.DEFAULT_ROOT_URL == "https://api.radiant.earth/mlhub/v1/"
    assert session.API_KEY_ENV_VARIABLE == "MLHUB_API_KEY"
    assert session.PROFILE_ENV_VARIABLE == "MLHUB_PROFILE"
    assert session.ROOT_URL_ENV_VARIABLE == "MLHUB_ROOT_URL"
    assert session.MLHUB_HOME_ENV_VARIABLE == "MLHUB_HOME"
    assert named("session.ANONYMOUS_PROFILE") == "__anonymous__"
    assert [option.value for option in radiant_mlhub.DownloadIfExistsOpts] == ["resume", "skip", "overwrite"]
    assert [t.value for t in named("models.dataset.CollectionType")] == ["source_imagery", "labels"]
    assert list(named("client.catalog_downloader.COMMON_ASSET_NAMES")) == [
        "documentation",
        "readme",
        "test_split",
        "train_split",
        "validation_split",
    ]


def test_an_asset_record_has_the_columns_of_the_database():
    """The documentation shows three of them."""
    fields = set(named("client.catalog_downloader.AssetRecord").__annotations__)

    assert fields == {
        *("rowid", "asset_key", "asset_save_path", "asset_url", "bbox_json", "collection_id"),
        *("common_asset", "single_datetime", "start_datetime", "end_datetime", "filtered"),
        *("geometry_json", "item_id"),
    }


def test_a_catalog_downloader_has_its_documented_attributes(tmp_path):
    """Those that need no finished download are there from the start."""
    module = named("client.catalog_downloader")
    session = named("session.Session")(api_key=None)
    config = module.CatalogDownloaderConfig(dataset_id="ds", output_dir=tmp_path, mlhub_api_session=session)

    downloader = module.CatalogDownloader(config)

    assert downloader.catalog_file == tmp_path / "ds.tar.gz"
    assert downloader.work_dir == downloader.asset_dir == tmp_path / "ds"
    assert downloader.err_report_path == tmp_path / "ds" / "err_report.csv"
    for name in ("db_conn", "db_cur", "err_report", "err_writer"):
        assert hasattr(type(downloader), name)
    assert sqlite3.Connection in inspect.get_annotations(type(downloader).db_conn.func).values()


def test_the_command_has_its_documented_options():
    """Further ones may stand beside them."""
    command = named("cli.mlhub")

    for name, options in OPTIONS.items():
        found = command.get_command(click.Context(command), name) if name else command
        assert isinstance(found, click.Command)
        assert options <= {option for parameter in found.params for option in parameter.opts}


def test_the_command_is_installed():
    """Under the documented name."""
    (script,) = [s for s in entry_points(group="console_scripts") if s.name == "mlhub"]

    assert script.load() is named("cli.mlhub")


def test_the_package_is_typed():
    """Type checkers of those who use it may trust its annotations."""
    assert (Path(radiant_mlhub.__file__).parent / "py.typed").is_file()
