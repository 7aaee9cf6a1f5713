"""A page in headless Chromium, driven over the DevTools protocol."""

import asyncio
import base64
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

_MEASURE = r"""
(() => {
  const rgb = text => {
    const numbers = text.match(/[\d.]+/g).map(Number);
    return numbers.length < 4 ? [...numbers.slice(0, 3), 1] : numbers;
  };
  const linear = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r / 255) + .7152 * linear(g / 255) + .0722 * linear(b / 255);
  const contrast = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + .05) / (y + .05);
  };
  const behind = node => {
    for (let e = node; e; e = e.parentElement) {
      const colour = rgb(getComputedStyle(e).backgroundColor);
      if (colour[3] > 0) return colour;
    }
    return [255, 255, 255, 1];
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, e = node.parentElement;
    if (!node.textContent.trim() || !e.getClientRects().length) continue;
    const style = getComputedStyle(e), svg = e.closest('svg');
    const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    texts.push({text: node.textContent.trim().slice(0, 40), svg: !!svg, px: parseFloat(style.fontSize) * scale,
                contrast: contrast(rgb(svg ? style.fill : style.color), behind(e))});
  }
  return {
    texts,
    headings: [...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1]),
    figures: [...document.querySelectorAll('figure svg')].map(
      s => ({role: s.getAttribute('role'), label: s.getAttribute('aria-label')})),
    wider: document.documentElement.scrollWidth - innerWidth,
    paper: getComputedStyle(document.body).backgroundColor,
    load_ms: performance.timing.loadEventEnd - performance.timing.navigationStart,
  };
})()
"""


def look(page, *, width, dark, picture=None, height=900, media="screen"):
    """Open a page and return what it shows: texts, headings, figures, requests, console messages and load time."""
    return asyncio.run(_look(page, width, dark, picture, height, media))


async def _look(page, width, dark, picture, height, media):
    with _browser() as address:
        from tornado.websocket import websocket_connect  # noqa: PLC0415 - only with a browser

        socket = await websocket_connect(address, max_message_size=1 << 30)
        events, number = [], 0

        async def call(method, **parameters):
            nonlocal number
            number += 1
            await socket.write_message(json.dumps({"id": number, "method": method, "params": parameters}))
            while True:
                message = json.loads(await socket.read_message())
                if message.get("id") == number:
                    assert "error" not in message, message
                    return message["result"]
                events.append(message)

        for domain in ("Page", "Network", "Log", "Runtime"):
            await call(f"{domain}.enable")
        phone = width < 600
        await call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await call("Emulation.setEmulatedMedia", media=media, features=scheme)
        await call("Page.navigate", url=page.absolute().as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in events):
            events.append(json.loads(await socket.read_message()))
        await asyncio.sleep(0.1)
        found = (await call("Runtime.evaluate", expression=_MEASURE, returnByValue=True))["result"]["value"]
        if picture:
            shot = await call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
            picture.write_bytes(base64.b64decode(shot["data"]))
        socket.close()
    requests = [e["params"]["request"]["url"] for e in events if e.get("method") == "Network.requestWillBeSent"]
    said = {"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"}
    return found | {
        "requests": [url for url in requests if not url.startswith("data:")][1:],
        "console": [event["params"] for event in events if event.get("method") in said],
    }


@contextlib.contextmanager
def _browser():
    """Chromium with a profile of its own; yields the address of its only tab."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        options = [f"--user-data-dir={folder}", "--remote-debugging-port=0", "--no-first-run", "about:blank"]
        process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port_file, end = Path(folder) / "DevToolsActivePort", time.monotonic() + 60
            while not (port_file.is_file() and port_file.read_text().count("\n")):
                assert time.monotonic() < end, "Chromium did not start"
                time.sleep(0.05)
            with urllib.request.urlopen(f"http://127.0.0.1:{port_file.read_text().split()[0]}/json") as tabs:
                yield next(tab["webSocketDebuggerUrl"] for tab in json.load(tabs) if tab["type"] == "page")
        finally:
            process.terminate()
            process.wait()
