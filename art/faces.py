"""The typefaces of the archive: each cut to the characters of its scripts, kept as a font that HarfBuzz shapes and draws.

Every cut font is renamed (its maker may have reserved the name) and keeps the maker's copyright and licence lines.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sources import SOURCES, source_of

_PUNCTUATION = (*range(0x2010, 0x2028), 0x2030, 0x2032, 0x2033, 0x2039, 0x203A, 0x20AC, 0x2116, 0x2122, 0x2190, 0x2192,
                0x2212, 0x2260, 0x2264, 0x2265, 0x20A9, 0x20AA, 0x20AB, 0x20AE, 0x20B1, 0x20B4, 0x20B8, 0x20B9, 0x20BA,
                0x20BC, 0x20BD, 0x20BF)  # fmt: skip
_BASIC = (*range(0x20, 0x7F), *range(0xA0, 0x100), *_PUNCTUATION, 0x25CC)
_LATIN = (*_BASIC, *range(0x100, 0x180), 0x18F, 0x192, 0x1A0, 0x1A1, 0x1AF, 0x1B0, 0x218, 0x219, 0x21A, 0x21B, 0x259,
          *range(0x2B0, 0x2DE), *range(0x300, 0x30D), 0x323, 0x326, 0x327, 0x328, *range(0x1E80, 0x1E86), 0x1E9E,
          *range(0x1EA0, 0x1EFA))  # fmt: skip
_CYRILLIC = (*range(0x400, 0x460), 0x490, 0x491, *range(0x492, 0x4F6))
_GREEK = (*range(0x370, 0x400), *range(0x1F00, 0x2000))
_INDIC = (0x964, 0x965, 0x200C, 0x200D)
_CJK_MARKS = (*range(0x3000, 0x3020), 0x3030, *range(0xFF01, 0xFF60), 0xFFE5, 0x2026, 0x2015, 0x25CB, 0x25CF, 0x2605,
              0x2606, 0x2460, 0x2461, 0x2462, 0x2463, 0x2464, 0x266A, 0x203B, 0x25A0, 0x25B2, 0x25BC, 0x25C6)  # fmt: skip
_KANA = (*range(0x3041, 0x3097), *range(0x3099, 0x309F), *range(0x30A0, 0x3100), *range(0x31F0, 0x3200))
_ARABIC = (*range(0x600, 0x700), *range(0x750, 0x780), 0x200C, 0x200D, 0x200E, 0x200F, *range(0xFDF0, 0xFDFE))
_HEBREW = (*range(0x590, 0x5F5), *range(0xFB1D, 0xFB50), 0x200E, 0x200F)


def _rows(codec: str, first: int, last: int, low: int = 0xA1, high: int = 0xFE) -> tuple[int, ...]:
    """Code points of the rows of a double-byte character set."""
    found = []
    for row in range(first, last + 1):
        for cell in range(low, high + 1):
            try:
                found.append(ord(bytes((row, cell)).decode(codec)))
            except UnicodeDecodeError:
                continue
    return tuple(found)


_SIMPLIFIED = _rows("gb2312", 0xB0, 0xD7)
"""GB 2312 level 1: 3,755 characters."""
_JAPANESE = _rows("euc_jp", 0xB0, 0xCF)
"""JIS X 0208 level 1: 2,965 kanji."""
_TRADITIONAL = _rows("big5", 0xA4, 0xC6, 0x40)
"""Big5 level 1: 5,401 characters."""
_HANGUL = (*_rows("euc_kr", 0xB0, 0xC8), *range(0x3131, 0x3164))
"""KS X 1001: the 2,350 common syllables, and single letters."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One face: the font file in its package, and the characters to keep."""

    package: str
    path: str
    keep: tuple[int, ...]


def _cut(name: str, path: str, *sets: tuple[int, ...]) -> Cut:
    return Cut(f"@expo-google-fonts/{name}", path, tuple(sorted({c for s in sets for c in s})))


