"""`python -m gradcli` and the `gradcli` command: what must happen before anything else is imported."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Runs the command line and leaves with its exit status."""
    # A calculator's matrices are small, and starting OpenBLAS's threads takes half of NumPy's import.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Formulas are many small objects that live together: collecting among them early finds nothing.
    gc.set_threshold(100_000, 50, 50)
    import signal

    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a closed pipe ends us quietly, as every filter
    from gradcli.cli import main as run

    status = run()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # nothing is left to do, and taking the modules apart would cost 10 ms


if __name__ == "__main__":
    main()
