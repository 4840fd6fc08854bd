"""The small words: numbers, places, settings, times, styles, layouts, and words that ask for nothing, in several languages."""

# ruff: noqa: E501, SIM905 - tables read better in long lines
from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pochoir.engines.builtin.scene import Layout, Place


def _table(text: str) -> dict[str, str]:
    return {
        word.strip(): key.strip()
        for line in text.strip().splitlines()
        for key, _, listed in [line.partition(":")]
        for word in listed.split(",")
    }


_NUMBERS = """
1: jeden, jedna, ett, один, одна, one, single, ein, eine, einen, einem, einer, un, une, uno, una, um, uma, a single, 一つ, 一匹, 一个, 一只, 一双, 一辆, 一杯
2: dwa, dwie, två, 둘, 두, два, две, two, a pair of, pair of, couple of, a couple of, both, zwei, deux, dos, due, dois, duas, twee, 二つ, 二匹, 2匹, 两个, 两只, 两, 二
3: trzy, 세, 셋, три, three, drei, trois, tres, tre, três, drie, 三つ, 三匹, 3匹, 三个, 三只, 三, trio of, a trio of
4: cztery, fyra, 네, четыре, four, vier, quatre, cuatro, quattro, quatro, 四つ, 四匹, 四个, 四只, 四
5: pięć, fem, пять, five, fünf, cinq, cinco, cinque, vijf, 五つ, 五匹, 五个, 五只, 五, several, a few, few, some, einige, quelques, varios, varias, alcuni, alcune
6: six, sechs, seis, sei, half a dozen, half dozen, zes, 六つ, 六个, 六只, 六
7: seven, sieben, sept, siete, sette, sete, zeven, 七つ, 七个, 七只
8: eight, acht, huit, ocho, otto, oito, 八つ, 八个, 八只
9: nine, neun, neuf, nueve, nove, negen, 九つ, 九个, 九只, lots of, many, viele, beaucoup de, muchos, muchas, molti, muitos, a bunch of
10: ten, zehn, dix, diez, dieci, dez, tien, 十個, 十个
11: eleven, onze, once, undici
12: twelve, dozen, a dozen, zwölf, ein dutzend, douze, une douzaine de, doce, una docena de, dodici, doze, 十二个
13: thirteen
14: fourteen
15: fifteen
16: sixteen
20: twenty, zwanzig, vingt, veinte, venti, vinte
24: two dozen
30: thirty
40: forty
50: fifty
"""
NUMBERS: Mapping[str, int] = MappingProxyType({w: int(n) for w, n in _table(_NUMBERS).items()})

_PLACES: dict[Place, str] = {
    "left": "to the left of, left of, on the left of, on the left side of, links von, links neben, à gauche de, a la izquierda de, a sinistra di, à esquerda de",
    "right": "to the right of, right of, on the right of, on the right side of, rechts von, rechts neben, à droite de, a la derecha de, a destra di, à direita de",
    "on": "en la, en el, en una, en un, on top of, sitting on, standing on, lying on, resting on, placed on, on, upon, auf, sur, sobre, encima de, sopra, su, em cima de",
    "under": "under, underneath, beneath, unter, sous, debajo de, bajo, sotto, embaixo de, debaixo de",
    "above": "above, over, flying over, hovering over, über, au-dessus de, por encima de, al di sopra di, acima de",
    "below": "below, unterhalb von, en dessous de, abaixo de",
    "behind": "behind, hinter, derrière, detrás de, dietro, atrás de",
    "front": "in front of, vor, devant, delante de, davanti a, na frente de",
    "inside": "inside, inside of, within, in, dentro de, dans",
    "holding": "holding, serving, lifting, carrying, hält, tenant, sosteniendo, tiene, segurando",
    "between": "between, zwischen, entre, tra",
    "next": "next to, beside, besides, near, by, neben, à côté de, junto a, al lado de, accanto a, ao lado de",
}  # fmt: skip
PLACES: Mapping[str, Place] = MappingProxyType(
    {word.strip(): place for place, listed in _PLACES.items() for word in listed.split(",")}
)

