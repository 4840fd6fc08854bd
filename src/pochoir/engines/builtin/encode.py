"""The rendered PNG in the format asked for; SVG stays as it is."""

from __future__ import annotations

import io

MIME = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "svg": "image/svg+xml"}


def encode(png: bytes, output_format: str, compression: int | None) -> bytes:
    """Turn PNG bytes into `png`, `jpeg` or `webp`. `compression` is the API's 0..100, taken as quality; PNG ignores it."""
    if output_format == "png":
        return png
    from PIL import Image

    picture = Image.open(io.BytesIO(png))
    packed = io.BytesIO()
    quality = 92 if compression is None else max(1, compression)
    if output_format == "jpeg":
        flat = Image.new("RGB", picture.size, "#ffffff")
        flat.paste(picture, mask=picture.getchannel("A"))
        flat.save(packed, "JPEG", quality=quality, subsampling=0 if quality > 85 else 2)
    else:
        picture.save(packed, "WEBP", quality=quality, method=2)
    return packed.getvalue()
