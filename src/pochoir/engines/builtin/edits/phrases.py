"""The phrases of edits in several languages, as patterns: operations, what cannot be done, places in a picture."""
# ruff: noqa: E501 - patterns read better in long lines

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from pochoir.engines.builtin.colours import HEX, NAMES


def _any(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


_EDGE = r"(?<![\w-])"
_END = r"(?![\w-])"
_GROUND = r"(?:background|backdrop|backgrounds|hintergrund|arrière-plan|arriere-plan|fond|fondo|sfondo|fundo|achtergrond|tło|bakgrund|baggrund)"
_ITS = r"(?:(?:the|its|their|all|whole|entire|existing|current|old|white|plain|grey|gray|studio|den|der|dem|l'|le|la|el|lo|il|o|a|het|de|das|seinen|ihren|weißen|weissen|son|su|seu)\s*){0,4}"
_PHOTO = r"(?:\s+(?:of|from|behind|in|on|vom|von|des|der|de la|del|de|du|da|do|in|auf)\s+(?:(?:the|this|that|my|our|your|a|an|each|every|these|those|uploaded|given|dieses|diesem|unser\w*|mein\w*|cette|notre|nuestra|esta|la|il|le|foto|del|nosso|nossa|een|de)\s+){0,2}(?:[\w-]+\s+){0,3}?(?:photos?|pictures?|images?|shots?|products?|items?|objects?|subjects?|foto|fotos|bilde?s?|produkts?|produit|producto|prodotto|produto|imagen|immagine|imagem|it))?"
_COLOUR_WORDS = sorted((name.replace("-", "[ -]") for name in NAMES), key=len, reverse=True)
COLOUR = rf"(?:{HEX.pattern}|(?:(?:light|dark|pale|pastel|bright|deep|soft|hell|dunkel|pastell)[ -]?)?(?:{'|'.join(_COLOUR_WORDS)}))"

BACKGROUND = re.compile(rf"{_EDGE}{_GROUND}", re.IGNORECASE)

CUT = _any(
    rf"{_EDGE}(?:remove|delete|erase|cut out|cut away|strip(?: away)?|get rid of|take (?:away|out|off)|drop|clear|knock out|eliminate)\s+{_ITS}{_GROUND}{_PHOTO}",
    rf"{_EDGE}(?:make|turn|leave|keep|set|give)\s+(?:it\s+)?{_ITS}{_GROUND}{_PHOTO}\s*(?:to\s+|a\s+)*transparent{_END}",
    rf"{_EDGE}(?:with|on|onto|and|to|has|have)?\s*(?:an?|no|the)?\s*(?:transparent|no|without)\s+{_GROUND}",
    rf"{_EDGE}transparent\s+(?:png|cut-?out|{_GROUND})",
    rf"{_EDGE}{_GROUND}\s+(?:removal|removed|transparent|entfernen|weg|freistellen)",
    rf"{_EDGE}cut(?:\s+|-)(?:out\s+)?(?:it|this|that|them|the\s+[\w-]+(?:\s+[\w-]+)?)(?:\s+out)?(?=\s*(?:[.,;!]|$|and|with|onto|on))",
    rf"{_EDGE}(?:isolate|extract)\s+(?:it|this|that|them|the\s+[\w-]+(?:\s+[\w-]+)?)",
    rf"{_EDGE}(?:entferne|lösche|nimm|entfern)\s+{_ITS}{_GROUND}{_PHOTO}(?:\s+weg)?", rf"{_GROUND}\s+(?:entfernen|löschen|weglassen)", rf"{_EDGE}(?:stelle?|schneide)\s+(?:[\w-]+\s+){{0,3}}?(?:frei|aus){_END}", rf"{_EDGE}freistellen", r"ohne hintergrund", r"transparenter hintergrund", r"mit transparentem hintergrund",
    rf"{_EDGE}(?:enlève|enlever|retire|retirer|supprime|supprimer|efface|effacer|détoure|détourer)\s+{_ITS}{_GROUND}{_PHOTO}", r"sans (?:arrière-plan|fond)", r"fond transparent", rf"{_EDGE}détour(?:e|er|age)(?:\s+(?:le|la|l')\s*[\w-]+)?",
    rf"{_EDGE}(?:quita|quitar|elimina|eliminar|borra|borrar|suprime|recorta)\s+{_ITS}{_GROUND}{_PHOTO}", r"sin fondo", r"fondo transparente", r"sfondo trasparente", r"senza sfondo", r"fundo transparente", r"sem fundo",
    rf"{_EDGE}(?:rimuovi|rimuovere|togli|togliere|elimina|cancella|scontorna)\s+{_ITS}{_GROUND}{_PHOTO}", rf"{_EDGE}(?:remova|remove|remover|tire|tira|apague)\s+{_ITS}{_GROUND}{_PHOTO}", rf"{_EDGE}(?:verwijder)\s+{_ITS}{_GROUND}{_PHOTO}", rf"{_EDGE}usuń\s+{_GROUND}", rf"{_EDGE}ta bort\s+\w*bakgrund\w*",
    r"背景を?(?:削除|消して|消す|除去|透過|透明)\w*", r"背景透過", r"切り抜(?:き|いて|く)", r"(?:去除|去掉|删除|移除)背景", r"抠图", r"透明背景", r"배경\s*(?:제거|지워|삭제)\w*", r"удали(?:ть)?\s+фон", r"убра?(?:ть|ери)\s+фон", r"прозрачн\w+\s+фон\w*",
)  # fmt: skip

NEW_GROUND = _any(
    rf"{_EDGE}(?:replace|change|swap|switch|exchange|substitute)\s+(?:out\s+)?{_ITS}{_GROUND}{_PHOTO}\s*(?:with|to|by|into|for|→)?",
    rf"{_EDGE}(?:make|turn|set|paint|colou?r|have)\s+{_ITS}{_GROUND}{_PHOTO}\s*(?:to|into|be|look like|as)?",
    rf"{_EDGE}(?:give|put|add|use|insert|with|on|against|in front of|onto)\s+(?:it|them|this|that|the\s+[\w-]+)?\s*(?:an?|the)?\s*(?:new|different|other|another)\s+{_GROUND}{_PHOTO}\s*[:,]?(?:\s*(?:of|with|showing|featuring))?",
    rf"{_EDGE}(?:new|different)\s+{_GROUND}{_PHOTO}\s*[:,]?(?:\s*(?:of|with|showing|featuring))?",
    rf"{_EDGE}{_GROUND}\s+(?:swap|change|replacement|replaced|changed)\s*(?:with|to|by|for)?",
    rf"{_EDGE}(?:ersetze?|tausche?|ändere|wechsle|wechsele|mach(?:e)?)\s+{_ITS}{_GROUND}{_PHOTO}\s*(?:durch|gegen|mit|zu|in|auf)?", rf"{_ITS}{_GROUND}\s+(?:durch|gegen)",
    rf"{_EDGE}(?:remplace[rz]?|change[rz]?|mets|mettre)\s+{_ITS}{_GROUND}{_PHOTO}\s*(?:par|avec|en|pour)?",
    rf"{_EDGE}(?:cambia|cambiar|reemplaza|reemplazar|sustituye|sustituir|pon)\s+{_ITS}{_GROUND}{_PHOTO}\s*(?:por|con|a|en)?",
    rf"{_EDGE}(?:sostituisci|sostituire|cambia|cambiare|metti)\s+{_ITS}{_GROUND}{_PHOTO}\s*(?:con|in|a)?",
    rf"{_EDGE}(?:troque|trocar|mude|mudar|substitua|substituir)\s+{_ITS}{_GROUND}{_PHOTO}\s*(?:por|com|para)?",
    rf"{_EDGE}vervang\s+{_ITS}{_GROUND}{_PHOTO}\s*(?:door|met)?",
    r"背景を", r"(?:将|把)?背景(?:换成|替换为|改为|改成|变成)", r"배경을",
)  # fmt: skip

_DEFINITE = r"(?:(?:both|all|each|every)\s+(?:of\s+)?)?(?:it|this|that|them|these|those|(?:the|this|that|these|those|my|our|your|its|their|each|every)\s+(?:[\w'-]+\s+){0,4}?[\w'-]+|(?:den|die|das|dieses?|diesen?|unser\w*|mein\w*|es|ihn|sie)(?:\s+[\wäöüß-]+){0,2}|(?:le|la|les|ce|cet|cette|notre|mon|ma)\s+(?:[\w'-]+\s+){0,2}?[\w'-]+|l'[\w-]+|(?:el|la|los|las|este|esta|nuestro|nuestra|mi|lo)\s+(?:[\w'-]+\s+){0,2}?[\w'-]+|(?:il|questo|questa|nostro|nostra|o|este|nosso|nossa)\s+(?:[\w'-]+\s+){0,2}?[\w'-]+|product|item|images?|photos?)"
_WHERE = r"(?:on|in|into|at|onto|inside|under|underneath|in front of|against|near|next to|beside|among|between|by|over|with|within|outdoors|auf|im|in|an|am|vor|unter|neben|zwischen|ans|sur|dans|à|au|devant|sous|en|sobre|delante|bajo|junto|su|nel|nella|al|alla|sul|sulla|davanti|na|no|em|numa|num|ao)"
PLACE = _any(
    rf"{_EDGE}(?:put|place|set|show|move|drop|stand|stage|display|present|position|photograph|imagine|transport|relocate|feature|pose|shoot|picture|print|stelle?|setze?|lege?|zeige?|platziere?|drucke?|mets|mettre|pose|place[rz]?|montre|imprime|pon|poner|coloca|colocar|muestra|metti|mettere|posiziona|mostra|stampa|coloque|ponha|mostre|zet|plaats)\s+(?P<what>{_DEFINITE}(?:\s+(?:and|und|et|y|e)\s+{_DEFINITE})?)(?=\s+{_WHERE}{_END})"
)
ADD = _any(
    rf"{_EDGE}(?:add|insert|include|draw|overlay|attach|decorate (?:it )?with|put|place|stick|throw in|drop in|füge?|ergänze?|zeichne?|setze?|lege?|stelle?|ajoute[rz]?|dessine[rz]?|mets|añade|añadir|agrega|agregar|pon|dibuja|aggiungi|aggiungere|disegna|metti|adicione|adicionar|acrescente|coloque|desenhe|voeg|dodaj|lägg till){_END}",
    r"追加して?", r"添加", r"加上", r"추가",
)  # fmt: skip

_VERB = r"(?:make|turn|change|convert|recolou?r|paint|dye|tint|colou?r|replace|switch|render|transform|mach(?:e)?|färbe?|ändere?|male?|ersetze?|tausche?|verwandle?|rends|rendre|change[rz]?|colorie[rz]?|peins|remplace[rz]?|haz|hacer|cambia|cambiar|pinta|pintar|colorea|convierte|reemplaza|rendi|cambia|colora|dipingi|sostituisci|deixe|faça|mude|pinte|troque|maak)"
_TO = r"(?:to|into|with|by|in|as|from|→|->|zu|durch|gegen|mit|en|par|avec|por|con|a|al|di|com|para|de|du|del)"
_ARTICLES = r"(?:(?:all|every|only|just|the|its|their|den|die|das|alle|alles|le|la|les|l'|el|los|las|il|lo|o|os|as|todo|tout|du)\s+)*"
SWAP_BOTH = _any(
    rf"{_EDGE}(?:swap|exchange|switch|tausche?|vertausche?|échange[rz]?|intercambia|scambia|troque)\s+(?:the\s+)?(?:colou?rs?\s+|farben\s+|couleurs\s+|colores\s+|colori\s+)?(?:of\s+)?(?:the\s+)?(?P<one>{COLOUR})(?:\s+(?:and|und|et|y|e)\s+(?:the\s+)?)(?P<two>{COLOUR}){_END}"
)
SWAP_NOUN = _any(
    rf"{_EDGE}(?:{_VERB})\s+{_ARTICLES}(?P<from>{COLOUR})\s+(?P<what>(?!to\b|into\b|and\b|with\b|in\b)[\w'-]+\s+(?:[\w'-]+\s+)?){_TO}?\s*(?P<to>{COLOUR}){_END}"
)
SWAP = _any(
    rf"{_EDGE}(?:{_VERB}|swap|exchange)\s+{_ARTICLES}(?P<what>(?:[\w'-]+\s+){{0,4}}?)(?:colou?r(?:ed)?\s+|parts?\s+|farbe\s+|areas?\s+)?(?:{_TO}\s+)?(?:(?P<from>{COLOUR})\s+)?(?:(?:parts?|areas?|things?|colou?rs?|ones?)\s+)?(?:{_TO}|for|be|look)?\s*(?:an?\s+|le\s+|du\s+|the\s+)?(?P<to>{COLOUR}){_END}"
)

STICKER = _any(rf"{_EDGE}(?:(?:turn|make|convert|as|into|like|to|als|en|come|como)\s+(?:it|this|that|them|the\s+[\w-]+)?\s*(?:into|to|as)?\s*(?:an?\s+|ein(?:en)?\s+|un[ea]?\s+|uma?\s+)?(?:die-?cut\s+)?)?(?:die-?cut\s+)?(?:stickers?|aufkleber|autocollant|pegatina|adesivo|decal|ステッカー|贴纸)(?:\s+(?:style|with (?:a )?(?:thick )?(?:white )?(?:border|outline|edge)))?")  # fmt: skip
DUOTONE = _any(rf"{_EDGE}(?:duo-?ton\w*|two-?tone|bicolor[ei]?|bitono)(?:\s+(?:effect|treatment|style|look|image))?(?:\s*(?:in|of|with|using|aus|mit|en|con|:|,)?\s*(?:the colou?rs\s+)?(?P<one>{COLOUR})\s*(?:and|und|et|y|e|&|\+|/|,|with|to|on)\s*(?P<two>{COLOUR}))?", rf"(?P<three>{COLOUR})\s*(?:and|und|et|y|e|&|/|,)\s*(?P<four>{COLOUR})\s+duo-?ton\w*")  # fmt: skip

TREATMENTS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "mono": _any(r"black[ -]?(?:and|&|n|'n')[ -]?white", r"\bb\s?&\s?w\b", r"gr[ea]y-?scale", r"monochrom\w*", r"schwarz[ -]?(?:und[ -]?)?wei(?:ß|ss)\w*", r"graustufen", r"noir et blanc", r"niveaux de gris", r"blanco y negro", r"escala de grises", r"bianco e nero", r"preto e branco", r"zwart-?wit", r"白黒", r"モノクロ", r"黑白", r"흑백", r"ч[её]рно-бел\w+", r"\bdesaturate\w*", r"remove (?:all )?(?:the )?colou?rs?\b"),
        "sepia": _any(r"sepia", r"sépia", r"セピア"),
        "faded": _any(r"\b(?:vintage|retro|faded|film|analog(?:ue)?)\s+(?:filter|look|effect|tones?|colou?rs|feel|style|photo|treatment)"),
        "posterise": _any(r"posteri[sz]e\w*", r"posteri[sz]ation", r"\bpop[ -]art\b", r"screen[ -]?print\w*", r"siebdruck\w*", r"sérigraphie", r"serigraf[ií]a"),
        "halftone": _any(r"half-?tone\w*", r"\briso(?:graph)?\b(?: print)?", r"newsprint", r"comic dots", r"ben-day", r"rasterpunkte"),
        "pixelate": _any(r"pixel(?:ate|ated|ise|ize|lise|iert)\w*", r"pixel[ -]?art", r"8-bit", r"\bmosaic\b(?! of)", r"ピクセルアート", r"像素化?"),
        "pencil": _any(r"pencil (?:sketch|drawing)", r"bleistift(?:zeichnung|skizze)?", r"(?:dessin|croquis) au crayon", r"dibujo a lápiz", r"\bline (?:art|drawing)\b"),
        "invert": _any(r"\binvert(?:ed|ieren?)?(?: (?:the )?colou?rs)?\b", r"\bnegative (?:image|effect)\b", r"negativ\b"),
        "blur-ground": _any(rf"\bblur(?:red|ry)?\s+{_ITS}{_GROUND}", rf"{_GROUND}\s+(?:blur|blurred|unscharf|flou)", r"shallow depth of field", r"\bbokeh\b", r"hintergrund (?:verschwommen|weichzeichnen|unscharf)", r"(?:flouter|floute|flou)\s+(?:l'arrière-plan|le fond)", r"desenfoca\w* (?:el )?fondo", r"sfoca\w* (?:lo )?sfondo", r"背景を?ぼかし\w*"),
        "blur": _any(r"\bblur(?:red)?\s+(?:it|this|the (?:whole )?(?:image|photo|picture))", r"make (?:it|the (?:image|photo|picture)) blurry", r"gaussian blur", r"weichzeichnen"),
        "sharpen": _any(r"\bsharpen(?:ed)?\b(?: (?:it|the (?:image|photo|picture)))?", r"\bmake (?:it|the \w+) sharper", r"\bcrisper\b", r"schärf(?:e|er|en)\b"),
        "bright": _any(r"\b(?:brighten|lighten)(?: (?:it|this|the \w+))?(?: up)?\b", r"\bbrighter\b", r"\blighter\b", r"\bheller\b", r"\bmore (?:light|exposure)\b", r"plus (?:clair|lumineux)\w*", r"más (?:claro|luminos)\w*", r"più (?:chiar|luminos)\w*", r"mais clar\w*"),
        "dark": _any(r"\bdarken(?: (?:it|this|the \w+))?\b", r"\bdarker\b", r"\bdunkler\b", r"plus sombre", r"más oscur\w*", r"più scur\w*", r"mais escur\w*"),
        "contrast": _any(r"\b(?:more|higher|increase(?: the)?|boost(?: the)?|add|stronger) contrast\b", r"mehr kontrast", r"plus de contraste", r"más contraste", r"più contrasto", r"mais contraste"),
        "vivid": _any(r"\bmore (?:saturated|saturation|vivid|vibrant|colou?rful)\b", r"\b(?:increase|boost)(?: the)? saturation", r"kräftigere farben", r"\bsaturate\b", r"plus (?:vif|vives|saturé\w*)"),
        "muted": _any(r"\b(?:less saturated|less saturation|more muted|muted colou?rs|lower saturation)\b"),
        "warm": _any(r"\bwarmer(?: (?:tones?|colou?rs|light|look))?\b", r"\bwarm (?:filter|tone)s?\b", r"\bwärmer\b", r"plus chaud\w*", r"más cálid\w*"),
        "cool": _any(r"\b(?:cooler|colder)(?: (?:tones?|colou?rs|light|look))?\b", r"\bcool (?:filter|tone)s?\b", r"\bkühler\b", r"plus froid\w*", r"más frí\w*"),
        "vignette": _any(r"\bvignett\w+", r"viñet\w+"),
        "silhouette": _any(r"\bsilhouet\w+", r"\bsilueta\b"),
        "flip": _any(r"\bflip(?:ped)?(?: (?:it|this|the \w+))? (?:vertically|upside down)\b", r"\bupside[ -]down\b"),
        "mirror": _any(r"\b(?:flip|mirror)(?:ped|ed)?(?: (?:it|this|the \w+))?(?: horizontally| left to right)?\b", r"\bspiegeln?\b", r"\bspiegle\b", r"(?:retourne|miroir)\b", r"\bvoltea\b", r"左右反転"),
        "shadow": _any(r"\b(?:add|with|give it)\s+(?:a |some )?(?:soft |realistic |drop |natural )*shadows?\b", r"\bdrop[ -]shadow\b", r"\bschlagschatten\b"),
    }
)  # fmt: skip
TURNS = re.compile(r"\b(?:rotate|turn|drehe?)\s+(?:it|this|the (?:image|photo|picture)|das bild)?\s*(?:by\s+|um\s+)?(?P<by>90|180|270|-90)\s*(?:°|degrees?|grad)?\s*(?P<way>clockwise|counter-?clockwise|anti-?clockwise|left|right|nach links|nach rechts)?", re.IGNORECASE)  # fmt: skip

