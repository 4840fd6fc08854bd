"""Takes the README's screenshot: a fresh workspace, one tool built from a sentence and run twice, in a real browser.

python -m bench.pictures        (writes docs/images/tool.png)
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from journeys.serving import browsing, serving  # noqa: E402 - the tests know how to serve and to browse

SENTENCE = "Three square product shots of our new sneaker on a pastel background"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server, browsing() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme="light")
        page.goto(server.link)
        page.get_by_label("What should your tool do?").fill(SENTENCE)
        page.get_by_role("button", name="Build it").click()
        page.get_by_role("button", name="Create tool").click()
        page.get_by_role("button", name="Run", exact=True).click()
        page.locator("#run[data-state=succeeded]").wait_for(timeout=60_000)
        page.wait_for_load_state("networkidle")
        target = ROOT / "docs/images/tool.png"
        target.parent.mkdir(exist_ok=True)
        page.screenshot(path=str(target))
        print(target.relative_to(ROOT))


if __name__ == "__main__":
    main()
