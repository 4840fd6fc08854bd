"""Which drawings of the archive a person would call by the name of each COCO class. The judge's own table."""
# ruff: noqa: E501 - a table reads better in long lines

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pochoir.engines.builtin import archive

DRAWINGS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "person": ("person-standing", "man-standing", "woman-standing", "person-walking", "man-walking", "woman-walking"),
    "bicycle": ("bicycle",), "car": ("automobile", "sport-utility-vehicle", "racing-car"),
    "motorcycle": ("motorcycle",), "airplane": ("airplane", "small-airplane"), "bus": ("bus", "minibus", "trolleybus"),
    "train": ("train", "high-speed-train", "bullet-train", "locomotive"),
    "truck": ("delivery-truck", "articulated-lorry", "pickup-truck"), "boat": ("sailboat", "speedboat", "motor-boat", "canoe"),
    "traffic light": ("traffic-light",), "fire hydrant": ("fire-hydrant",), "stop sign": ("stop-sign",),
    "parking meter": ("parking-meter",), "bench": ("bench",), "bird": ("bird", "blackbird", "dove"), "cat": ("cat", "black-cat"),
    "dog": ("dog", "guide-dog", "poodle"), "horse": ("horse",), "sheep": ("ewe", "ram"), "cow": ("cow", "ox"),
    "elephant": ("elephant",), "bear": ("bear-seated", "bear", "polar-bear"), "zebra": ("zebra",), "giraffe": ("giraffe",),
    "backpack": ("backpack",), "umbrella": ("umbrella", "closed-umbrella", "umbrella-on-ground"),
    "handbag": ("handbag", "purse", "clutch-bag"), "tie": ("necktie",), "suitcase": ("luggage",), "frisbee": ("flying-disc",),
    "skis": ("skis",), "snowboard": ("snowboard",), "sports ball": ("soccer-ball", "basketball", "volleyball", "baseball", "american-football"),
    "kite": ("kite",), "baseball bat": ("baseball-bat",), "baseball glove": ("baseball-glove",), "skateboard": ("skateboard",),
    "surfboard": ("surfboard",), "tennis racket": ("tennis",), "bottle": ("water-bottle", "wine-bottle", "lotion-bottle"),
    "wine glass": ("wine-glass",), "cup": ("mug", "hot-beverage", "paper-cup", "coffee"), "fork": ("fork", "fork-and-knife"),
    "knife": ("kitchen-knife", "knife"), "spoon": ("spoon",), "bowl": ("bowl-with-spoon", "bowl"), "banana": ("banana",),
    "apple": ("red-apple", "green-apple"), "sandwich": ("sandwich",), "orange": ("tangerine",), "broccoli": ("broccoli",),
    "carrot": ("carrot",), "hot dog": ("hot-dog",), "pizza": ("pizza",), "donut": ("doughnut",), "cake": ("birthday-cake", "shortcake"),
    "chair": ("chair", "armchair"), "couch": ("sofa",), "potted plant": ("potted-plant",), "bed": ("bed",),
    "dining table": ("dining-table", "table"), "toilet": ("toilet",), "tv": ("television",), "laptop": ("laptop",),
    "computer mouse": ("computer-mouse",), "tv remote": ("tv-remote",), "computer keyboard": ("keyboard",),
    "cell phone": ("smartphone", "mobile-phone"), "microwave": ("microwave",), "oven": ("oven",), "toaster": ("toaster",),
    "sink": ("sink",), "refrigerator": ("refrigerator",), "book": ("closed-book", "open-book", "blue-book", "green-book", "orange-book"),
    "clock": ("wall-clock", "mantelpiece-clock", "alarm-clock"), "vase": ("vase", "amphora"), "scissors": ("scissors",),
    "teddy bear": ("teddy-bear",), "hair drier": ("hair-drier",), "toothbrush": ("toothbrush",),
})  # fmt: skip

APART: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "laptop": ("#26c9fc",), "sailboat": ("#00a6ed",), "necktie": ("#5092ff", "#26eafc", "#f4f4f4", "#d3d3d3"),
})  # fmt: skip
"""Colours of a drawing that nobody names the thing by: what a screen shows, the water under a boat, the shirt of a tie."""


def drawings_of(name: str) -> tuple[str, ...]:
    """The drawings of a class that the archive has; none for a class that is not in the table."""
    return tuple(known for known in DRAWINGS.get(name, ()) if archive.has(known))
