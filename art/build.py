"""Build the illustrator's archive (pieces, words, faces) from npm packages and our own drawings.

    python art/build.py            fetches the packages of art/packages.toml with `npm pack` into build/art, then packs
    python art/build.py --check    the same, and fails when a file came out different from what stood there
Needs npm and, of the development tools, fontTools. The result is the same on every machine: nothing dated, all sorted.
"""

# ruff: noqa: E501, T201 - a build script

from __future__ import annotations

import hashlib
import io
import json
import lzma
import re
import sys
import tarfile
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import faces
import styles
import thai
from sources import credits, fetch, wheel

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "src/pochoir/engines/builtin/art"
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "ja", "zh", "ko", "ru", "uk", "hi")
TONES = re.compile(r"(light|dark|medium)$")
SKIPPED = re.compile(r"(keycap|button|clock|thirty|-sign$|-arrow|^input-|^japanese-.*button|skin-tone|-tone|"
                     r"middle-finger|^no-|pile-of-poo|swastika|cigarette|kiss-mark|-face-with-symbols)")  # fmt: skip
KEPT = {"alarm-clock", "mantelpiece-clock", "stop-sign", "clockwise-vertical-arrows", "flashlight", "police-car-light", "bow-and-arrow",
        "heart-with-arrow", "heavy-dollar-sign", "check-mark-button", "cross-mark-button", "play-button", "timer-clock"}  # fmt: skip


def read(package: tarfile.TarFile, path: str) -> bytes:
    member = package.extractfile(f"package/{path}")
    assert member is not None, path
    return member.read()


