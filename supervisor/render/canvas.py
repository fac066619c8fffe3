"""An SVG that is put together piece by piece; all text is escaped here and nowhere else."""

from __future__ import annotations

from html import escape
from typing import Final

GLYPH: Final = 6.6  # px, of 12 px text on average


class Canvas:
    """Shapes in px, from the top left."""

    def __init__(self, width: float) -> None:
        """Nothing is drawn yet."""
        self.width = width
        self._parts: list[str] = []

    @property
    def place(self) -> int:
        """Where the next piece goes: what is put there later lies below what came since."""
        return len(self._parts)

    def rect(
        self, x: float, y: float, width: float, height: float, look: str, tip: str = ""
    ) -> None:
        """Draw a rectangle that is at least visible."""
        self._add(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1.5):.1f}" height="{height:.1f}"'
            f' rx="2" {_look(look)}',
            tip,
            "rect",
        )

    def text(self, x: float, y: float, words: str, look: str = "", anchor: str = "start") -> None:
        """Write words."""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {_look(look)}>'
            f"{escape(words)}</text>"
        )

    def line(
        self, x: float, y: float, x2: float, y2: float, look: str, place: int | None = None
    ) -> None:
        """Draw a line, above or at a place below what is there."""
        self._parts.insert(
            self.place if place is None else place,
            f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {_look(look)}/>',
        )

    def path(self, points: list[tuple[float, float]], look: str, *, close: bool = False) -> None:
        """Draw through points."""
        if points:
            way = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
            self._parts.append(f'<path d="M{way}{"Z" if close else ""}" {_look(look)}/>')

    def dot(self, x: float, y: float, radius: float, look: str, tip: str = "") -> None:
        """Draw a filled circle."""
        self._add(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" {_look(look)}', tip, "circle")

    def hatch(self, x: float, y: float, width: float, height: float, look: str) -> None:
        """Fill a rectangle with slanted lines."""
        gap = 6
        at = x - height
        while at < x + width:
            low, high = max(at, x), min(at + height, x + width)
            if high > low:
                self.line(low, y + height - (low - at), high, y + height - (high - at), look)
            at += gap

    def inset(self, x: float, y: float, width: float, picture: str) -> None:
        """Put a finished picture in, in its own size."""
        placed = f'<svg x="{x:g}" y="{y:g}" width="{width:g}" height="{height_of(picture):g}"'
        self._parts.append(picture.replace("<svg", placed, 1))

    def finish(self, height: float, name: str, title: str, told: str, style: str = "") -> str:
        """Return the picture, with its title and what it says for who does not see it."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:.0f} {height:.0f}"'
            f' role="img" aria-labelledby="{name}-t {name}-d">'
            f'<title id="{name}-t">{escape(title)}</title>'
            f'<desc id="{name}-d">{escape(told)}</desc>'
        )
        if style:
            page = '<rect width="100%" height="100%" style="fill:var(--page)"/>'
            head = f"{head}<style>{style}</style>{page}"
        return f"{head}{''.join(self._parts)}</svg>"

    def _add(self, opened: str, tip: str, name: str) -> None:
        told = f"><title>{escape(tip)}</title></{name}>" if tip else "/>"
        self._parts.append(opened + told)


def height_of(picture: str) -> float:
    """Return the height of a finished picture."""
    box, _, _rest = picture.partition('viewBox="')[2].partition('"')
    return float(box.split()[3])


def wide(words: str, size: float = 12.0) -> float:
    """Return about how wide words are."""
    return len(words) * GLYPH * size / 12


def cut(words: str, width: float) -> str:
    """Return as much of the words as fits."""
    most = max(1, int(width / GLYPH))
    return words if len(words) <= most else words[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _look(classes: str) -> str:
    return f'class="{escape(classes)}"' if classes else ""
