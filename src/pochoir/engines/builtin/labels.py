"""What tools and forms append to a prompt as `Label: value`: read as what it says, in several languages; and what to leave out.

Pure. `read` gives the prompt without its labels, what stood in them in the order of their weight, and the things not wanted.
"""

# ruff: noqa: E501 - word lists read better in long lines
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_LABELS = """
leave: leave out, leaving out, exclude, avoid, negative, negative prompt, do not show, don't show, do not include, not in the picture, must not show, weglassen, vermeiden, nicht zeigen, ohne, ausschließen, à éviter, éviter, exclure, sans, ne pas montrer, evitar, excluir, sin, sem, evitare, escludere, senza, weglaten, vermijden, zonder, pomiń, bez, 除外, 除くもの, 入れないもの, 避免, 排除, 不要, 제외
text: text, text on the image, text in the image, words on the image, headline, head line, title, slogan, caption, tagline, claim, copy, call to action, cta, überschrift, titel, text auf dem bild, schriftzug, texte, texte sur l'image, titre, accroche, texto, texto en la imagen, título, testo, testo sull'immagine, titolo, texto na imagem, tekst, tekst op de afbeelding, tekst na obrazie, 文字, 画像の文字, 見出し, 图片上的文字, 标题
season: season, time of year, jahreszeit, saison, estación, temporada, stagione, estação, seizoen, pora roku, 季節, 季节
style: style, art style, visual style, drawing style, look, mood, feeling, tone, atmosphere, stil, stimmung, ambiance, estilo, ambiente, stile, atmosfera, stijl, sfeer, styl, nastrój, スタイル, 雰囲気, 风格, 風格, 氛围
background: background, backdrop, new background, hintergrund, fond, arrière-plan, fondo, sfondo, fundo, achtergrond, tło, 背景
setting: setting, scene, location, place, furnishing, ort, szene, schauplatz, lieu, décor, escena, lugar, escenario, scena, luogo, cena, cenário, plaats, miejsce, 場所, 场景, 地点
colour: colour, colours, color, colors, palette, colour palette, color palette, colour scheme, color scheme, brand colour, brand colours, brand color, brand colors, colourway, farbe, farben, farbpalette, couleur, couleurs, colores, paleta, colore, colori, cor, cores, kleur, kleuren, kolor, kolory, 色, 颜色, 顏色
light: light, lighting, time of day, weather, occasion, holiday, event, licht, tageszeit, wetter, anlass, lumière, météo, occasion, luz, hora del día, ocasión, luce, ora del giorno, occasione, ocasião, gelegenheid, 時間帯, 天気, 时间, 天气, 节日
layout: layout, channel, use, purpose, kind, type of image, verwendung, usage, uso, 用途
subject: subject, product, topic, theme, motif, what it shows, dish, item, content, story, design, brand, produkt, thema, motiv, sujet, produit, thème, tema, producto, prodotto, soggetto, produto, onderwerp, temat, 主題, 商品, テーマ, 主题, 产品
apart: language, angle, view, camera angle, perspective, audience, target group, sprache, perspektive, zielgruppe, langue, cible, idioma, lingua, taal, język, 言語, 语言
request: size, format, file format, quality, aspect ratio, ratio, resolution, number of images, images, größe, qualität, anzahl, taille, qualité, tamaño, calidad, dimensioni, qualità, tamanho, qualidade, grootte, kwaliteit, サイズ, 尺寸
"""
LABELS: Mapping[str, str] = MappingProxyType(
    {
        word.strip(): kind
        for line in _LABELS.strip().splitlines()
        for kind, _, listed in [line.partition(":")]
        for word in listed.split(",")
    }
)
"""Label in lower case -> what its value is."""

_LABEL = re.compile(
    r"(?:^|(?<=[\n.;,。；，、!?]))[ \t\-*•]*("
    + "|".join(re.escape(word) for word in sorted(LABELS, key=len, reverse=True))
    + r")[ \t]?[:：][ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
_END = re.compile(r"\n|[.;](?=\s|$)|[。；]")
_CJK_NEGATIVES = (
    re.compile(
        r"([^\s、。，,「」]{1,8}?)(?:は|を|が)?(?:なしで|なし|無しで|無し|入れないで|入れない|抜きで|抜き|を除いて|を除く)"
    ),
    re.compile(r"(?:没有|不要|不含|请勿|避免|无(?!线|人机|限|花|糖))(?:任何|出现)?([^\s，。、,；的]{1,6})的?"),
    re.compile(r"(\S{1,8}?)\s?(?:없이|없는|제외)"),
)
_LISTED = re.compile(r"[,、，;/]|\b(?:and|or|nor|und|oder|et|ou|y|o|e|en|of|i)\b", re.IGNORECASE)
_FILLER = re.compile(r"^(?:any|all|the|a|an|no|keine?|de|des|les?|el|la)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A prompt with its labels read: `first` weighs more than the prompt's own words."""

    body: str
    first: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    """Labels whose value changes nothing in a drawing: said as such."""


def read(prompt: str) -> Labelled:
    """Take labels out of a prompt. Quoted texts must have been taken out before."""
    first: list[str] = []
    texts: list[str] = []
    without: list[str] = []
    apart: list[str] = []
    rest: list[str] = []
    at = 0
    found = list(_LABEL.finditer(prompt.replace("’", "'")))
    for number, match in enumerate(found):
        if match.start() < at:
            continue
        kind = LABELS[match[1].lower()]
        stop = found[number + 1].start() if number + 1 < len(found) else len(prompt)
        end = (
            re.compile(r"\n").search(prompt, match.end(), stop)
            if kind == "text"
            else _END.search(prompt, match.end(), stop)
        )
        until = end.start() if end else stop
        value = prompt[match.end() : until].strip(" \t,.")
        rest.append(prompt[at : match.start()])
        at = until
        if not value.strip(" ,"):
            rest.append(" , ")
        elif kind == "text":
            texts.append(value.strip("\"'“”„«» "))
        elif kind == "leave":
            without += _items(value)
        elif kind == "apart":
            apart.append(f"{match[1].strip()}: {value}")
        elif kind == "subject":
            rest.append(f" . {value} . ")
        elif kind != "request":
            first.append(_phrase(kind, value))
    rest.append(prompt[at:])
    body = "".join(rest)
    body, more = _cjk_negatives(body)
    return Labelled(body, tuple(first), tuple(texts), (*without, *more), tuple(apart))


def _phrase(kind: str, value: str) -> str:
    if kind == "background" and not re.search(r"background|backdrop|hintergrund|fond|背景", value, re.IGNORECASE):
        return f"{value} background"
    if kind == "setting":
        return f"in {value}" if value.isascii() else value
    if kind == "colour":
        return "palette " + " , palette ".join(
            part.strip() for part in re.split(r"[,;/]| and | und ", value) if part.strip()
        )
    return value


def _items(value: str) -> list[str]:
    return [_FILLER.sub("", part.strip(" .")).strip().lower() for part in _LISTED.split(value) if part.strip(" .")]


def _cjk_negatives(text: str) -> tuple[str, list[str]]:
    """Japanese, Chinese and Korean put negation where the token reader cannot see it."""
    found: list[str] = []

    def take(match: re.Match[str]) -> str:
        found.append(match[1].removeprefix("の").strip())
        return "、"

    if re.search(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]", text):
        for pattern in _CJK_NEGATIVES:
            text = pattern.sub(take, text)
    return text, [word for word in found if word]