def measure(body: str, view: float) -> tuple[list[float], list[list[Any]]]:
    """The drawing's box (0..1) and its flat colours by area, read from rendered pixels."""
    import resvg
    from PIL import Image

    svg = (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
           f'width="160" height="160" viewBox="0 0 {view:g} {view:g}">{body}</svg>')  # fmt: skip
    tree = resvg.usvg.Tree.from_str(svg, resvg.usvg.Options.default())
    picture = Image.open(io.BytesIO(resvg.render(tree, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)))).convert("RGBA")
    box = picture.getchannel("A").point(lambda a: 255 if a > 40 else 0).getbbox() or (0, 0, 160, 160)
    pixels = Counter(p[:3] for p in picture.get_flattened_data() if p[3] > 250)
    total = sum(pixels.values()) or 1
    named = {c.lower() for c in re.findall(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b", body)}
    areas = {c: pixels.get(rgb(c), 0) / total for c in named}
    ranked = sorted(areas.items(), key=lambda pair: (-pair[1], pair[0]))
    return [round(v / 160, 4) for v in box], [[c, round(a, 3)] for c, a in ranked if a > 0.004][:8]


def rgb(colour: str) -> tuple[int, ...]:
    digits = colour[1:] if len(colour) == 7 else "".join(d * 2 for d in colour[1:])
    return tuple(int(digits[i : i + 2], 16) for i in (0, 2, 4))


def emoji_pieces(packages: dict[str, tarfile.TarFile]) -> dict[str, dict[str, Any]]:
    """The flat emoji that can stand in a picture, by name."""
    data = json.loads(read(packages["@iconify-json/fluent-emoji-flat"], "icons.json"))
    pieces = {}
    for name, icon in sorted(data["icons"].items()):
        if name in KEPT or not (TONES.search(name) or SKIPPED.search(name)):
            pieces[name] = {"body": icon["body"], "view": 32, "source": "fluent-emoji-flat"}
    return pieces


SEATED = ("fox", "bear", "panda", "koala", "lion", "wolf", "frog", "hamster", "polar-bear", "raccoon")


def shade(colour: str, light: float) -> str:
    """A colour times `light`."""
    return "#" + "".join(f"{min(255, round(v * light)):02x}" for v in rgb(colour))


def seated(pieces: dict[str, dict[str, Any]], heads: dict[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """Animals that the emoji set shows as a face only: the same head on a sitting body in its main colour.

    With `heads`, those of the fuller style, the body is lit from above too.
    """
    made = {}
    for name in SEATED:
        head = heads[name] if heads else pieces[name]["body"]
        colours = [c for c, _ in measure(pieces[name]["body"], 32)[1]]
        main = next(c for c in colours if max(rgb(c)) > 70)
        pale = next((c for c in colours if c != main and min(rgb(c)) > 130), "#fff4e0")
        dark = shade(main, 0.84)
        lit = {colour: f"url(#lit-{k})" for k, colour in enumerate((main, pale, dark))} if heads else {}
        body = (
            f'<path fill="{dark}" d="M44 56c10 2 16-6 14-16-1-4-6-3-6 1 1 6-3 9-9 8Z"/>'
            f'<path fill="{main}" d="M20 36c-5 8-8 16-7 22 1 4 5 5 10 5h18c5 0 9-1 10-5 1-6-2-14-7-22Z"/>'
            f'<path fill="{pale}" d="M32 40c-7 0-9 8-8 15 1 4 15 4 16 0 1-7-1-15-8-15Z"/>'
            f'<path fill="{dark}" d="M22 52c2-2 7-1 7 4v4c0 3-9 3-10 0-1-3 1-6 3-8Zm20 0c-2-2-7-1-7 4v4c0 3 9 3 10 0 1-3-1-6-3-8Z"/>'
            f'<g transform="translate(12 2) scale(1.25)">{head}</g>'
        )
        for colour, gradient in lit.items():
            ends = f'<stop offset="0" stop-color="{shade(colour, 1.12)}"/><stop offset="1" stop-color="{shade(colour, 0.8)}"/>'
            body = body.replace(f'fill="{colour}"', f'fill="{gradient}"', 4 if colour != dark else 2)
            body += f'<radialGradient id="{gradient[5:-1]}" cx=".4" cy=".2" r=".9">{ends}</radialGradient>'
        made[f"{name}-seated"] = {"body": body, "view": 64, "source": pieces[name]["source"]}
    return made


DRESSED = {
    "unicorn-standing": ("horse", {"#a56953": "#f7eefc", "#6d4534": "#dcc8ee", "#1c1c1c": "#c86be0"},
                         '<path fill="#f4b942" d="M4.6 3.7 3.1.2l3.9 2.9Z"/>'),
    "grandmother-standing": ("woman-standing", {"#f1a11e": "#c9ccd4", "#8b62bf": "#b0566f"}, ""),
    "grandfather-standing": ("man-standing", {"#f1a11e": "#c9ccd4", "#00a6ed": "#6f8a5c"}, ""),
}  # fmt: skip
"""New drawing -> the one it is made of, its colours changed, and what is added."""


def dressed(pieces: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Figures of the emoji set in other colours, where the set shows a face only."""
    made = {}
    for name, (base, colours, more) in DRESSED.items():
        body = re.sub("#[0-9a-f]{6}", lambda m, colours=colours: colours.get(m[0], m[0]), pieces[base]["body"])  # type: ignore[misc]
        made[name] = {**pieces[base], "body": body + more}
    return made


def own_pieces() -> dict[str, dict[str, Any]]:
    """Our own drawings: `art/own/*.svg`, each with a square view box."""
    pieces = {}
    for path in sorted((ROOT / "art/own").glob("*.svg")):
        text = path.read_text(encoding="utf-8")
        view = float(re.search(r'viewBox="0 0 ([\d.]+) ', text)[1])  # type: ignore[index]
        body = re.sub(r">\s+<", "><", re.search(r"<svg[^>]*>(.*)</svg>", text, re.S)[1].strip())  # type: ignore[index]
        pieces[path.stem] = {"body": body, "view": view, "source": "pochoir"}
    return pieces


def pack_pieces(pieces: dict[str, dict[str, Any]]) -> list[str]:
    """Write pieces.bin (each drawing compressed alone, after a shared dictionary) and pieces.json.xz (the index)."""
    sample = "".join(p["body"][:700] for p in list(pieces.values())[::14]).encode()[-32000:]
    blob, index = bytearray(len(sample).to_bytes(4, "big") + sample), []
    for name, piece in sorted(pieces.items()):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zdict=sample)
        data = packer.compress(piece["body"].encode()) + packer.flush()
        box, colours = measure(piece["body"], piece["view"])
        index.append([name, piece["source"], piece["view"], len(blob), len(data), box, colours])
        blob += data
    (OUT / "pieces.bin").write_bytes(bytes(blob))
    write("pieces.json.xz", index)
    return [row[0] for row in index]


def pack_styles(packages: dict[str, tarfile.TarFile], emoji: dict[str, dict[str, Any]]) -> None:
    """Write fuller.bin and fuller.json.xz (each drawing compressed alone, as in pieces.bin), and lines.json.xz."""
    named = {piece for piece in nouns().values() if piece}
    full = styles.fuller(packages, named)
    heads = styles.fuller(packages, set(SEATED))
    full |= {name: piece["body"] for name, piece in seated(emoji, heads).items()}
    sample = "".join(body[:1500] for body in list(full.values())[::22]).encode()[-32000:]
    blob, index = bytearray(len(sample).to_bytes(4, "big") + sample), {}
    for name, body in full.items():
        packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zdict=sample)
        data = packer.compress(body.encode()) + packer.flush()
        index[name] = [len(blob), len(data)]
        blob += data
    (OUT / "fuller.bin").write_bytes(bytes(blob))
    write("fuller.json.xz", index)
    write("lines.json.xz", styles.lines(packages, named))


def write(name: str, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    (OUT / name).write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def pack_words(packages: dict[str, tarfile.TarFile], names: list[str]) -> None:
    """Write words-<language>.json.xz: word or phrase -> piece. A label beats a tag, an early tag beats a late one."""
    chars = json.loads(read(packages["@iconify-json/fluent-emoji-flat"], "chars.json"))
    extra = json.loads(read(packages["emojilib"], "dist/emoji-en-US.json"))
    known = set(names)
    for language in LANGUAGES:
        votes: dict[str, list[tuple[float, int, str]]] = {}
        for entry in json.loads(read(packages["emojibase-data"], f"{language}/data.json")):
            code = entry["hexcode"].lower()
            name = chars.get(code) or chars.get(code.replace("-fe0f", ""))
            if name not in known or entry.get("group") in {None, 2, 9}:
                continue
            label = entry["label"].lower().replace("’", "'").replace(":", "")
            spoken = [(label, 0.0)]
            person = entry.get("group") in {0, 1}
            spoken += [(t.lower(), 4.0 + k + 6.0 * person) for k, t in enumerate(entry.get("tags", [])[:6])]
            if language == "en":
                spoken.append((name.replace("-", " "), 0.5))
                more = extra.get(entry["emoji"]) or extra.get(entry["emoji"].replace("️", "")) or []
                spoken += [(t.replace("_", " ").lower(), 6.0 + k + 6.0 * person) for k, t in enumerate(more[:6])]
            if language in {"ja", "zh", "ko"}:
                spoken += [(part, 2.0) for part in re.split(r"[・ の]", label) if len(part) > 1]
            for word, rank in spoken:
                votes.setdefault(word, []).append((rank, entry.get("order", 9999), name))
        order = {n: k for k, n in enumerate(names)}
        table = {w: min(v) for w, v in votes.items() if speaks(w, v, language)}
        write(f"words-{language}.json.xz", {w: order[n] * 10 + min(int(rank), 9) for w, (rank, _, n) in table.items()})


def speaks(word: str, votes: list[tuple[float, int, str]], language: str) -> bool:
    """Whether a word says clearly enough what to draw: labels do; tags shared by many, and verbs, do not."""
    if len(word) < 2 and language not in {"ja", "zh", "ko"}:
        return False
    best = min(votes)[0]
    if best < 1 or (best < 3 and language in {"ja", "zh", "ko"}):
        return True
    if best >= 10 or len({name for _, _, name in votes}) > 5:
        return False
    return not (language == "en" and word.endswith(("ing", "ed", "ly", "est")))


def nouns(file: str = "nouns.tsv") -> dict[str, str]:
    """What a table of nouns says: noun -> drawing, or nothing where none is right. Raises SystemExit for a noun with two drawings."""
    table: dict[str, str] = {}
    for line in (ROOT / "art" / file).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        piece, listed, *_ = line.split("\t")
        for noun in listed.split(", "):
            if table.setdefault(noun, "" if piece == "none" else piece) != ("" if piece == "none" else piece):
                raise SystemExit(f"art/{file}: '{noun}' stands twice with different drawings. Keep one.")
    return table


def pack_nouns(names: list[str]) -> None:
    """Write nouns.json.xz and nouns-languages.json.xz. Raises SystemExit for a drawing that is not there."""
    for file in ("nouns", "nouns-languages"):
        table = nouns(f"{file}.tsv")
        missing = sorted(set(table.values()) - {"", *names})
        if missing:
            raise SystemExit(f"art/{file}.tsv: there is no drawing {', '.join(missing)}. Draw it, or name another.")
        write(f"{file}.json.xz", table)


def pack_emoji(packages: dict[str, tarfile.TarFile], names: list[str]) -> None:
    """Write emoji.json.xz: an emoji's code points -> its drawing, for emoji inside quoted texts."""
    chars = json.loads(read(packages["@iconify-json/fluent-emoji-flat"], "chars.json"))
    write("emoji.json.xz", {code.replace("-fe0f", ""): name for code, name in sorted(chars.items()) if name in names})


def digests() -> dict[str, str]:
    """File of the archive -> its SHA-256."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(OUT.iterdir())}


def main() -> None:
    """Build the archive. With --check, fail when a file came out different from what stood there."""
    packages = fetch(ROOT / "build/art")
    OUT.mkdir(parents=True, exist_ok=True)
    before = digests()
    emoji = emoji_pieces(packages)
    names = pack_pieces({**emoji, **seated(emoji), **dressed(emoji), **own_pieces()})
    pack_words(packages, names)
    pack_nouns(names)
    pack_styles(packages, emoji)
    pack_emoji(packages, names)
    write("thai.json.xz", " ".join(thai.words(wheel("pythainlp", ROOT / "build/art"))))
    write("faces.json.xz", faces.pack(packages, OUT, ROOT / "build/art"))
    write("sources.json.xz", credits())
    total = sum(path.stat().st_size for path in OUT.iterdir())
    print(f"{len(names)} pieces, {total / 1e6:.2f} MB in {OUT.relative_to(ROOT)}")
    changed = sorted(name for name, digest in digests().items() if before.get(name) != digest)
    if "--check" in sys.argv and changed:
        raise SystemExit(f"Not what stood there: {', '.join(changed)}. Commit the new files, or find what differs.")


if __name__ == "__main__":
    main()