FRAMES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "polaroid": _any(r"polaroid(?: frame)?", r"instant (?:photo|film)(?: frame)?"),
        "round": _any(r"\b(?:round|circular|circle)\s+(?:crop|avatar|frame|mask|picture|image|profile)\w*(?:\s+picture)?", r"\b(?:crop|cut) (?:it )?(?:in)?to a circle", r"kreisförmig\w*", r"\bin(?:to)? a circle\b"),
        "rounded": _any(r"rounded corners?", r"round(?:ed)? (?:the )?corners?", r"(?:ab)?gerundete ecken", r"coins arrondis", r"esquinas redondeadas", r"angoli arrotondati"),
        "frame": _any(rf"\bframe it\b(?:\s+in\s+(?:an?\s+)?{COLOUR})?", r"\b(?:add|put|with|in|inside|give it|into)\s+(?:it\s+)?(?:in\s+)?(?:an?|the)?\s*(?:[\w#-]+\s+){0,2}?(?:frame|border|mat|passe-?partout)\b", r"\bpicture frame\b", r"(?:in )?(?:einen?m? )?(?:[\wäöüß]+ )?(?:bilder)?rahmen\b", r"(?:ajoute\w* )?(?:un )?cadre(?: [\w]+)?\b", r"\bmarco(?: [\w]+)?\b", r"\bcornice\b", r"\bmoldura\b", r"\bframed\b", r"\bgerahmt\b", r"\bencadr\w+"),
    }
)  # fmt: skip