SETTINGS: Mapping[str, str] = MappingProxyType(
    _table("""
studio: studio, studio background, studio backdrop, photo studio, plain background, seamless background
beach: plaża, na plaży, пляж, strand, stranden, 해변, beach, seaside, seashore, shore, coast, strand, am strand, plage, playa, spiaggia, praia, 海辺, 海滩, ビーチ, seashore, tropical island, island
sea: sea, ocean, open sea, meer, mer, mar, mare, oceano, lake, river, harbour, harbor, 海
forest: forest, woods, woodland, jungle, wald, im wald, forêt, bosque, foresta, bosco, floresta, 森, 森林, rainforest
city: at the airport, airport, miasto, w mieście, город, staden, futuristic city, city, downtown, skyline, town, urban, city skyline, stadt, ville, ciudad, città, cidade, 街, 城市, 都市, rooftop, times square
street: street, road, highway, sidewalk, pavement, straße, rue, calle, strada, rua, crosswalk, 道
kitchen: kitchen, kitchen counter, kitchen table, countertop, küche, cuisine, cocina, cucina, cozinha, キッチン, 厨房
desk: meeting, in a meeting, wooden desk, office, on a desk, on the desk, workspace, workplace, home office, büro, schreibtisch, desk setup, oficina, ufficio, escritório, オフィス, 办公室, classroom, library
room: at home, salon, salonie, vardagsrum, living room, room, bedroom, wohnzimmer, schlafzimmer, salon, sala, salón, soggiorno, lounge, interior, nursery, hotel room, 客厅, 部屋, リビング, apartment
garden: w parku, parku, ogród, w ogrodzie, trädgård, park, парк, в парке, 공원, soccer field, vegetable garden, garden, park, meadow, field, lawn, backyard, grass, garten, wiese, jardin, jardín, giardino, jardim, parc, parque, 公園, 花园, 公园, farm, countryside, picnic, on a hill, hills
mountains: góry, gór, w górach, горы, fjällen, 산, mountains, mountain, alps, alpine, hiking trail, summit, berge, gebirge, montagne, montagnes, montaña, montañas, montagna, montanha, 山, 山脉, mountain range
space: space, outer space, galaxy, cosmos, universe, starry sky, weltraum, weltall, espace, espacio, spazio, espaço, 宇宙, 太空, to the moon
moon: on the moon, moon surface, auf dem mond, lunar surface, sur la lune
underwater: underwater, under water, under the sea, ocean floor, coral reef, unterwasser, sous l'eau, bajo el agua, sott'acqua, 水中, aquarium
desert: desert, dunes, sahara, wüste, désert, desierto, deserto, 砂漠, 沙漠
sky: sky, in the sky, clouds background, himmel, ciel, cielo, céu, 空, 天空, in the clouds
cafe: bakery, boulangerie, bäckerei, panadería, panetteria, padaria, boulangeries, coffee shop scene, restaurant, café background, coffee shop, cafe, bistro, kaffeehaus, cafeteria, in a café, im café, au café, カフェ, 咖啡馆, bakery, bar counter, restaurant table
gym: gym, fitness studio, fitness center, fitnessstudio, gimnasio, palestra, academia, workout
stage: stage, concert, spotlight, theatre, theater, podium stage, bühne, scène, escenario, palco, disco, club, festival
christmas: jul, boże narodzenie, christmas, xmas, weihnachten, weihnachtlich, noël, navidad, natale, natal, クリスマス, 圣诞节, 圣诞, christmas scene, holiday season
halloween: halloween, spooky, haunted, ハロウィン, 万圣节
wood: wooden table, wooden background, wooden surface, wood table, holztisch, rustic table, table en bois, mesa de madera
marble: marble, marble surface, marble table, marble countertop, marmor
party: baby shower, bridal shower, party, birthday, birthday party, celebration, confetti, new year, geburtstag, anniversaire, cumpleaños, fiesta, compleanno, aniversário, 誕生日, 生日, jubiläum, anniversary
""")
)
TIMES: Mapping[str, str] = MappingProxyType(
    _table("""
night: night sky, nocą, natt, ночь, ночью, 밤, jazz evening, night, at night, nighttime, midnight, evening, moonlit, nacht, bei nacht, nachts, abend, nuit, la nuit, noche, de noche, notte, di notte, noite, à noite, 夜, 夜晚, 晚上, neon lights
sunset: sunset, dusk, golden hour, twilight, sonnenuntergang, coucher de soleil, atardecer, puesta de sol, tramonto, pôr do sol, 夕日, 日落, 夕焼け, at sunset
sunrise: sunrise, dawn, morning, early morning, sonnenaufgang, morgen, lever du soleil, amanecer, alba, amanhecer, 朝, 日出
day: day, daytime, noon, sunny, sunny day, bright, sunlight, sonnig, ensoleillé, soleado, soleggiato, 昼, 白天
""")
)
WEATHERS: Mapping[str, str] = MappingProxyType(
    _table("""
snow: snön, i snön, sneen, śnieg, w śniegu, снег, в снегу, snow, snowy, snowing, in the snow, schnee, im schnee, verschneit, neige, sous la neige, nieve, neve, 雪, 雪の中, snowfall
rain: rain, rainy, raining, in the rain, regen, im regen, pluie, sous la pluie, lluvia, pioggia, chuva, 雨, storm, stormy
fog: fog, foggy, misty, mist, nebel, brume, niebla, nebbia, 霧
""")
)
SEASONS: Mapping[str, str] = MappingProxyType(
    _table("""
winter: winter, wintry, winterlich, hiver, en hiver, invierno, inverno, 冬, 冬天, icy, frozen
autumn: autumn, fall season, fall, autumnal, herbst, herbstlich, automne, otoño, autunno, outono, 秋, 秋天
spring: spring, springtime, frühling, printemps, primavera, 春, 春天, cherry blossoms, easter, ostern
summer: summer, summery, summertime, sommer, sommerlich, été, verano, estate, verão, 夏, 夏天, tropical
""")
)
STYLES: Mapping[str, str] = MappingProxyType(
    _table("""
pastel: pastel, pastels, soft colours, soft colors, pastell, pastellfarben, pastellfarbenen, pastellhintergrund, pasteles, pastello, pastelli, パステル, 粉彩, pastel-coloured, pastel background, fond pastel, fondo pastel, sfondo pastello, fundo pastel
vivid: vivid, vibrant, bold, colourful, colorful, bright colours, bright colors, bunt, coloré, colorido, colorato
dark: dark, moody, dramatic, dunkel, sombre, oscuro, scuro, escuro, black background, dark background, dark mode
mono: black and white, black-and-white, b&w, monochrome, greyscale, grayscale, schwarzweiß, noir et blanc, blanco y negro, bianco e nero
neon: neon, cyberpunk, synthwave, glowing, neon sign, neon light, neon style, leuchtreklame, néon, neón, ネオン, 霓虹
outline: line icon, line icons, outline icon, outline icons, outlined icon, outlined icons, line icon set, outline icon set, linien-icons, icônes au trait, iconos de línea, icone lineari, outline, outlined, line art, lineart, line-art, line drawing, one-line drawing, one line drawing, one-line, continuous line, single line, linework, contour, coloring page, colouring page, coloring book, colouring book, ausmalbild, strichzeichnung, linienzeichnung, umriss, dessin au trait, ligne claire, arte lineal, dibujo lineal, disegno al tratto, desenho de linha, lijntekening, kleurplaat, 線画, 线稿, 线描
sketch: hand-drawn, hand drawn, handdrawn, doodle, doodles, sketchy, ink drawing, felt pen, crayon, handgezeichnet, gezeichnet, gekritzel, dessiné à la main, dibujado a mano, disegnato a mano, desenhado à mão, 手描き, 手绘
pencil: pencil sketch, pencil drawing, sketch, charcoal drawing, graphite, bleistiftzeichnung, skizze, croquis, boceto, schizzo, esboço, schets, szkic, 鉛筆画, 素描
comic: comic, comic style, comic book, pop art, pop-art, manga, anime, graphic novel, comicstil, bande dessinée, historieta, fumetto, quadrinhos, strip, komiks, 漫画, アニメ
papercut: paper cut, papercut, paper-cut, cut paper, layered paper, layered paper art, paper art, paper cut style, paper craft, papercraft, kirigami, origami, collage, scherenschnitt, papierschnitt, papier découpé, style papier découpé, papel recortado, carta ritagliata, papel cortado, papierkunst, 切り絵, 剪纸
watercolour: watercolour, watercolor, water colour, water color, watercolour painting, watercolor painting, aquarelle, gouache, painted, painterly, aquarell, aquarelle, acuarela, acquerello, aquarela, aquarel, akwarela, 水彩, 水彩画
print: risograph, riso, riso print, risograph print, screen print, screenprint, screen-print, silkscreen, silk screen, vintage print, vintage screen print, vintage, linocut, woodcut, lithograph, letterpress, halftone, pochoir, pochoir print, stencil, stencil graffiti, stencil art, siebdruck, schablone, sérigraphie, serigrafía, serigrafia, zeefdruk, スクリーンプリント, 版画, 丝网印刷, 复古
blueprint: blueprint, blueprints, technical drawing, schematic, bauplan, blaupause, plan technique, plano técnico, disegno tecnico, 青写真, 设计图, 蓝图
isometric: isometric, isometric view, isometrisch, isométrique, isométrico, isometrica, isometrico, 等角, アイソメトリック, 等距
duotone: duotone, duo-tone, two-tone, two tone, duoton, bicolore, bitono
full: 3d, 3-d, rich, rich detail, richly detailed, shaded, with shading, soft shading, volumetric, rendered in 3d, 3d style, 3d illustration, 3d icon style, three-dimensional, glossy, shiny, clay, claymation, plasticine, detailed, highly detailed, detailed illustration, detailed drawing, 3d render, render, rendered, realistic, photorealistic, photo-realistic, glänzend, detailliert, fotorealistisch, realistisch, brillant, réaliste, photoréaliste, brillante, realista, fotorrealista, lucido, dettagliato, realistico, fotorealistico, 立体, リアル, 写実的, 写实
pixel: pixel art, pixel-art, pixelart, pixelated, 8-bit, 8 bit, 16-bit, retro game, pixel, pixels art, ピクセルアート, ドット絵, 像素, 像素画
romantic: romantic, valentine, valentines, valentine's, valentine's day, valentines day, wedding, valentinstag, hochzeit, saint-valentin, mariage, san valentín, boda, san valentino, matrimonio, dia dos namorados, casamento, 情人节, 婚礼, バレンタイン, mother's day, mothers day, muttertag, fête des mères, día de la madre, festa della mamma, dia das mães
luxury: luxury, luxurious, premium, elegant, elegante, edel, sophisticated, high-end, luxe, lujo, lusso
minimal: limpio, pulito, 简约, ミニマル, minimal, minimalist, minimalistic, simple, clean, minimalistisch, minimaliste, minimalista
retro: retro, seventies, 70s, 80s, mid-century
podium: podium, pedestal, plinth, podest, podio
natural: rustic, natural, organic, eco, eco-friendly, sustainable, earthy, bio, boho, naturel
playful: playful, fun, cute, kawaii, kids, kids', children's, verspielt, süß, mignon, lindo, かわいい, 可爱, cartoon
warm: warm, cosy, cozy, gemütlich, chaleureux, acogedor, accogliente, warm light
cool: fresh, crisp, frisch, frais, fresco
flat: flat, flat design, flat illustration, flat style, vector, vector art, flach, plat, plano, piatto, vlak, płaski, フラット, 扁平
""")
)
_LAYOUTS: dict[Layout, str] = {
    "product": "flat lay, product shot, product shots, product photo, product photos, product image, product images, product picture, product pictures, product photography, packshot, packshots, produktfoto, produktfotos, produktbild, produktbilder, photo de produit, photo produit, photos de produit, photos produit, foto de producto, fotos de producto, foto del producto, foto di prodotto, foto prodotto, foto do produto, foto de produto, 商品写真, 产品图, 产品照片, hero shot, hero image, e-commerce, ecommerce, shop photo, catalog photo, catalogue photo, studio shot, product",
    "poster": "linkedin post, facebook post, webinar announcement, announcement, job ad, menu cover, podcast cover, menu, quote card, quote, affisch, плакат, plakat, 포스터, back to school flyer, poster, posters, flyer, flyers, plakat, affiche, cartel, póster, locandina, manifesto, cartaz, ポスター, 海报, ad, ads, advert, advertisement, campaign image, social post, instagram post, social media post, story, instagram story, cover, book cover, album cover, announcement post, invitation, einladung, invito, invitación",
    "icons": "line icons, outline icons, line icon set, outline icon set, outlined icons, linien-icons, icônes au trait, iconos de línea, icone lineari, icon set, icons, set of icons, icon-set, iconset, symbole, icônes, iconos, icone, ícones, アイコンセット",
    "icon": "line icon, outline icon, outlined icon, icon, app icon, favicon, symbol, icône, icono, icona, ícone, アイコン, 图标",
    "logo": "logo, logos, logo design, logotype, brand mark, emblem, badge, wordmark, logotipo, ロゴ, 标志, 徽标, 로고, логотип, crest",
    "storyboard": "storyboard, story board, story-board, comic strip, four panels, three panels, panels, image sequence, bildergeschichte, scénarimage, guion gráfico, 絵コンテ, 分镜",
    "card": "geburtstagskarte, weihnachtskarte, einladungskarte, valentine card, valentine's day card, mother's day card, carte d'anniversaire, tarjeta de cumpleaños, biglietto di auguri, card, greeting card, birthday card, postcard, karte, grußkarte, postkarte, carte, tarjeta, cartolina, biglietto, cartão, カード, 贺卡, gift card, voucher, gutschein",
    "banner": "banner, web banner, header, header image, website header, hero banner, cover image, thumbnail, youtube thumbnail, bannière, cabecera, バナー, 横幅, newsletter header, email header",
    "avatar": "avatar, avatars, profile picture, profile pic, profile image, profilbild, photo de profil, foto de perfil, foto profilo, アバター, 头像, portrait, mascot",
    "pattern": "pattern, seamless pattern, seamless tile, seamless, wallpaper, wrapping paper, muster, motif, patrón, motivo, padrão, パターン, 图案, tile, print pattern, background pattern",
    "sticker": "emoji, emote, sticker, stickers, aufkleber, autocollant, pegatina, adesivo, ステッカー, 贴纸, sticker sheet, decal",
    "mockup": "mockup, mock-up, mock up, mockups, mock-ups, モックアップ, 样机",
}
LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {word.strip(): layout for layout, listed in _LAYOUTS.items() for word in listed.split(",")}
)
BACKDROPS = frozenset(
    """background backdrop backgrounds wall hintergrund hintergrund. fond fondo sfondo fundo achtergrond surface gradient studio
    背景 sweep seamless canvas""".split()
)
NEGATIVES = frozenset(
    "no without not ohne kein keine keinen keiner sans pas sin ningún ninguna senza nessun nessuna sem nenhum nenhuma zonder geen never bez utan uden excluding exclude avoid без".split()
) | frozenset(
    (
        "leave out",
        "leaving out",
        "do not include",
        "don't include",
        "do not show",
        "don't show",
        "do not add",
        "don't add",
        "do not use",
        "don't use",
        "free of",
        "must not contain",
        "keep out",
        "instead of",
        "rather than",
        "no visible",
        "no more",
        "not any",
        "pas de",
        "pas d",
        "nicht zeigen",
    )
)
ABSENT = frozenset(
    "text texts words letters lettering typography logo logos watermark watermarks shadow shadows background frame frames border borders people person persons humans human faces face hands hand clutter blur props brands branding schrift schatten logos rahmen menschen personen texte lettres personnes ombre ombres logo texto letras personas sombra sombras testo scritte persone ombra pessoas tekst mensen schaduw".split()
)
"""Words that say what a picture must lack, though they name nothing to draw by themselves."""
BIG = frozenset(
    "big large huge giant enormous oversized gross groß große großer großes grosse grand grande grandes gigante riesig riesige énorme enorme 大きな 大きい 大".split()
)
SMALL = frozenset(
    "small tiny little mini miniature klein kleine kleiner kleines petit petite petits petites pequeño pequeña piccolo piccola pequeno pequena 小さな 小さい 小".split()
)
MATERIALS: Mapping[str, str] = MappingProxyType(
    _table("""
#a9713f: wooden, oak, walnut, hölzerner, hölzerne, hölzernes, en bois, de madera, in legno, de madeira, 木製の, 木制
#8a5a3b: leather, leder, en cuir, de cuero, in pelle, de couro, 革の, 皮革
#a3adb8: metal, metallic, steel, stainless steel, aluminium, aluminum, iron, chrome, metall, en métal, de metal, in metallo
#e9e2d6: ceramic, porcelain, clay pot, keramik, en céramique, de cerámica, in ceramica
#e6dccb: cotton, linen, canvas, wool, woollen, knitted, baumwolle, leinen, en coton, de algodón, in cotone
#d9b36b: bamboo, rattan, wicker, straw, bambus
#a9d8e8: glass
#a7a7a3: concrete, stone, granite, beton, stein
""")
)
"""Material -> the colour it gives to a thing that has none of its own."""
PALETTE_WORDS = frozenset("palette colours colors farben couleurs colores colori cores".split())

