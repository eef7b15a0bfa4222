"""`vcaudit completion`: what a shell needs to complete verbs and options."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script of a shell.

    \b
    bash:  eval "$(vcaudit completion bash)"       in ~/.bashrc
    zsh:   eval "$(vcaudit completion zsh)"        in ~/.zshrc
    fish:  vcaudit completion fish > ~/.config/fish/completions/vcaudit.fish
    """
    from click.shell_completion import get_completion_class

    from vcaudit.cli.app import COMPLETE, app

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(app, {}, "vcaudit", COMPLETE).source())
    return 0