FACES: dict[str, Cut] = {
    "fredoka": _cut("fredoka", "700Bold/Fredoka_700Bold.ttf", _LATIN, _HEBREW),
    "anton": _cut("anton", "400Regular/Anton_400Regular.ttf", _LATIN),
    "fraunces": _cut("fraunces", "700Bold/Fraunces_700Bold.ttf", _LATIN),
    "inter": _cut("inter", "700Bold/Inter_700Bold.ttf", _LATIN, _CYRILLIC, _GREEK),
    "caveat": _cut("caveat", "700Bold/Caveat_700Bold.ttf", _LATIN, _CYRILLIC),
    "nunito": _cut("nunito", "800ExtraBold/Nunito_800ExtraBold.ttf", _LATIN, _CYRILLIC),
    "fira": _cut("fira-sans-extra-condensed", "800ExtraBold/FiraSansExtraCondensed_800ExtraBold.ttf", _LATIN, _CYRILLIC,
                 _GREEK),
    "alegreya": _cut("alegreya", "800ExtraBold/Alegreya_800ExtraBold.ttf", _LATIN, _CYRILLIC, _GREEK),
    "cairo": _cut("cairo", "800ExtraBold/Cairo_800ExtraBold.ttf", _BASIC, _ARABIC),
    "lalezar": _cut("lalezar", "Lalezar_400Regular.ttf", _BASIC, _ARABIC),
    "amiri": _cut("amiri", "700Bold/Amiri_700Bold.ttf", _BASIC, _ARABIC),
    "heebo": _cut("heebo", "800ExtraBold/Heebo_800ExtraBold.ttf", _BASIC, _HEBREW),
    "frank": _cut("frank-ruhl-libre", "800ExtraBold/FrankRuhlLibre_800ExtraBold.ttf", _BASIC, _HEBREW),
    "secular": _cut("secular-one", "400Regular/SecularOne_400Regular.ttf", _BASIC, _HEBREW),
    "mukta": _cut("mukta", "800ExtraBold/Mukta_800ExtraBold.ttf", _BASIC, tuple(range(0x900, 0x980)), _INDIC),
    "baloo": _cut("baloo-2", "800ExtraBold/Baloo2_800ExtraBold.ttf", _BASIC, tuple(range(0x900, 0x980)), _INDIC),
    "khand": _cut("khand", "Khand_700Bold.ttf", _BASIC, tuple(range(0x900, 0x980)), _INDIC),
    "rozha": _cut("rozha-one", "RozhaOne_400Regular.ttf", _BASIC, tuple(range(0x900, 0x980)), _INDIC),
    "kanit": _cut("kanit", "700Bold/Kanit_700Bold.ttf", _BASIC, tuple(range(0xE00, 0xE80))),
    "mitr": _cut("mitr", "600SemiBold/Mitr_600SemiBold.ttf", _BASIC, tuple(range(0xE00, 0xE80))),
    "trirong": _cut("trirong", "Trirong_700Bold.ttf", _BASIC, tuple(range(0xE00, 0xE80))),
    "noto-kr": _cut("noto-sans-kr", "700Bold/NotoSansKR_700Bold.ttf", _BASIC, _CJK_MARKS, _HANGUL),
    "jua": _cut("jua", "400Regular/Jua_400Regular.ttf", _BASIC, _CJK_MARKS, _HANGUL),
    "black-han": _cut("black-han-sans", "400Regular/BlackHanSans_400Regular.ttf", _BASIC, _CJK_MARKS, _HANGUL),
    "noto-jp": _cut("noto-sans-jp", "700Bold/NotoSansJP_700Bold.ttf", _BASIC, _CJK_MARKS, _KANA, _JAPANESE),
    "rounded": _cut("m-plus-rounded-1c", "800ExtraBold/MPLUSRounded1c_800ExtraBold.ttf", _LATIN, _GREEK, _CJK_MARKS, _KANA,
                    _JAPANESE),
    "noto-sc": _cut("noto-sans-sc", "700Bold/NotoSansSC_700Bold.ttf", _BASIC, _CJK_MARKS, _SIMPLIFIED),
    "noto-tc": _cut("noto-sans-tc", "700Bold/NotoSansTC_700Bold.ttf", _BASIC, _CJK_MARKS, _TRADITIONAL),
    "bengali": _cut("noto-sans-bengali", "700Bold/NotoSansBengali_700Bold.ttf", _BASIC, tuple(range(0x980, 0xA00)), _INDIC),
    "tamil": _cut("noto-sans-tamil", "700Bold/NotoSansTamil_700Bold.ttf", _BASIC, tuple(range(0xB80, 0xC00)), _INDIC),
    "telugu": _cut("noto-sans-telugu", "700Bold/NotoSansTelugu_700Bold.ttf", _BASIC, tuple(range(0xC00, 0xC80)), _INDIC),
    "georgian": _cut("noto-sans-georgian", "700Bold/NotoSansGeorgian_700Bold.ttf", _BASIC, tuple(range(0x10A0, 0x1100)),
                     tuple(range(0x1C90, 0x1CC0))),
    "armenian": _cut("noto-sans-armenian", "700Bold/NotoSansArmenian_700Bold.ttf", _BASIC, tuple(range(0x531, 0x590))),
}  # fmt: skip
"""Name of a face in the archive -> where it comes from and what is kept. Which face sets what: engines/builtin/type."""

