"""Contact sheets of the built-in illustrator: prompts of the kind that marketing and product teams write, to be looked at.

python -m bench.sheets [--out build/sheets] [--quality medium] [--edge 480]
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from PIL import Image

from pochoir.engines.builtin.illustrate import Job, illustrate, seed_of

PROMPTS = """
Product shot of our new sneaker on a pastel background
Studio photo of a white sneaker, mint background
Three perfume bottles on a pink background, luxury
Product photo of a green water bottle on a podium, minimalist
A scented candle on a wooden table, warm light, autumn
Serum bottle and cream jar on marble, natural skincare
Black headphones on a lilac background
A yellow backpack in the mountains
Hoodie in navy blue, packshot, white background
Two mugs and a croissant in a café
Poster "SUMMER SALE" with two purple umbrellas and a palm tree on the beach
Instagram post "Now hiring" with a rocket, vivid colours
Banner "New season, new shoes" "Free shipping this week" with a red sneaker
Birthday card "Happy Birthday" with a cake and five balloons
Christmas card "Season's greetings" with a fir tree and three gifts
Halloween party invitation "Boo!" with two pumpkins and a ghost
App icon with a rocket, blue
Icon set: rocket, chart, lock, heart, bell, gear, star, key, envelope
Avatar of a fox with a mint background
Seamless pattern of lemons and leaves
Sticker of a cute cat
Sticker of a taco "Let's taco bout it"
Mock-up of a phone with a green apple "Fresh"
Mockup of a tote bag with a sunflower
A dog next to a red bicycle in the park in spring
A purple cat to the left of a red apple
Four blue birds over a house in autumn
A fox and an owl in the snow
Red car and green bus in the city at night
A laptop and a coffee cup on a desk in the office
A sofa with a lamp and a plant in the living room
Astronaut and rocket in space "TO THE MOON"
A sailboat on the sea at sunset
Two tropical fish and an octopus under water
A tent and a campfire in the forest at night
A camel in the desert at sunset
Burger and fries, retro poster "Tasty Tuesday"
A woman doing yoga on the beach at sunrise
Three dumbbells in a gym
A microphone on a stage "Live tonight"
Ein roter Turnschuh auf mintgrünem Hintergrund
Un chat noir sur un canapé vert
Tres globos amarillos y un perro en el parque
Una bicicletta rossa sulla spiaggia al tramonto
Um abacaxi amarelo em fundo rosa
パステル背景の赤いスニーカー
一只黑色的猫和三个苹果
A flibbertigibbet next to a brown dog
Innovation and trust for a better tomorrow
"Less, but better."
A cat on a table
A ball under a chair
A blue bench and a white bear
A dozen eggs in a basket, kitchen
Twenty red roses
A bottle of wine, two glasses and cheese, rustic
Smartphone on a #ffd166 background
Wireless earbuds, neon style
An orange orange next to a yellow banana
Our new espresso machine in a kitchen
""".strip().splitlines()


def sheet(prompts: list[str], quality: str, edge: int, columns: int = 5) -> Image.Image:
    """One picture per prompt, left to right."""
    rows = -(-len(prompts) // columns)
    page = Image.new("RGB", (columns * edge, rows * edge), "#7f7f7f")
    for number, prompt in enumerate(prompts):
        width, height = (edge * 3 // 2, edge) if "anner" in prompt else (edge, edge)
        data, said = illustrate(Job(prompt, width, height, quality, False, "png", None, seed_of(prompt, width, height)))
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        picture.thumbnail((edge - 4, edge - 4))
        page.paste(picture, (number % columns * edge, number // columns * edge))
        print(f"{number:3d}  {prompt[:60]:60s} {said}")
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build/sheets"))
    parser.add_argument("--quality", default="medium", choices=["low", "medium", "high"])
    parser.add_argument("--edge", type=int, default=320)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for number, start in enumerate(range(0, len(PROMPTS), 20), start=1):
        path = given.out / f"sheet-{number}.png"
        sheet(PROMPTS[start : start + 20], given.quality, given.edge).save(path)
        print(path)


if __name__ == "__main__":
    main()
