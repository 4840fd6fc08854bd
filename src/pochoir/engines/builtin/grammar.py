"""Words that steer the reading of a prompt: joins, turns, holders, groups, places said behind the noun. Data only."""

# ruff: noqa: E501, SIM905 - tables read better in long lines
from __future__ import annotations

from pochoir.engines.builtin import words
from pochoir.engines.builtin.scene import Place

STOPS = frozenset(".,;:!?、。，；：！？")
MOCKS = {"smartphone", "laptop", "tablet", "tee", "mug", "tote-bag", "hoodie", "television", "desktop-computer"}  # fmt: skip
AND = frozenset("and und et y e & plus i och og と 和 与 i и".split())
FAMILY: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("family", "familie", "famille", "familia", "famiglia", "família", "rodzina", "家族", "家庭"), ("man-standing", "child-standing", "woman-standing")),
    **dict.fromkeys(("couple", "paar", "pareja", "coppia", "casal", "カップル", "夫妻"), ("man-standing", "woman-standing")),
}  # fmt: skip
"""Words for people together -> the people."""
GROUPS = frozenset(
    "children kids kinder enfants niños bambini crianças team people colleagues coworkers customers staff group audience equipo équipe squadra equipe".split()
)
PAIRS = frozenset(
    "sneaker socks glasses sunglasses headphone earbuds jeans thong-sandal womans-boot high-heeled-shoe mans-shoe earrings scissors skis shopping-bags books".split()
)
TOGETHER = frozenset({"on", "under", "inside", "behind", "front", "above", "below"})
GOODS = frozenset({"logo", "icon", "icons", "sticker", "pattern", "avatar", "mockup"})
"""Layouts without a place: a word that is a place and a thing is a thing there."""
AS_THINGS = {
    "mountain": "mountain", "mountains": "mountain", "berg": "mountain", "montagne": "mountain", "montaña": "mountain", "forest": "evergreen-tree",
    "island": "desert-island", "sea": "water-wave", "ocean": "water-wave", "wave": "water-wave", "city": "cityscape", "sky": "cloud", "snow": "snowflake",
}  # fmt: skip
"""What a place looks like as a mark or a motif."""
BOTH = frozenset({"mountain", "island", "table", "moon", "star"})
"""Settings that are things when they stand alone, unless one of TERRAIN follows."""
TERRAIN = frozenset({"village", "lake", "cabin", "hut", "road", "house", "river"})
WEAK = frozenset({"party", "christmas", "halloween", "studio"})
"""Occasions and studios: a place that is named beside them is where the picture plays."""
HOLDERS = frozenset(
    "vase basket bowl-with-spoon box package jar mug paper-cup shopping-cart bathtub bucket backpack tote-bag open-box honey-pot wine-glass".split()
)
SURFACES = frozenset("table dining-table dresser bookshelf".split())
"""What things that it is `with` stand on."""
BUILDINGS = frozenset(
    "house house-with-garden hut barn warehouse shop greenhouse church castle hotel hospital school bank factory stadium igloo tent skyscraper office-building".split()
)
"""What shows no inside: things `in` it stand before it."""
MODIFIERS = frozenset(
    "baby skincare makeup make-up cosmetics cosmetic barista fruit money music laundry packaging student artist farmer doctor designer toy".split()
)
"""Nouns that only say what kind, right before another noun."""
OR = frozenset("or nor oder noch ou ni o né nem of lub ani".split())
BEHIND_NOUN: dict[str, Place] = {
    "上": "on", "上的": "on", "の上": "on", "上面": "on", "下": "under", "の下": "under", "下面": "under", "隣": "next", "旁边": "next", "旁": "next",
    "里": "inside", "里面": "inside", "后面": "behind", "後ろ": "behind", "前面": "front",
}  # fmt: skip
"""Japanese and Chinese say the place behind the noun: `sofa 上 cat` is a cat on a sofa."""
CONTAINS = frozenset("with of full mit voller voll avec de con di com van met filled".split())
TURNS = frozenset(
    "with in on at but mit auf im aber avec dans sur mais con en sobre pero su ma com em met op maar".split()
)
OPENS = frozenset("a an the one ein eine einen un une una uno um uma een".split())
FRUITS = frozenset(
    "orange oranges naranja laranja arancione apricot caramel mint mustard sage salmon lilac emerald canvas iron oak stone walnut wool glass".split()
)
"""Words that are a colour or a material before a noun, and a thing where they stand alone."""
ARTICLES = frozenset("a an the our my your of ein eine einen un une una um uma new".split())
"""What opens a noun phrase."""
PLACE_STARTS = frozenset(phrase.split()[0] for phrase in words.PLACES)