SILENT = frozenset(
    """
a an the of and or with for to from our your my their his her its this that these those is are was be being been as at into it we us you they he she i
new fresh-baked nice beautiful pretty good great best lovely stunning amazing perfect gorgeous cool awesome modern stylish trendy classic
photo photos photograph photographs picture pictures image images shot shots   drawing drawings illustration illustrations painting artwork art graphic graphics visual visuals
calm quiet serious chill fancy ancient mediterranean slow long empty fluffy spicy sour salty
show shows showing shown create make generate design draw depict featuring feature want need please can would like give me square portrait-format landscape landscape-format vertical horizontal wide tall round
high quality resolution  detail hd 4k 8k ultra sharp focus lighting light lit soft softly softbox shadow shadows camera-angle angle view close-up closeup close up top-down overhead front side back
centered centred center centre centrally middle composition lots very really so just only also some any each every other another different various same several-variants variants variations variation versions version
style styled look looking feel mood vibe theme themed inspired colour color coloured colored tone tones background backdrop set sets series collection professional commercial advertising brand branding
sitting standing lying walking running flying holding wearing eating playing sleeping smiling jumping looking going resting placed floating surrounded filled made
launch launching sale offer discount shop store online website page blog article post social media instagram facebook linkedin twitter tiktok pinterest email newsletter campaign marketing seasonal
text words word title headline caption tagline slogan saying says reads reading written lettering typography says: label labelled labeled
 cinematic studio-quality editorial lifestyle
der die das den dem des ein eine einen einem einer und oder mit für von vom zu zum zur aus im am ist sind unser unsere unserem unseren unserer neue neuer neues neuen bild bilder foto fotos zeige mach erstelle bitte schön schöne quadratisch quadratische vor drei-fotos in bei
le la les l un une des du de et ou avec pour dans en au aux ce cette ces notre nos votre mon ma nouveau nouvelle nouvelles nouveaux image images photo photos montre fais crée belle beau joli jolie s'il vous plaît carré carrée carrées d
el los las unos unas del y o con para por en al este esta nuestro nuestra nuestros nuestras nuevo nueva nuevos nuevas imagen imágenes foto fotos haz crea bonito bonita cuadrada cuadradas cuadrado que
il lo gli i uno una dei delle della dello degli e ed o con per nel nella nello su sul sulla del di da al alla nostro nostra nostre nostri nuovo nuova nuove nuovi immagine immagini quadrate quadrata
o os as um uma uns umas do da dos das e ou com para por no na nos nas ao à nosso nossa nossos nossas novo nova novos novas imagem imagens quadrada quadradas
het een van met voor op onze nieuwe foto afbeelding en
for no-one there here where when while what which who whose than then them up down out off over-the about around through across between-the
person-free big-picture full body full-body half isolated transparent seamless-white white-balance clear clearly visible large-format sized size sizes
png jpg jpeg webp svg pixels px x
something anything thing things stuff item items object objects
happy sad smiling angry funny sweet friendly young old tiny-bit
left right top bottom corner side
of-the in-the
not no
must should could may might will shall do does did has have had get got put
three-quarter  2d   drawn simple-style
better best tomorrow-s future doing playing making using working toys products skincare-products vegan vegetarian japanese italian french german spanish mexican american wooden metal leather ceramic cotton linen woollen handmade homemade tasty delicious healthy artisan local organic-cotton trail golden-retriever minimal-style  adult female male people-free several-people month week today tomorrow year monday friday weekend
percent print prints makes make dream find finds plays sleep sleeps runs walks eats drinks brings meets flies goes scene leave food steel stainless hanging gaming serving having village-like quote menu webinar travel pet visit customer customers support job jobs work working-from remote data company businesses business
class classes checkout breakfast lunch laughing sign signs strap straps art-style play computing guide tips ways agency startup solution solutions service services app apps website edition arrival arrivals festive special season times
energy news ready coming soon free small-business teams panel layered layers paper cut old-fashioned atmosphere light-bulbs
bordo och med på w na i z ze и на в с со у 的 有 上 中 在 里 の に は を と が で
""".split()
)
"""Words that ask for no thing of their own: articles, verbs, praise, words about the picture itself."""