BOARDS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "mood": _any(r"mood[ -]?boards?", r"inspiration board", r"planche (?:d'ambiance|tendance)", r"ムードボード", r"情绪板"),
        "before": _any(r"before(?:[ -](?:and|&)[ -]|/|-)after", r"vorher[ -/]*nachher", r"avant[ -/]*après", r"antes y después", r"prima e dopo"),
        "row": _any(r"side[ -]by[ -]side", r"next to each other", r"in (?:a|one) row", r"nebeneinander", r"côte à côte", r"uno al lado del otro", r"comparison image"),
        "grid": _any(r"\bcollages?\b", r"\b(?:photo |image |\d ?x ?\d |picture )?grid\b", r"contact sheet", r"\bmontage\b", r"\bmosaic of\b", r"combine (?:these|the|all|both|them)(?!.*\bscene\b)(?: \w+)?(?: (?:images|photos|pictures))?(?: (?:in)?to (?:one|a single)(?: (?:image|picture))?)?", r"コラージュ", r"拼贴", r"拼图"),
    }
)  # fmt: skip
MOCKUP = _any(r"\bmock-?\s?ups?\b", r"モックアップ", r"样机")
HOSTS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "laptop": _any(r"\b(?:laptops?|notebook computer|macbook|ordinateur portable|portátil|computer|website)(?: screen)?\b"),
        "smartphone": _any(r"\b(?:smart)?phones?(?: screen)?\b", r"\biphone\b", r"\bhandy\b", r"\bmobile(?: app| screen)?\b", r"\btéléphone\b", r"\bmóvil\b", r"\bapp\b"),
        "tablet": _any(r"\b(?:tablets?|ipad)(?: screen)?\b"),
        "hoodie": _any(r"\b(?:hoodies?|sweatshirts?|kapuzenpulli)\b"),
        "tee": _any(r"\b(?:t-?\s?shirts?|tees?|shirts?|camiseta|maglietta)\b"),
        "tote-bag": _any(r"\b(?:tote(?: |-)?bags?|tote|shopping bag|stofftasche|jutebeutel|bolsa de tela)\b"),
        "mug": _any(r"\b(?:mugs?|cups?|tasse|becher|taza|tazza|caneca)\b"),
    }
)  # fmt: skip
DESIGN = _any(
    r"\b(?:print\w*|logo|design|artwork|motif|it|this|image|picture|drawing|druck\w*|entwurf|bild|es|diseño|imprime|stampa)\b"
)

