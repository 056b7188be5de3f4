"""`python -m tokenward`: the same as the command `tokenward`."""

from __future__ import annotations

from tokenward.cli import main

if __name__ == "__main__":
    main()
