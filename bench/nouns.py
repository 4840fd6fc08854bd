"""Coverage of the reviewed nouns: the share of art/nouns.tsv that a prompt of its own draws with the reviewed drawing.

python -m bench.nouns [--all]
A noun counts when `a <noun>` comes out as exactly that drawing; a noun that no drawing shows must be said as not drawn.
"""

from __future__ import annotations

import sys

from pochoir.engines.builtin import archive
from pochoir.engines.builtin.understand import understand


def drawn(noun: str) -> list[str | None]:
    """The drawings that `a <noun>` comes out as; None for a card that says the word."""
    article = "an" if noun[0] in "aeiou" else "a"
    return [thing.piece for thing in understand(f"{article} {noun}", "en").things]


def main() -> None:
    table = archive.nouns()
    shown = {noun: piece for noun, piece in table.items() if piece}
    wrong = {noun: drawn(noun) for noun, piece in shown.items() if drawn(noun) != [piece]}
    lying = {noun: drawn(noun) for noun, piece in table.items() if not piece and any(drawn(noun))}
    for noun, found in [*wrong.items(), *lying.items()][: None if "--all" in sys.argv else 40]:
        print(f"  {noun}: {table[noun] or 'no drawing'}, not {', '.join(str(f) for f in found) or 'nothing'}")
    right = len(shown) - len(wrong)
    print(f"{len(table)} nouns reviewed, {len(shown)} of them with a drawing ({len(set(shown.values()))} drawings)")
    print(f"drawn as reviewed      {right:5d} of {len(shown)}   {right / len(shown):.1%}")
    print(f"share of all nouns     {right:5d} of {len(table)}   {right / len(table):.1%}")
    print(f"drawn wrong instead of said as not drawn   {len(lying)}")


if __name__ == "__main__":
    main()
