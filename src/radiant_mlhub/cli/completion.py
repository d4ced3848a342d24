"""``mlhub completion``: what a shell needs to complete commands, options and ids."""

import sys

import click
from click.shell_completion import get_completion_class

from .terminals import is_terminal
from .words import hint

_VARIABLE = "_MLHUB_COMPLETE"
_KEPT = {
    "bash": ">> ~/.bashrc",
    "zsh": ">> ~/.zshrc",
    "fish": "> ~/.config/fish/completions/mlhub.fish",
}
# A zsh that nobody has set up completes nothing, and has no compdef. The first line stays the first:
# it says what is completed.
_ZSH_PREPARED = """
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
"""


@click.command("completion")
@click.argument("shell", type=click.Choice(list(_KEPT)))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print what lets a shell complete mlhub's words.

    Ids of datasets, collections and models are asked from the hub, which has two seconds to answer.

    Example: mlhub completion bash >> ~/.bashrc

    Example: mlhub completion zsh >> ~/.zshrc

    Example: mlhub completion fish > ~/.config/fish/completions/mlhub.fish
    """
    kind = get_completion_class(shell)
    if kind is None:  # each shell that can be chosen has one
        raise click.UsageError(f"{shell} is not known here.")
    script = kind(ctx.find_root().command, {}, "mlhub", _VARIABLE).source()
    click.echo(script.replace("\n", _ZSH_PREPARED, 1) if shell == "zsh" else script)
    if is_terminal(sys.stdout):
        hint(f"from the next shell on: mlhub completion {shell} {_KEPT[shell]}")
