"""Writes beside each program in `programs` what Python and PyTorch print when they run it.

    python tests/make_program_outputs.py      # in an environment with torch 2.13 and NumPy

Addresses are left out of what is printed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":
    for path in sorted((Path(__file__).parent / "programs").glob("*.py")):
        done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=True)
        printed = re.sub(r" at 0x[0-9a-f]+", "", done.stdout)
        path.with_suffix(".txt").write_text(printed, encoding="utf-8")