LOGO = _any(r"(?:(?:add|put|place|with|insert|use|include|overlay|füge|setze|ajoute\w*|mets|añade|pon|aggiungi|metti)\s+)?(?:the|our|my|a|das|unser|le|el|il|notre|nuestro)?\s*(?:company\s+|brand\s+|firmen)?(?:logo|wordmark|watermark|wasserzeichen|filigrane|emblem|brand mark)(?:\s+(?:of|from|in|as|on|aus|du|de)\s+(?:a\s+watermark|(?:the\s+)?(?:second|last|other|2nd|third)\s+(?:image|picture|photo|one|file)|image\s*(?:2|3|two)))?")  # fmt: skip

REPAINT = _any(
    r"\b(?:make|have|let|get)\s+(?:her|him|them|the (?:man|woman|person|people|child|girl|boy|dog|cat|model)|everyone|everybody)\s+(?:[\w'-]+\s*){1,5}",
    r"\b(?:smil(?:e|es|ing)|laugh(?:ing)?|frown(?:ing)?|wink(?:ing)?|facial expressions?|expression)\b",
    r"\b(?:change|adjust|fix|alter|modify)\s+(?:the|her|his|their|its)?\s*(?:pose|posture|stance|gesture|hair\w*|face|eyes|skin|outfit|clothes|clothing|age|body|lighting|perspective|viewpoint|angle|expression)\b",
    r"\b(?:different|another|new|other)\s+(?:pose|angle|perspective|viewpoint|hairstyle|outfit|expression|view)\b",
    r"\b(?:younger|older|slimmer|thinner|fatter|taller|bald|beard|mustache|moustache|make-?up|wrinkles?|freckles|tattoos?|hair ?(?:cut|style))\b",
    r"\b(?:wearing|dressed (?:in|as)|wear)\s+(?:[\w'-]+\s*){1,3}",
    r"\b(?:open|close)\s+(?:the|her|his|their)\s+(?:eyes|mouth)\b",
    r"\b(?:retouch|restore|repair|reconstruct|relight|colou?ri[sz]e|unblur|deblur|denoise|re-?imagine|repaint|redraw|re-?render|upscale|super-?resolution|inpaint)\w*(?:\s+(?:it|this|the|my|our|an?)(?:\s+[\w-]+){0,3})?",
    r"\b(?:turn|convert|transform|make|render|change)\s+(?:it|this|that|the (?:photo|image|picture)|this (?:photo|image|picture)|me|us|my (?:photo|picture|selfie))?\s*(?:in)?(?:to|as|look like)?\s*(?:an?\s+)?(?:[\w-]+\s+){0,2}?(?:oil|acrylic|watercolou?r|gouache|impressionist|renaissance|anime|manga|cartoon|comic|ghibli|pixar|disney|claymation|3d|lego|photo-?realistic|realistic|cyberpunk|steampunk|fresco)\b(?:\s+(?:painting|style|version|character|illustration|render\w*|drawing|look|scene|photo))*(?:\s+of\s+[\w ]+)?",
    r"\bin the style of\s+(?:[\w'-]+\s*){1,4}", r"\b(?:oil|acrylic) painting\b", r"\bphoto-?realistic(?:ally)?\b(?=\s+(?:version|photo of (?:it|this)))",
    r"\b(?:from|turn) day(?:time)? (?:in)?to night\b", r"\bday to night\b", r"\bundress\w*|\bnude\b",
    r"\b(?:lächel\w*|lachen|pose ändern|jünger|älter|frisur|restaurier\w*|kolorier\w*|ölgemälde|in ein (?:öl|aquarell)gemälde)\b",
    r"\b(?:sourire|sourit|plus jeune|plus vieux|peinture à l'huile|coiffure|restaure\w*|colorise\w*)\b",
    r"\b(?:sonr[ií]\w*|más joven|más viejo|pintura al óleo|peinado|restaura\w*|colorea esta foto)\b",
    r"\b(?:sorrid\w*|più giovane|dipinto a olio|sorri(?:r|a)|pintura a óleo)\b", r"笑顔に?\w*", r"油絵\w*", r"微笑", r"油画",
)  # fmt: skip
ERASE = re.compile(
    r"\b(?:remove|erase|delete|get rid of|take (?:out|away)|clean up|wipe out|paint out|entferne?|lösche?|enlève|supprime|efface|quita|elimina|borra|rimuovi|togli|remova|apague)\s+(?P<what>(?:the|this|that|these|those|all|any|every|my|den|die|das|le|la|les|l'|el|los|las|il|lo|o|a)?\s*(?:[\w'-]+\s*){1,5}?)(?=[.,;!]|$|\band\b|\bund\b|\bet\b|\by\b|\be\b|\bfrom\b|\bin\b|\bon\b)|(?:消して|削除して|去掉|删除)",
    re.IGNORECASE,
)
FILL = re.compile(rf"\b(?:fill|cover|paint|colou?r|fülle?|remplis|rellena|riempi|preencha)\b[^.,;]{{0,40}}?(?:with|in|mit|en|de|con|di|com)?\s*(?P<to>{COLOUR}){_END}", re.IGNORECASE)  # fmt: skip

