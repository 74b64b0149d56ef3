"""What the widget costs a page: `python -m tests.bench.page`.

Opens an empty page and the same one with the widget, each in a fresh Chromium without cache, by
turns; then the widget's page again with a warm cache. Prints and saves bytes on the wire, requests,
and the time from navigation until the button can be clicked (for the empty page: until it has
loaded), as medians and as a ratio. Ratios travel between machines; milliseconds do not.
"""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright
from rich.console import Console

from bot.settings import ROOT
from tests.support.browsing import CHROMIUM, FLAGS
from tests.support.pages import HelpSite, HostPages

ROUNDS = 15
EMPTY = '<!doctype html><html lang="fr"><title>Clinique</title><body><h1>Clinique</h1>{script}'
BUTTON = "document.querySelector('helpdesk-widget')?.shadowRoot?.querySelector('.launcher')"


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
            seen[name].append(visit(context, f"{url}/{name}", until_button=name == "widget"))
            if name == "widget":
                seen["widget again"].append(visit(context, f"{url}/{name}", until_button=True))
            context.close()
    figures = {
        name: {key: statistics.median(one[key] for one in visits) for key in visits[0]}
        for name, visits in seen.items()
    }
    empty_ms = figures["empty"]["interactive_ms"]
    ratios = {name: round(figures[name]["interactive_ms"] / empty_ms, 2) for name in figures}
    return {"rounds": ROUNDS, "medians": figures, "interactive_as_ratio_to_empty": ratios}


def visit(context: BrowserContext, url: str, *, until_button: bool) -> dict[str, float]:
    """One opening of a page."""
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    cdp.send("Network.enable")
    sizes: list[float] = []
    cdp.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    began = time.perf_counter()
    page.goto(url)
    if until_button:
        page.wait_for_function(BUTTON, polling=10)
    interactive_ms = (time.perf_counter() - began) * 1000
    page.wait_for_load_state("networkidle")
    page.close()
    return {
        "interactive_ms": round(interactive_ms, 1),
        "transfer_bytes": sum(sizes),
        "requests": len(requests),
    }


if __name__ == "__main__":
    main()
