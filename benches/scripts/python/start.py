"""How long `import tokenward` takes, beside an interpreter that imports nothing; in milliseconds."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time


def main() -> None:
    bare, whole = [], []
    for _ in range(15):
        bare.append(started("pass"))
        whole.append(started("import tokenward"))
    print(f"import tokenward: {statistics.median(whole) - statistics.median(bare):.1f} ms")


def started(program: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
