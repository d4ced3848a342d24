"""From an error to words on stderr and an exit code."""

import inspect

import click
import pytest
import requests
from click.testing import CliRunner

from radiant_mlhub import exceptions
from radiant_mlhub.cli import failures, mlhub
from radiant_mlhub.exceptions import MLHubException, RequestRefused, TransferFailed


def refused(status):
    response = requests.Response()
    response.status_code = status
    return RequestRefused("text", response=response)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (exceptions.MLHubException("text"), 1),
        (exceptions.InvalidArgument("text"), 2),
        (exceptions.UnsafeName("text"), 2),
        (exceptions.EntityDoesNotExist("text"), 3),
        (exceptions.NotADownload("text"), 3),
        (exceptions.APIKeyNotFound("text"), 4),
        (exceptions.AuthenticationError("text"), 4),
        (exceptions.ProfilesFileBroken("text"), 4),
        (exceptions.HubUnreachable("text"), 5),
        (exceptions.HubRetired("text"), 5),
        (exceptions.UnexpectedAnswer("text"), 5),
        (exceptions.ArchiveBroken("text"), 6),
        (exceptions.CatalogBroken("text"), 6),
        (exceptions.DownloadFailed("text"), 7),
        (exceptions.NoAssetsMatched("text"), 1),
        (exceptions.DirectoryUnusable("text"), 1),
        (refused(400), 1),
        (refused(404), 3),
        (refused(429), 5),
        (refused(503), 5),
        (TransferFailed("text"), 5),
        (TransferFailed("text", status=403), 4),
        (TransferFailed("text", status=404), 3),
        (TransferFailed("text", status=410), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_exit_codes(error, code):
    """0 done, 1 failed, 2 usage, 3 not found, 4 credentials, 5 network, 6 integrity, 7 partly done."""
    assert failures.exit_code(error) == code


def test_every_error_has_an_exit_code():
    errors = [each for _, each in inspect.getmembers(exceptions, inspect.isclass)]
    for each in errors:
        if issubclass(each, MLHubException):
            assert 1 <= failures.exit_code(each("text")) <= 7


def run_one(body):
    """A command of one call, told as ``mlhub`` tells its own."""

    @click.command()
    def command():
        with failures.told():
            body()

    return CliRunner().invoke(command)


def test_an_error_and_its_hints_go_to_stderr():
    def body():
        error = MLHubException("It went wrong.")
        error.add_note("Try this.")
        error.add_note("Or that.")
        raise error

    result = run_one(body)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: It went wrong.\nhint: Try this.\nhint: Or that.\n"


def test_ctrl_c_is_130():
    def body():
        raise KeyboardInterrupt

    result = run_one(body)

    assert (result.exit_code, result.stderr) == (130, "\nInterrupted.\n")


def test_a_bug_keeps_its_traceback():
    def body():
        raise ZeroDivisionError

    assert isinstance(run_one(body).exception, ZeroDivisionError)


def test_every_command_has_help_and_a_line_about_it():
    context = click.Context(mlhub)
    for name in mlhub.list_commands(context):
        command = mlhub.get_command(context, name)
        assert command.get_short_help_str(), name
        assert all(option.help for option in command.params if isinstance(option, click.Option)), name


def test_an_unknown_command_is_usage(run):
    result = run("bogus")
    assert result.exit_code == 2
    assert "No such command 'bogus'" in result.stderr
