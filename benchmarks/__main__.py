"""Run every benchmark, one after the other: ``python -m benchmarks [name ...]``."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ARGUMENTS = {"bench_paper_fit": ["--clusters", "400"]}


def main() -> None:
    names = sys.argv[1:] or sorted(path.stem for path in HERE.glob("bench_*.py"))
    print(f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}")
    for name in names:
        print(f"\n== {name}", flush=True)
        subprocess.run([sys.executable, str(HERE / f"{name}.py"), *ARGUMENTS.get(name, [])], check=True)


if __name__ == "__main__":
    main()
