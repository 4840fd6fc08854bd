"""Run every check of this folder on the project."""

from __future__ import annotations

import sys
from pathlib import Path

from checks import documents, orphans, sizes


def main() -> int:
    root = Path(__file__).parent.parent
    found = [*sizes.problems(root), *documents.problems(root), *orphans.problems(root)]
    for sentence in found:
        print(sentence)
    print(f"{len(found)} problem{'' if len(found) == 1 else 's'} found by our own checks.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
