"""A headless Chromium, driven over its DevTools pipe: no other package, no port, no network.

Owns the browser's process and its protocol. https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zlib
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from time import monotonic
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TIMEOUT_SECONDS = 60.0
WIDTH, HEIGHT = 1000, 700
FLAGS = (
    "--headless",
    "--no-sandbox",  # it shows our own files alone, and containers often allow none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-pipe",
)


def find_chromium() -> str | None:
    """The program, None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Page:
    """A page in the browser, and what it has told since it was opened."""

    reading: int
    writing: int
    session: str | None = None
    told: list[dict[str, Any]] = field(default_factory=list)
    _number: int = 0
    _unread: bytes = b""

    def call(self, method: str, **parameters: Any) -> Any:
        """The result of a method of the protocol."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        os.write(self.writing, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self.told.append(answer)

    def wait_for(self, event: str) -> dict[str, Any]:
        """The parameters of the next event of that name that was not waited for yet."""
        while not (found := [one for one in self.told if one.get("method") == event]):
            self.told.append(self._next())
        self.told.remove(found[0])
        parameters: dict[str, Any] = found[0]["params"]
        return parameters

    def open(self, path: Path) -> None:
        """Show a file, and wait until it is there."""
        self.told.clear()
        self.call("Page.navigate", url=path.as_uri())
        self.wait_for("Page.loadEventFired")

    def value(self, expression: str) -> Any:
        """What a JavaScript expression gives, evaluated past the page's own policy."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def middle(self, expression: str) -> tuple[float, float]:
        """The middle of the element of an expression, in pixels of the window."""
        x, y = self.value(
            f"(box => [box.x + box.width / 2, box.y + box.height / 2])"
            f"(({expression}).getBoundingClientRect())"
        )
        return x, y

    def point_at(self, expression: str) -> None:
        """Move the mouse over an element."""
        x, y = self.middle(expression)
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def press(self, key: str) -> None:
        """Press a key and let it go."""
        for type_ in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=type_, key=key, code=key)

    def write(self, expression: str, text: str) -> None:
        """Put a text into an input, as if it were typed."""
        self.value(f"{expression}.focus(), {expression}.select(), 0")
        self.call("Input.insertText", text=text)

    def picture(self) -> Picture:
        """What the window looks like."""
        shot = self.call("Page.captureScreenshot", format="png")
        return decode_png(b64decode(shot["data"]))

    def _next(self) -> dict[str, Any]:
        until = monotonic() + TIMEOUT_SECONDS
        while b"\0" not in self._unread:
            ready, _, _ = select([self.reading], [], [], max(0.0, until - monotonic()))
            assert ready, "the browser does not answer"
            found = os.read(self.reading, 1 << 20)
            assert found, "the browser has ended"
            self._unread += found
        message, _, self._unread = self._unread.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer


@contextmanager
def browser(program: str, folder: Path) -> Iterator[Page]:
    """A browser with one empty page, ended at the end."""
    its_reading, writing = os.pipe()
    reading, its_writing = os.pipe()
    # It reads from its descriptor 3 and writes to 4, which a shell puts in place.
    line = f'exec "$@" 3<&{its_reading} 4>&{its_writing}'
    command = [program, *FLAGS, f"--user-data-dir={folder}", f"--window-size={WIDTH},{HEIGHT}"]
    process = subprocess.Popen(
        ["/bin/bash", "-c", line, "bash", *command, "about:blank"],
        pass_fds=(its_reading, its_writing),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(folder)},
    )
    os.close(its_reading)
    os.close(its_writing)
    try:
        yield _first_page(Page(reading, writing))
    finally:
        process.terminate()
        process.wait(TIMEOUT_SECONDS)
        os.close(reading)
        os.close(writing)


def _first_page(page: Page) -> Page:
    targets = page.call("Target.getTargets")["targetInfos"]
    [target] = [one["targetId"] for one in targets if one["type"] == "page"]
    attached = page.call("Target.attachToTarget", targetId=target, flatten=True)
    page.session = attached["sessionId"]
    for domain in ("Page", "Runtime", "Log", "Network"):
        page.call(f"{domain}.enable")
    size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
    page.call("Emulation.setDeviceMetricsOverride", **size)
    return page


@dataclass(frozen=True)
class Picture:
    """Pixels of a picture, row by row."""

    width: int
    height: int
    depth: int
    pixels: bytes

    def color(self, x: float, y: float) -> str:
        """The colour of a pixel, as `#rrggbb`."""
        at = (int(y) * self.width + int(x)) * self.depth
        return f"#{self.pixels[at : at + 3].hex()}"

    def colors(self, x: float, y: float, width: float, height: float) -> set[str]:
        """The colours in a part of it."""
        return {
            self.color(x + right, y + down)
            for right in range(int(width))
            for down in range(int(height))
        }


def decode_png(data: bytes) -> Picture:
    """A PNG of eight bits a channel, without interlacing (https://www.w3.org/TR/png-3/)."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    header, packed, at = b"", b"", 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        header = content if kind == b"IHDR" else header
        packed += content if kind == b"IDAT" else b""
        at += 12 + length
    width, height = (int.from_bytes(header[one : one + 4], "big") for one in (0, 4))
    assert (header[8], header[12]) == (8, 0)
    depth = {2: 3, 6: 4}[header[9]]
    return Picture(width, height, depth, _unfiltered(zlib.decompress(packed), width * depth, depth))


def _unfiltered(data: bytes, stride: int, depth: int) -> bytes:
    out = bytearray()
    above = bytearray(stride)
    for start in range(0, len(data), stride + 1):
        method, line = data[start], bytearray(data[start + 1 : start + 1 + stride])
        if method:
            for at in range(stride):
                left = line[at - depth] if at >= depth else 0
                corner = above[at - depth] if at >= depth else 0
                line[at] = (line[at] + _guess(method, left, above[at], corner)) & 255
        out += line
        above = line
    return bytes(out)


def _guess(method: int, left: int, above: int, corner: int) -> int:
    if method == 1:
        return left
    if method == 2:
        return above
    if method == 3:
        return (left + above) // 2
    distances = [abs(above - corner), abs(left - corner), abs(left + above - 2 * corner)]
    return (left, above, corner)[distances.index(min(distances))]
