"""`python -m rehearse`, the same as the console script."""

from __future__ import annotations

from rehearse.cli import main

if __name__ == "__main__":
    main()
