"""`python -m gradcli` and the `gradcli` command."""

from __future__ import annotations

import sys

from gradcli import startup


def main() -> None:
    """Runs the command line and leaves with its exit status."""
    startup.prepare()
    from gradcli.cli.output import accept_any_character, finish

    accept_any_character()
    startup.leave(finish(_run))


def _run() -> int | None:
    from gradcli.cli.commands import run  # refused where somebody has broken the grammar, as any mistake is

    return run(sys.argv[1:])


if __name__ == "__main__":
    main()