LANGUAGE_HINTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "de": frozenset("der die das den dem ein eine einen einem und mit auf für von im am ist unser unsere unserem neuer neue vor zwei drei bild foto ohne über unter neben hintergrund zum zur".split()),
        "fr": frozenset("le la les un une des du et avec pour dans sur au aux notre nos de trois deux fond sans rouge photo d'un d'une l' est à".split()),
        "es": frozenset("el la los las un una unos unas del y con para sobre en nuestro nuestra nuestras de tres dos fondo sin foto al".split()),
        "it": frozenset("il lo la gli i un una uno dei delle e con per su nel nella di nostre nostra tre due sfondo senza foto del".split()),
        "pt": frozenset("o a os as um uma do da dos e com para sobre no na nosso nossa de três dois duas fundo sem foto em".split()),
        "nl": frozenset("de het een en met op voor van onze drie twee achtergrond zonder foto in".split()),
        "pl": frozenset("i z na w do jest nasz nowy trzy dwa tło bez zdjęcie".split()),
        "sv": frozenset("en ett och med på för vår av tre två bakgrund utan bild".split()),
        "da": frozenset("en et og med på for vores af tre to baggrund uden billede".split()),
        "en": frozenset("the a an of on with and in our for at to is three two background without photo".split()),
    }
)  # fmt: skip
