"""Curves on a page: the only door to Matplotlib, which is imported when a file is written."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.text.errors import InputError
from gradcli.text.excerpt import printable
from gradcli.writing.curves import Picture, ticks

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's, which people with any sort of colour vision tell apart."""

STYLES = ("-", "--", ":")
"""The lines of an expression and of its derivatives, by order."""

_SIZE = (7.0, 4.4)
_LEVELS = 16
_DPI = 150
_SETTINGS: dict[str, Any] = {
    "svg.hashsalt": "gradcli",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "text.parse_math": False,
    "axes.unicode_minus": True,
}


def figure(picture: Picture, form: str) -> bytes:
    """A picture as a file of the format `png`, `svg` or `pdf`; raises `InputError` without Matplotlib."""
    with settings():
        whole, axes = _axes()
        look: dict[str, Any]
        for below, above in picture.bands:
            colour = COLOURS[picture.colour(below) % len(COLOURS)]
            look = {"color": colour, "alpha": 0.2, "linewidth": 0, "label": printable(below.label)}
            axes.fill_between(below.xs, below.ys, above.ys, **look)
        for curve in picture.curves:
            colour = COLOURS[picture.colour(curve) % len(COLOURS)]
            style = STYLES[min(curve.order, len(STYLES) - 1)]
            xs, ys = _with_gaps(curve.xs, curve.ys, curve.pieces)
            width = 1.4 if curve.order else 1.8
            axes.plot(xs, ys, style, color=colour, linewidth=width, label=printable(curve.label))
        if picture.marks:
            xs, ys = np.transpose(picture.marks)
            look = {"markerfacecolor": "white", "markersize": 6, "zorder": 4}
            axes.plot(xs, ys, "D", color="black", label=picture.marked, **look)
        if picture.points:
            xs, ys = np.transpose(picture.points)
            axes.plot(xs, ys, "o", color="black", markersize=4, alpha=0.7, label="data", zorder=3)
        low, high = picture.y_range
        room = 0.05 * (high - low)
        axes.set_xlim(*picture.x_range)
        axes.set_ylim(low - room, high + room)
        axes.axhline(0, color="0.6", linewidth=0.8, zorder=0)
        axes.axvline(0, color="0.6", linewidth=0.8, zorder=0)
        axes.set_xlabel(printable(picture.variable))
        axes.grid(True, color="0.9", linewidth=0.6)
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0, 1.12), ncols=4, borderaxespad=0)
        return _file(whole, form)


def contour(
    xs: Array,
    ys: Array,
    values: Array,
    labels: Sequence[str],
    form: str,
    path: Sequence[tuple[float, float]] = (),
) -> bytes:
    """Values over a grid (a row for each y) as a contour map, with a path over it that ends in a mark.

    `labels` are those of x, y and the values.
    """
    with settings():
        whole, axes = _axes()
        shown = np.ma.masked_invalid(values)
        low, high = np.quantile(shown.compressed(), (0.01, 0.99)) if shown.count() else (0.0, 1.0)
        levels = ticks(float(low), float(high if high > low else low + 1), _LEVELS)
        filled = axes.contourf(xs, ys, shown, levels=levels, cmap="viridis", extend="both")
        axes.contour(xs, ys, shown, levels=levels, colors="black", linewidths=0.4, alpha=0.6)
        if path:
            across, up = np.transpose(path)
            look: dict[str, Any] = {"markersize": 3, "linewidth": 1.2}
            axes.plot(across, up, "o-", color="white", **look)
            axes.plot(across[-1:], up[-1:], "D", color="white", markeredgecolor="black", zorder=4)
        axes.set_xlabel(printable(labels[0]))
        axes.set_ylabel(printable(labels[1]))
        axes.set_title(printable(labels[2]), fontsize="medium")
        whole.colorbar(filled, ax=axes)
        return _file(whole, form)


def _matplotlib() -> Any:
    try:
        import matplotlib
        import matplotlib.figure
    except ImportError:
        raise InputError(
            "a picture in a file needs Matplotlib, which is not there", hint='pip install "gradcli[plot]"'
        ) from None
    return matplotlib


def settings() -> Any:
    """Settings that make a file the same each time, whatever the user's own are."""
    matplotlib = _matplotlib()
    return matplotlib.rc_context({**matplotlib.rcParamsDefault, **_SETTINGS, "backend": "agg"})


def new_figure(figsize: Any = None, dpi: Any = None) -> Any:
    """An empty figure of Matplotlib's, which no window shows."""
    return _matplotlib().figure.Figure(figsize=figsize, dpi=dpi, layout="constrained")


def _axes() -> tuple[Any, Any]:
    whole = _matplotlib().figure.Figure(figsize=_SIZE, layout="constrained")
    return whole, whole.subplots()


def _with_gaps(xs: Array, ys: Array, pieces: Sequence[tuple[int, int]]) -> tuple[Array, Array]:
    """A curve as one line with gaps between its pieces."""
    gap = np.full(1, np.nan)
    across = [part for first, last in pieces for part in (xs[first : last + 1], gap)]
    up = [part for first, last in pieces for part in (ys[first : last + 1], gap)]
    return (np.concatenate(across), np.concatenate(up)) if across else (xs[:0], ys[:0])


def _file(whole: Any, form: str) -> bytes:
    written = io.BytesIO()
    dated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}[form]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a box says as much
        whole.savefig(written, format=form, dpi=_DPI, metadata=dated)
    return written.getvalue()
