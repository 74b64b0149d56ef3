"""What the widget costs a page: `python -m tests.bench.page`.

Opens an empty page and the same one with the widget, each in a fresh Chromium without cache, by
turns; then the widget's page again with a warm cache. Prints and saves bytes on the wire, requests,
the time from navigation until the button is there (for the empty page: until it has been painted),
and how long the page's own load event is put off, as medians and as ratios. Ratios travel between
machines; milliseconds do not.
"""

from __future__ import annotations

import json
import statistics
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright
from rich.console import Console

from bot.settings import ROOT
from tests.support.browsing import CHROMIUM, FLAGS
from tests.support.pages import HelpSite, HostPages

ROUNDS = 15
EMPTY = '<!doctype html><html lang="fr"><title>Clinique</title><body><h1>Clinique</h1>{script}'
# Notes, in the page itself, the first frame in which what is looked for is there.
WATCH = """
const look = () => {
  const widget = document.querySelector("helpdesk-widget");
  const isThere = location.pathname === "/empty"
    ? document.readyState === "complete" : widget?.shadowRoot?.querySelector(".launcher");
  if (isThere) window.thereAt = performance.now();
  else requestAnimationFrame(look);
};
look();
"""


def main() -> None:
    """Measures, prints, saves under results/."""
    host = HostPages()
    host.start()
    site = HelpSite(allowed_origins=(host.url,))
    site.start()
    host.pages["/empty"] = EMPTY.format(script="")
    script = f'<script src="{site.url}/widget.js" defer></script>'
    host.pages["/widget"] = EMPTY.format(script=script)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
            figures = measure(browser, host.url)
            browser.close()
    finally:
        site.stop()
        host.stop()
    Console().print_json(data=figures)
    folder = ROOT / "results"
    folder.mkdir(exist_ok=True)
    (folder / "page.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def measure(browser: Browser, url: str) -> dict[str, Any]:
    """The figures of all three kinds of visit."""
    seen: dict[str, list[dict[str, float]]] = {"empty": [], "widget": [], "widget again": []}
    for _ in range(ROUNDS):
        for name in ("empty", "widget"):
            context = browser.new_context()
            context.add_init_script(WATCH)
            seen[name].append(visit(context, f"{url}/{name}"))
            if name == "widget":
                seen["widget again"].append(visit(context, f"{url}/{name}"))
            context.close()
    figures = {
        name: {key: statistics.median(one[key] for one in visits) for key in visits[0]}
        for name, visits in seen.items()
    }
    ratios = {
        f"{key}_as_ratio_to_empty": {
            name: round(figures[name][key] / figures["empty"][key], 2) for name in figures
        }
        for key in ("interactive_ms", "load_ms")
    }
    return {"rounds": ROUNDS, "medians": figures, **ratios}


def visit(context: BrowserContext, url: str) -> dict[str, float]:
    """One opening of a page."""
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    cdp.send("Network.enable")
    sizes: list[float] = []
    cdp.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(url)
    page.wait_for_load_state("networkidle")
    interactive_ms = page.wait_for_function("window.thereAt").json_value()
    load_ms = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    page.close()
    return {
        "interactive_ms": round(interactive_ms, 1),
        "load_ms": round(load_ms, 1),
        "transfer_bytes": sum(sizes),
        "requests": len(requests),
    }


if __name__ == "__main__":
    main()
