"""Other styles of the archive's drawings: a fuller one with light and shadow, and line icons, each by the flat one's name."""

# ruff: noqa: E501, SIM905 - tables read better in long lines

from __future__ import annotations

import json
import re
import tarfile
from typing import Any

from sources import SOURCES

FULLER, LINES = "fluent-emoji", "tabler"
_DECIMALS = re.compile(r"(\.\d\d)\d+")
_PAINT = re.compile(r'\s(?:fill|stroke|stroke-linecap|stroke-linejoin|stroke-width)="[^"]*"')
_OTHER_SENSE = frozenset(
    "bat seal nail crane orange palm mint ring mouse fan iron match plug bolt drop track plate shell stool cricket bug belt crown card "
    "letter bow goal table frame label pin medal ticket scale check key-off star-off".split()
)
"""Names of line icons that mean something else than our drawing of that name; LINE names the right one where there is one."""
LINE = {
    "ring": "diamond", "fan": "car-fan", "iron": "ironing-3", "electric-plug": "plug", "red-heart": "heart", "locked": "lock", "label": "tag",
    "house": "home", "office-building": "building", "skyscraper": "building-skyscraper", "smartphone": "device-mobile", "laptop": "device-laptop",
    "desktop-computer": "device-desktop", "tablet": "device-tablet", "television": "device-tv", "smartwatch": "device-watch", "watch": "device-watch",
    "gear": "settings", "chart-increasing": "chart-line", "bar-chart": "chart-bar", "envelope": "mail", "wrapped-gift": "gift", "package": "package",
    "automobile": "car", "delivery-truck": "truck", "bicycle": "bike", "airplane": "plane", "sailboat": "sailboat", "ship": "ship", "train": "train",
    "bus": "bus", "camera": "camera", "headphone": "headphones", "microphone": "microphone", "musical-notes": "music", "light-bulb": "bulb",
    "magnifying-glass-tilted-left": "search", "speech-balloon": "message-circle", "shopping-cart": "shopping-cart", "shopping-bags": "shopping-bag",
    "credit-card": "credit-card", "wallet": "wallet", "coin": "coin", "calendar": "calendar", "clipboard": "clipboard", "closed-book": "book",
    "open-book": "book-2", "books": "books", "notebook": "notebook", "pencil": "pencil", "pen": "ballpen", "paintbrush": "brush", "scissors": "scissors",
    "hammer": "hammer", "wrench": "tool", "toolbox": "briefcase-2", "briefcase": "briefcase", "luggage": "luggage",
    "backpack": "backpack", "umbrella": "umbrella", "sunglasses": "sunglasses", "glasses": "eyeglass", "tee": "shirt", "shirt": "shirt",
    "sneaker": "shoe", "socks": "sock", "crown": "crown", "coffee": "coffee", "mug": "mug", "wine-bottle": "bottle",
    "water-bottle": "bottle", "wine-glass": "glass-full", "beer-mug": "beer", "glass-of-water": "glass", "milk-carton": "milk", "glass-of-milk": "milk",
    "red-apple": "apple", "lemon": "lemon", "carrot": "carrot", "hot-pepper": "pepper", "mushroom": "mushroom", "brown-mushroom": "mushroom",
    "bread": "bread", "cheese-wedge": "cheese", "egg": "egg", "pizza": "pizza", "hamburger": "burger", "birthday-cake": "cake", "cookie": "cookie",
    "soft-ice-cream": "ice-cream", "popsicle": "ice-cream-2", "candy": "candy", "fork-and-knife": "tools-kitchen-2",
    "steaming-bowl": "soup", "bowl-with-spoon": "bowl-spoon", "green-salad": "salad", "meat-on-bone": "meat", "fish": "fish", "cat": "cat", "dog": "dog",
    "pig": "pig", "horse": "horse", "deer": "deer", "spider": "spider", "butterfly": "butterfly", "deciduous-tree": "tree",
    "evergreen-tree": "trees", "christmas-tree": "christmas-tree", "cactus": "cactus", "potted-plant": "plant-2", "leaf-fluttering-in-wind": "leaf",
    "hibiscus": "flower", "bouquet": "flower", "seedling": "seedling", "sun": "sun", "full-moon": "moon", "crescent-moon": "moon", "star": "star",
    "cloud": "cloud", "snowflake": "snowflake", "droplet": "droplet", "fire": "flame", "high-voltage": "bolt", "rainbow": "rainbow", "tornado": "tornado",
    "globe-showing-europe-africa": "world", "world-map": "map", "compass": "compass", "anchor": "anchor", "tent": "tent", "campfire": "campfire",
    "rocket": "rocket", "robot-standing": "robot", "ghost": "ghost", "skull": "skull", "person-standing": "user", "man-standing": "man",
    "woman-standing": "woman", "child-standing": "mood-kid", "handshake": "heart-handshake", "thumbs-up": "thumb-up",
    "trophy": "trophy", "1st-place-medal": "medal", "bullseye": "target", "soccer-ball": "ball-football", "basketball": "ball-basketball",
    "tennis": "ball-tennis", "volleyball": "ball-volleyball", "baseball": "ball-baseball", "bowling": "bowling", "dumbbell": "barbell",
    "musical-keyboard": "piano", "puzzle-piece": "puzzle", "video-game": "device-gamepad-2",
    "balloon": "balloon", "confetti-ball": "confetti", "bell": "bell", "megaphone": "speakerphone", "key": "key", "shield": "shield", "battery": "battery",
    "printer": "printer", "server": "server", "router": "router", "microchip": "cpu", "usb-stick": "usb", "drone": "drone", "vr-headset": "badge-vr",
    "calculator": "calculator", "sofa": "sofa", "armchair": "armchair", "bed": "bed", "bathtub": "bath", "door": "door", "window": "window",
    "floor-lamp": "lamp-2", "table-lamp": "lamp", "pendant-lamp": "lamp", "candle": "candle", "fence": "fence", "ladder": "ladder", "stairs": "stairs",
    "refrigerator": "fridge", "microwave": "microwave", "washing-machine": "wash-machine", "vacuum-cleaner": "vacuum-cleaner", "trash-bin": "trash",
    "wastebasket": "trash", "bucket": "bucket", "shovel": "shovel", "razor": "razor", "perfume": "perfume", "pill": "pill", "syringe": "vaccine",
    "stethoscope": "stethoscope", "first-aid-kit": "first-aid-kit", "microscope": "microscope", "telescope": "telescope", "magnet": "magnet",
    "test-tube": "test-pipe", "dna": "dna", "tooth": "dental", "brain": "brain", "eye": "eye", "ear": "ear", "anatomical-heart": "heartbeat",
    "wall-clock": "clock", "alarm-clock": "alarm", "hourglass-not-done": "hourglass", "stopwatch": "stopwatch", "factory": "building-factory-2",
    "shop": "building-store", "hospital": "building-hospital", "bank": "building-bank", "church": "building-church", "castle": "building-castle",
    "lighthouse": "building-lighthouse", "bridge": "building-bridge", "wind-turbine": "windmill",
    "warehouse": "building-warehouse", "solar-panel": "solar-panel", "ev-charger": "charging-pile", "fuel-pump": "gas-station", "traffic-light": "traffic-lights",
    "qr-code": "qrcode", "piggy-bank": "pig-money", "money-bag": "moneybag", "dollar-banknote": "cash", "receipt": "receipt", "ticket": "ticket",
    "balance-scale": "scale", "newspaper": "news", "page-facing-up": "file-text", "file-folder": "folder", "paperclip": "paperclip", "pushpin": "pin",
    "straight-ruler": "ruler", "sticky-note": "note", "whiteboard": "presentation", "business-card": "id", "identification-card": "id-badge",
    "play-button": "player-play", "check-mark-button": "checkbox", "wireless": "wifi", "triangular-flag": "flag", "gem-stone": "diamond",
    "parachute": "parachute", "helicopter": "helicopter", "tractor": "tractor", "forklift": "forklift",
    "motorcycle": "motorbike", "kick-scooter": "scooter", "skateboard": "skateboard", "submarine": "submarine", "ambulance": "ambulance",
    "fire-engine": "firetruck", "camper-van": "caravan", "hot-air-balloon": "air-balloon", "excavator": "backhoe", "building-construction": "crane",
    "satellite": "satellite", "radio": "radio", "vinyl-record": "vinyl", "record-player": "vinyl", "earbuds": "device-airpods",
    "smart-speaker": "device-speaker", "security-camera": "device-cctv", "computer-mouse": "mouse", "keyboard": "keyboard", "telephone": "phone",
    "adhesive-bandage": "bandage", "paint-roller": "paint", "artist-palette": "palette", "axe": "axe",
    "bow-tie": "bow", "necktie": "tie", "coat": "jacket", "bus-stop": "bus-stop", "ferry": "ferry",
    "cherries": "cherry", "bone": "bone", "paw-prints": "paw",
    "graduation-cap": "school", "woman-cook": "chef-hat", "magic-wand": "wand", "link": "link",
}  # fmt: skip
"""Drawing -> line icon, where the names differ or the sense must be settled."""


def read(package: tarfile.TarFile, path: str) -> Any:
    member = package.extractfile(f"package/{path}")
    assert member is not None, path
    return json.loads(member.read())


def fuller(packages: dict[str, tarfile.TarFile], nouns: set[str]) -> dict[str, str]:
    """Drawing -> markup with light and shadow, in the same square, for what the reviewed nouns name. Two decimals do."""
    icons = read(packages[SOURCES[FULLER]["package"]], "icons.json")["icons"]
    return {name: _DECIMALS.sub(r"\1", icons[name]["body"]) for name in sorted(nouns) if name in icons}


def lines(packages: dict[str, tarfile.TarFile], nouns: set[str]) -> dict[str, str]:
    """Drawing -> the shapes of its line icon, without paint, in a square of 24 units."""
    icons = read(packages[SOURCES[LINES]["package"]], "icons.json")["icons"]
    chosen = {name: LINE.get(name, name) for name in nouns if name in LINE or name not in _OTHER_SENSE}
    return {
        name: re.sub(r"</?g[^>]*>", "", _PAINT.sub("", icons[icon]["body"]))
        for name, icon in sorted(chosen.items())
        if icon in icons and 'fill="currentColor"' not in icons[icon]["body"]
    }