EXTEND = _any(r"\b(?:extend|expand|uncrop|outpaint|widen|enlarge the canvas|grow the canvas|zoom out|erweitere?|verbreitere?|étends|étendre|élargi\w*|agrandis|extiende|amplía|estendi|allarga|estenda|amplie)\b(?:\s+(?:it|this|the (?:image|photo|picture|canvas|background|scene)|das bild|den hintergrund|l'image|la imagen|l'immagine|a imagem))?", r"\b(?:more|extra|add)\s+(?:empty |negative |blank |copy )*(?:space|room|canvas)\b", r"mehr platz", r"\bwith (?:some |more |extra |much )*(?:empty |blank |negative |copy |white )*(?:space|room)\b")  # fmt: skip
CROP = _any(r"\b(?:crop|trim|zuschneiden|schneide\b[^.,;]{0,20}\bzu|recadre\w*|recorta\w*|ritaglia\w*|recorte|bijsnijden)\b(?:\s+(?:it|this|the (?:image|photo|picture)))?(?:\s+(?:in)?to)?")  # fmt: skip
RATIO = re.compile(r"(?<![\d:])(?P<w>\d{1,2})\s?(?::|/|by|×|x)\s?(?P<h>\d{1,2})(?![\d:])(?:\s*(?:aspect ratio|ratio|format|aspect|shape|seitenverhältnis))?", re.IGNORECASE)  # fmt: skip
NAMED_SHAPES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        rf"(?:\b(?:in ?to|to|as|in|make it|crop(?:ped)? (?:it )?|instagram)\s+(?:an?\s+)?square\b(?!\s+(?:{COLOUR})\b)|\bsquare\s+(?:format|crop|image|version|picture|post|photo|canvas|aspect)\b|^\W*square\W*$|\b(?:quadratisch\w*|ins? quadrat|en carré|carrée?s?|cuadrad[oa]|quadrat[oa]|正方形))(?:\s+(?:format|shape|image))?": (1, 1),
        r"\b(?:instagram |phone |vertical )?story(?: format| size)?\b|\breels?\b|\bphone wallpaper\b": (9, 16),
        r"\b(?:landscape (?:format|orientation|mode|image)|in(?:to)? landscape|horizontal(?: format| banner)?|querformat|format paysage|apaisado|wide(?:screen)?(?: format)?|wider|breiter|plus large|más anch\w+)\b": (3, 2),
        r"\b(?:portrait (?:format|orientation|mode)|in(?:to)? portrait|vertical(?: format)?|hochformat|format portrait|höher|plus haut)\b": (2, 3),
        r"\b(?:web |youtube )?(?:banner|header)\b(?: format| size)?": (3, 1),
    }
)  # fmt: skip