_UNUSED = {
    "vert",
    "vrt2",
    "valt",
    "vhal",
    "vkrn",
    "vpal",
    "frac",
    "numr",
    "dnom",
    "ordn",
    "rtla",
    "rtlm",
    "ltra",
    "ltrm",
}


def pack(packages: dict[str, tarfile.TarFile], out: Path, store: Path) -> dict[str, dict[str, Any]]:
    """Write face-<name>.ttf.z (zlib); the index of all: name -> family and source."""
    for old in out.glob("face-*"):
        if old.name not in {f"face-{name}.ttf.z" for name in FACES}:
            old.unlink()
    index = {}
    for name, cut in FACES.items():
        member = packages[cut.package].extractfile(f"package/{cut.path}")
        if member is None:
            raise SystemExit(f"{cut.package} has no {cut.path}. Look into the package, and change art/faces.py.")
        (out / f"face-{name}.ttf.z").write_bytes(_kept(member.read(), cut.keep, name, store))
        source = source_of(cut.package)
        index[name] = {"family": SOURCES[source]["title"], "source": source}
    return index


def _kept(data: bytes, keep: tuple[int, ...], name: str, store: Path) -> bytes:
    """The packed cut of a font: from `store` when the same font was cut by the same lines before."""
    import fontTools

    made_of = data + repr((keep, name, fontTools.version)).encode() + Path(__file__).read_bytes()
    path = store / f"cut-{hashlib.sha256(made_of).hexdigest()[:32]}"
    if not path.exists():
        store.mkdir(parents=True, exist_ok=True)
        path.write_bytes(zlib.compress(_subset(data, keep, name), 9))
    return path.read_bytes()


def _subset(data: bytes, keep: tuple[int, ...], name: str) -> bytes:
    """A font cut to some characters, without hints, under a name of ours."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    font = TTFont(io.BytesIO(data), recalcTimestamp=False)
    options = subset.Options(
        hinting=False, notdef_outline=True, glyph_names=False, legacy_kern=False, name_IDs=[0, 1, 2, 4, 6, 13, 14],
        name_languages=[0x409], drop_tables=[*subset.Options().drop_tables, "STAT", "meta", "vhea", "vmtx", "VORG", "BASE",
                                             "gasp", "DSIG", "MVAR"],
    )  # fmt: skip
    options.layout_features = [f for f in subset.Options._layout_features_default if f not in _UNUSED] + ["palt"]
    tool = subset.Subsetter(options)
    tool.populate(unicodes=keep)
    tool.subset(font)
    for record in list(_names(font)):
        record.string = f"Pochoir {name}" if record.nameID != 6 else f"Pochoir-{name}"
    made = io.BytesIO()
    font.save(made, reorderTables=False)
    return made.getvalue()


def _names(font: Any) -> Iterator[Any]:
    """The records of the font's own name."""
    return (r for r in font["name"].names if r.nameID in {1, 4, 6})
