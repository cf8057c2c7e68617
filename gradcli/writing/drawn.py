"""Pictures that a program asks Matplotlib's `pyplot` for, drawn into one folder and nowhere else."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gradcli.text.errors import EvaluationError
from gradcli.writing.figure import new_figure, settings

ON_AXES: Mapping[str, str] = {
    **{
        name: name
        for name in (
            *(
                "plot",
                "scatter",
                "hist",
                "bar",
                "barh",
                "step",
                "stem",
                "errorbar",
                "fill_between",
                "boxplot",
            ),
            *("imshow", "matshow", "pcolormesh", "contour", "contourf", "quiver", "text", "annotate"),
            *("axhline", "axvline", "semilogx", "semilogy", "loglog", "grid", "legend", "axis", "clabel"),
            *("set_title", "set_xlabel", "set_ylabel", "set_xlim", "set_ylim", "set_xscale", "set_yscale"),
            *("set_xticks", "set_yticks", "set_aspect", "set_axis_off", "twinx", "margins"),
        )
    },
    "title": "set_title",
    "xlabel": "set_xlabel",
    "ylabel": "set_ylabel",
    "xlim": "set_xlim",
    "ylim": "set_ylim",
    "xscale": "set_xscale",
    "yscale": "set_yscale",
    "xticks": "set_xticks",
    "yticks": "set_yticks",
    "cla": "clear",
}
"""What is drawn on axes: by `pyplot`'s name, or by that of a method of axes."""

ON_FIGURES = ("suptitle", "colorbar", "subplots_adjust", "tight_layout", "legend", "set_size_inches", "text")
"""What is done with a figure."""

_FORMATS = ("png", "svg", "pdf")


class Drawing:
    """The figures of a program, of which the last is drawn on; `written` has the names of the files."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.written: list[str] = []
        self._figures: list[Any] = []
        self._saved: list[Any] = []
        self._coloured: Any = None
        """What was last drawn in colours, which a colour bar is of."""

    def call(self, name: str, given: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """What a function of `pyplot` gives; `None` for one that is not known here.

        Raises `EvaluationError` for what Matplotlib refuses, and for a file that cannot be written.
        """
        with settings():
            return self._made(lambda: self._call(name, given, dict(named)))

    def call_method(self, of: Any, name: str, given: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """What a method of a figure, or of axes, gives; `None` for one that is not known here."""
        with settings():
            return self._made(lambda: self._method(of, name, given, dict(named)))

    def _made(self, make: Any) -> Any:
        try:
            return make()
        except OSError as error:
            raise EvaluationError(f"this picture cannot be written: {error.strerror}") from None
        except EvaluationError:
            raise
        except Exception as error:  # whatever Matplotlib says about what it is given
            raise EvaluationError(f"Matplotlib says: {' '.join(str(error).split())}") from None

    def _call(self, name: str, given: Sequence[Any], named: dict[str, Any]) -> Any:
        if name == "figure":
            return self._new(named)
        if name == "subplots":
            size: dict[str, Any] = {key: named.pop(key) for key in ("figsize", "dpi") if key in named}
            whole = self._new(size)
            return whole, whole.subplots(*given, **named)
        if name == "subplot":
            return self._current().add_subplot(*given, **named)
        if name in ("show", "draw", "pause", "ion", "ioff"):
            return self.show() if name == "show" else None
        if name == "close":
            return self._close(*given)
        if name == "clf":
            return self._current().clear()
        if name == "savefig":
            return self._save(self._current(), *given, **named)
        if name in ("gcf", "gca"):
            return self._current() if name == "gcf" else self._axes()
        if name in ON_FIGURES and name not in ON_AXES:
            return self._method(self._current(), name, given, named)
        return self._method(self._axes(), name, given, named) if name in ON_AXES else None

    def _method(self, of: Any, name: str, given: Sequence[Any], named: dict[str, Any]) -> Any:
        if hasattr(of, "add_subplot"):
            if name == "savefig":
                return self._save(of, *given, **named)
            if name in ("add_subplot", "subplots", "gca"):
                return getattr(of, name)(*given, **named)
            if name == "colorbar" and not given and self._coloured is None:
                raise EvaluationError("there is nothing here that a colour bar could be of")
            if name == "colorbar":
                given = given or [self._coloured]
            if name == "colorbar" and "ax" not in named and "cax" not in named:
                named["ax"] = of.axes
            if name in ("tight_layout", "subplots_adjust", "show"):
                return None  # the layout is made so that nothing overlaps
            return getattr(of, name)(*given, **named) if name in ON_FIGURES else None
        drawn = ON_AXES.get(name)
        if drawn is None or not hasattr(of, drawn):
            return None
        made = getattr(of, drawn)(*given, **named)
        if hasattr(made, "get_cmap"):
            self._coloured = made
        return made

    def _new(self, named: dict[str, Any]) -> Any:
        self._figures.append(new_figure(**{key: named[key] for key in ("figsize", "dpi") if key in named}))
        return self._figures[-1]

    def _current(self) -> Any:
        return self._figures[-1] if self._figures else self._new({})

    def _axes(self) -> Any:
        whole = self._current()
        return whole.gca()

    def _close(self, which: Any = None) -> None:
        """Closes the current figure, the one that is named, or "all"."""
        if which is None:
            del self._figures[-1:]
        else:
            self._figures = [each for each in self._figures if which != "all" and each is not which]

    def _save(self, whole: Any, fname: Any, **named: Any) -> None:
        """Writes a figure under the last part of a name: into the folder, wherever the name leads."""
        stem = Path(str(fname)).name
        form = str(named.get("format") or Path(stem).suffix.removeprefix(".")).lower()
        if form not in _FORMATS:
            stem, form = f"{stem}.png", "png"
        self._write(whole, stem, form)

    def _write(self, whole: Any, name: str, form: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        whole.savefig(self.folder / name, format=form)
        self.written.append(name)
        self._saved.append(whole)

    def show(self) -> None:
        """Writes the figures that are open and were not saved, and closes all."""
        for whole in self._figures:
            shows = any(axes.has_data() for axes in whole.axes)
            if shows and not any(whole is each for each in self._saved):
                free = (k for k in itertools.count(1) if f"figure-{k}.png" not in self.written)
                count = next(free)
                with settings():
                    self._made(
                        lambda whole=whole, count=count: self._write(whole, f"figure-{count}.png", "png")
                    )
        self._figures.clear()
        self._saved.clear()