SIDES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "left": _any(r"\b(?:to the )?left\b", r"links\b", r"gauche", r"izquierda", r"sinistra", r"esquerda", r"左"),
        "right": _any(r"\b(?:to the )?right\b", r"rechts\b", r"droite", r"derecha", r"destra", r"direita", r"右"),
        "top": _any(r"\b(?:top|upper|above|upwards?)\b", r"\boben\b", r"\bobere\w*", r"\bhaut\b", r"\barriba\b", r"superior", r"in alto", r"\bacima\b", r"上"),
        "bottom": _any(r"\b(?:bottom|lower|below|downwards?|underneath)\b", r"\bunten\b", r"\buntere\w*", r"\bbas\b", r"\babajo\b", r"inferior", r"in basso", r"\babaixo\b", r"下"),
        "middle": _any(r"\b(?:cent(?:er|re|red|ered)|middle)\b", r"\bmitte\b", r"\bmittig\b", r"milieu", r"centr[oe]\b", r"真ん中", r"中央", r"中间"),
    }
)  # fmt: skip
SPOT = _any(
    r"\b(?:in|at|on|to|into|near|along|over|across)\s+(?:the\s+|its\s+)?(?:very\s+)?(?:(?:top|bottom|upper|lower|left|right|centre|center|middle)[ -]?(?:hand )?)+(?:corner|edge|side|half|part|third)?\b(?!\s+of\s+(?:the\s+|it\b|this|that))(?:\s+of\s+the\s+(?:image|picture|photo))?",
    r"\b(?:in|an|auf|oben|unten)\s+(?:der|die|den|dem)?\s*(?:(?:obere|untere|linke|rechte|oben|unten|links|rechts)[nrm]?\s*)+(?:ecke|seite|rand|hälfte)?",
    r"\b(?:en|dans|à|au)\s+(?:le|la|l')?\s*(?:coin\s+)?(?:(?:haut|bas|gauche|droite|supérieur|inférieur)\s*(?:à|en|de)?\s*)+",
    r"\b(?:en|arriba|abajo)\s+(?:a\s+)?(?:la|el)?\s*(?:esquina\s+)?(?:(?:superior|inferior|izquierda|derecha|arriba|abajo)\s*)+",
)
BADGE = re.compile(r"\b(?:badge|button|seal|stamp|label|tag|price tag|burst|pill|etikett|siegel|abzeichen|plakette|étiquette|etiqueta|insignia|etichetta|distintivo|selo)\b", re.IGNORECASE)  # fmt: skip
LETTERING = re.compile(
    r"\b(?:add|put|write|print|include|insert|with|place|set|overlay|and|mit|schreibe?|füge|ajoute[rz]?|écris|avec|añade|escribe|pon|con|aggiungi|scrivi|adicione|escreva|com)?\s*(?:an?|the|some|bold|big|large|small|white|black|den|dem|einen?m?|le|la|les|un|una|une|el|il|o|red|yellow)*\s*(?:round\s+|red\s+|yellow\s+)?(?:text|texts|words?|headline|heading|title|caption|slogan|tagline|label|badge|button|lettering|line|sign|seal|stamp|tag|price tag|überschrift|titel|schriftzug|texte|titre|slogan|texto|título|testo|titolo|etikett|siegel)\b(?:\s+(?:that\s+)?(?:says|saying|reads|reading|which says|mit dem text|qui dit|que diga|che dice))?\s*[:,]?",
    re.IGNORECASE,
)

