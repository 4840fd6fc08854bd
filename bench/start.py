"""What a new installation costs: time to the first page, idle memory, size on disk, what `import pochoir` pulls in.

python -m bench.start            (Linux; the size is of a fresh environment made from requirements/base.lock)
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).parent.parent
POCHOIR = Path(sys.executable).with_name("pochoir")
HEAVY = ("sqlalchemy", "fastapi", "aiohttp", "PIL", "dbos", "pydantic_ai", "openai", "jinja2", "resvg", "alembic")


def first_page() -> tuple[float, float]:
    """Seconds from the command to the whole first page of a new data folder, and idle memory in MB ten seconds later."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        server = subprocess.Popen(
            [str(POCHOIR), "serve", "--port", "0", "--data", folder], stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout is not None
            link = server.stdout.readline().split()[-1]
            with urlopen(link, timeout=10) as page:
                page.read()
            seconds = time.perf_counter() - began
            time.sleep(10)
            status = Path(f"/proc/{server.pid}/status").read_text()
            resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
            return seconds, int(resident.split()[1]) / 1024
        finally:
            server.terminate()
            server.wait(20)


def heavy_imports() -> list[str]:
    """Heavy libraries that `import pochoir` loads."""
    code = f"import json, sys, pochoir; print(json.dumps([n for n in {HEAVY!r} if n in sys.modules]))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return list(json.loads(answer))


def install_size() -> float:
    """MB of a fresh base environment (files as installed, without pip itself)."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "site"
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--disable-pip-version-check"]
        lock = str(ROOT / "requirements/base.lock")
        subprocess.run([*pip, "--require-hashes", "-r", lock, "--target", str(target)], check=True)
        subprocess.run([*pip, "--no-deps", str(ROOT), "--target", str(target)], check=True)
        return sum(path.stat().st_size for path in target.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    times = [first_page() for _ in range(3)]
    seconds, memory = min(times)
    rows = (
        ("first page after `pochoir serve`, best of 3", f"{seconds:.2f} s", f"{seconds / 2:.2f} of the limit of 2 s"),
        ("idle memory", f"{memory:.0f} MB", f"{memory / 200:.2f} of the limit of 200 MB"),
        ("base install", f"{(size := install_size()):.0f} MB", f"{size / 170:.2f} of the limit of 170 MB"),
        ("heavy libraries in `import pochoir`", str(len(heavy := heavy_imports())), ", ".join(heavy) or "none"),
    )
    for name, figure, ratio in rows:
        print(f"{name:45} {figure:>10}   {ratio}")


if __name__ == "__main__":
    main()
