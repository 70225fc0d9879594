"""Look at a report in a real browser: pictures for the docs, and what only a browser can tell.

    python scripts/screenshots.py RUN --out docs/images

Refuses, with exit code 1, a page that asks the network for anything, writes to the console,
scrolls sideways on a phone, or has something to operate that the Tab key does not reach or that
does not show that it has the focus. Needs the package playwright and a Chromium (Debian's).
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
TO_OPERATE = "a[href], button, [tabindex='0']"
FOCUSED = """(what) => {
  const e = document.activeElement, style = getComputedStyle(e);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return [[...document.querySelectorAll(what)].indexOf(e), outlined, e.outerHTML.slice(0, 80)];
}"""
VISIBLE = "(what) => [...document.querySelectorAll(what)].map((e) => e.checkVisibility())"


@dataclass(frozen=True)
class View:
    """A window: its size in CSS pixels, colours, and device pixels for each of them."""

    name: str
    width: int
    height: int
    colours: str
    scale: int = 1


VIEWS = (
    View("desktop-light", 1200, 1680, "light"),
    View("desktop-dark", 1200, 1680, "dark"),
    View("phone-light", 390, 844, "light", scale=2),
    View("phone-dark", 390, 844, "dark", scale=2),
)
PICTURES = {"desktop-light": "report.png", "phone-dark": "report-phone.png"}
"""Views that the docs show, and under which name."""


def browser_path() -> str | None:
    """Return where a Chromium lies; None where there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@contextmanager
def browsing(path: str) -> Iterator[Any]:
    """Start the browser at ``path`` for the ``with`` block."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def faults(browser: Any, page_file: Path, view: View, *, picture: Path | None = None) -> list[str]:
    """Return what is wrong with the page in this view, a line each.

    Args:
        browser: as ``browsing`` gives it.
        page_file: of the report.
        view: window to look through.
        picture: where a picture of the first screen goes, if anywhere.
    """
    address = page_file.resolve().as_uri()
    found: list[str] = []
    context = browser.new_context(
        viewport={"width": view.width, "height": view.height},
        color_scheme=view.colours,
        device_scale_factor=view.scale,
    )
    page = context.new_page()
    page.on("request", lambda asked: asked.url == address or found.append(f"asks {asked.url}"))
    page.on("console", lambda message: found.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: found.append(f"script: {error}"))
    page.goto(address)
    if picture is not None:
        page.screenshot(path=str(picture))
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > view.width:
        found.append(f"is {wide} pixels wide in a window of {view.width}")
    found += _unreached(page)
    context.close()
    return [f"{view.name}: {fault}" for fault in found]


def _unreached(page: Any) -> list[str]:
    """Press Tab through the page; return what it passes by, or leaves without a mark."""
    shown = page.evaluate(VISIBLE, TO_OPERATE)
    wanted = {place for place, visible in enumerate(shown) if visible}
    seen: set[int] = set()
    bare: list[str] = []
    for _ in range(len(wanted)):
        page.keyboard.press("Tab")
        place, marked, about = page.evaluate(FOCUSED, TO_OPERATE)
        seen.add(place)
        if not marked:
            bare.append(f"focus does not show on {about}")
    if wanted - seen:
        bare.append(f"Tab reaches {len(wanted & seen)} of {len(wanted)}")
    return bare


def main() -> int:
    """Look through every view; write the pictures; return 1 where a fault was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder with report.html")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--all", action="store_true", help="a picture of every view")
    given = parser.parse_args()
    path = browser_path()
    if path is None:
        sys.stderr.write(f"there is no browser here: none of {', '.join(BROWSERS)}\n")
        return 2
    given.out.mkdir(parents=True, exist_ok=True)
    found: list[str] = []
    with browsing(path) as browser:
        for view in VIEWS:
            name = f"{view.name}.png" if given.all else PICTURES.get(view.name)
            picture = given.out / name if name else None
            found += faults(browser, given.run / "report.html", view, picture=picture)
    sys.stdout.write("\n".join(found or ["no fault"]) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