NUMBERED = re.compile(r"\b(?:the\s+)?(?:(?P<word>first|second|third|fourth|fifth|last|other|1st|2nd|3rd|4th|5th|erste[nsrm]?|zweite[nsrm]?|dritte[nsrm]?|première?|deuxième|segund[ao]|primer[ao]?|second[ao]|prim[ao])\s+(?:image|picture|photo|one|file|reference|product|bild|foto|imagen|immagine|imagem)|(?:image|picture|photo|reference|bild|foto)\s*(?:#|no\.?|number|nr\.?)?\s*(?P<digit>\d{1,2}))(?![\w:])", re.IGNORECASE)  # fmt: skip
ORDER: Mapping[str, int] = MappingProxyType(
    {"first": 0, "1st": 0, "prim": 0, "premi": 0, "erst": 0, "second": 1, "2nd": 1, "zweit": 1, "deuxi": 1, "segund": 1, "third": 2, "3rd": 2, "dritt": 2, "fourth": 3, "4th": 3, "fifth": 4, "5th": 4, "other": 1, "last": -1}
)  # fmt: skip
PRONOUN = re.compile(
    r"\b(?:it|this|them|these|those|that)\b(?!\s+(?:is|are|should|must|says|reads|will|in\s+(?:front|a)))(?:\s+(?:product|item|object|thing|image|photo|picture|subject|one)s?)?(?:\s+(?:photo|picture|image|shot))?|\b(?:the|this|that|my|our|your|these|those|each|every|uploaded|given|attached|provided)\s+(?:uploaded\s+|attached\s+|given\s+|main\s+|same\s+|original\s+)?(?:[\w-]+\s+)?(?:products?|items?|objects?|subjects?|images?|photos?|pictures?|packshots?|packaging|merchandise|logo|reference\w*|upload|input)(?:\s+(?:photo|picture|image|shot)s?)?(?:\s+(?:in|of|from|on)\s+(?:the|this|my|our)\s+(?:reference\s+)?(?:images?|photos?|pictures?|files?))?|\b(?:das|unser|dieses|mein|ihm|ihr|davon|daneben|darauf|es)\b(?:\s+(?:produkt|bild|foto|objekt|logo))?|\b(?:le|ce|notre|mon)\s+(?:produit|objet|image|photo|logo)|\b(?:el|este|nuestro|mi)\s+(?:producto|objeto|logo)|\b(?:la|esta|nuestra|mi)\s+(?:imagen|foto)|\b(?:il|questo|il nostro)\s+(?:prodotto|oggetto|logo)|\b(?:o|este|nosso)\s+(?:produto|objeto|logo)",
    re.IGNORECASE,
)  # fmt: skip

