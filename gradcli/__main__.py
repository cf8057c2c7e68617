"""`python -m gradcli` and the `gradcli` command."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Runs the command line and leaves with its exit status."""
    # Modules and formulas are many small objects that live together, and collecting among them finds nothing:
    # 5 % of a start, and a quarter of the time for a sum of 20,000 terms. So this comes before any import.
    gc.set_threshold(200_000, 50, 50)
    from gradcli import startup

    startup.prepare()
    from gradcli.cli.output import accept_any_character, finish

    accept_any_character()
    startup.leave(finish(_run))


def _run() -> int | None:
    from gradcli.cli.commands import run  # refused where somebody has broken the grammar, as any mistake is

    return run(sys.argv[1:])


if __name__ == "__main__":
    main()