BESIDE = re.compile(r"\b(links|rechts)\s+(?:daneben|davon|nebenan)\b", re.IGNORECASE)
SILENT = frozenset(
    {
        "write",
        "combine",
        "more",
        "draw",
        "replace",
        "change",
        "turn",
        "make",
        "put",
        "set",
        "all",
        "containing",
        "contains",
        "contain",
        "include",
        "including",
        "use",
        "using",
        "hinzu",
        "mets-le",
        "mets-la",
        "ersetze",
        "mache",
        "reference",
        "references",
        "please",
        "version",
        "edit",
        "image",
        "photo",
        "picture",
        "bild",
        "foto",
    }
)
"""Words that carry no more meaning once operations are understood."""
INTO = _any(
    r"\b(?:turn|make|convert|transform|change|mache?|verwandle)\s+(?:it|this|that|the (?:image|photo|picture|product)|das bild|es)\s+(?:into|to|in|zu)\s+(?:an?\s+|ein\w*\s+)?"
)
"""What the picture is to become: the noun behind it says that, not the verb."""

SAID = re.compile(
    r"\b(?:words?|texts?|headline|title|caption|slogan|label|lettering)\s+(?:(?:that\s+)?(?:says?|saying|reads?|reading)\s+)?"
    r"(?P<caps>[A-Z0-9][A-Z0-9!?%&'-]+(?:\s+[A-Z0-9!?%&'-]+)*)(?=[\s.,;!]|$)"
    r"|\b(?:saying|says|reading|that reads)\s+(?P<free>[^\"“”„«».,;\n]{1,60}?)(?=\s+(?:at|in|on|to|above|below|under)\s+the\b|[.,;\n]|$)"
)
"""A text without quotation marks: capitals behind the word `text`, or what is behind `saying`."""
