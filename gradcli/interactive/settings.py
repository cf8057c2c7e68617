"""Settings of the prompt: what there is, what the user's file says, and where the user's files are.

One table, `SETTINGS`, is what the config file, `set`, its completion and `--print-config` read.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gradcli.records import NamedTuple
from gradcli.text.errors import InputError, Notice, cannot_read
from gradcli.text.suggest import did_you_mean


class Setting(NamedTuple):
    """One setting: its default, what it may be (as words), and what it does."""

    name: str
    default: Any
    choices: tuple[str, ...]
    doc: str


_SWITCH = ("on", "off")

SETTINGS: dict[str, Setting] = {
    each.name: each
    for each in (
        Setting(
            "digits",
            None,
            ("all", *map(str, range(1, 18))),
            "significant digits to print, or all that read back to the same number",
        ),
        Setting(
            "style",
            "plain",
            ("plain", "torch", "numpy", "jax"),
            "plain numbers, or as PyTorch, NumPy or JAX have them",
        ),
        Setting("colours", True, _SWITCH, "colours, where the terminal and NO_COLOR allow them"),
        Setting("vi", False, _SWITCH, "the keys of vi in place of those of Emacs"),
        Setting("preview", True, _SWITCH, "the result of a line while it is typed"),
    )
}
"""Every setting by its name."""


def default_settings() -> dict[str, Any]:
    """What holds where nobody says otherwise."""
    return {name: setting.default for name, setting in SETTINGS.items()}


def read_word(name: str, word: str) -> Any:
    """The value that a word means for a setting (`all` is `None`); raises `InputError`."""
    setting = find(name)
    if word not in setting.choices:
        near = did_you_mean(word, setting.choices)
        raise InputError(
            f"{name} is {_expected(setting, setting.choices)}, not {word}",
            hint=f"did you mean {near}?" if near else f"set {name} {setting.choices[-1]}",
        )
    if setting.choices == _SWITCH:
        return word == "on"
    if name == "digits":
        return None if word == "all" else int(word)
    return word


def _expected(setting: Setting, words: Sequence[str]) -> str:
    return "a number from 1 to 17, or all" if setting.name == "digits" else " or ".join(words)


def word_for(name: str, value: Any) -> str:
    """The word for a setting's value: what `read_word` reads."""
    if SETTINGS[name].choices == _SWITCH:
        return "on" if value else "off"
    return "all" if value is None else str(value)


def find(name: str) -> Setting:
    """The setting of that name; raises `InputError`."""
    if name not in SETTINGS:
        near = did_you_mean(name, SETTINGS)
        raise InputError(
            f"there is no setting {name}",
            hint=f"did you mean {near}?" if near else f"there are {', '.join(SETTINGS)}",
        )
    return SETTINGS[name]


# The user's files


def _folder(variable: str, default: str) -> Path:
    """A folder by the XDG rules, which say that a relative path is to be ignored."""
    given = os.environ.get(variable, "")
    return (Path(given) if given.startswith("/") else Path.home() / default) / "gradcli"


def config_file() -> Path:
    """Where the user's settings are."""
    return _folder("XDG_CONFIG_HOME", ".config") / "config.toml"


def init_file() -> Path:
    """The statements that a prompt begins with."""
    return config_file().with_name("init.grad")


def history_file() -> Path:
    """Where the lines that were typed are kept."""
    return _folder("XDG_STATE_HOME", ".local/state") / "history"


def load_settings(path: Path | None = None) -> tuple[dict[str, Any], list[Notice]]:
    """The settings of the user's file, with a warning for each thing in it that cannot be used."""
    path = path or config_file()
    settings = default_settings()
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return settings, []
    except OSError as error:
        return settings, [Notice("warning", cannot_read(str(path), error).message)]
    import tomllib  # not needed by those who have no such file

    try:
        given = tomllib.loads(text.decode("utf-8"))
    except UnicodeDecodeError:
        return settings, [Notice("warning", f"{path} is not text in UTF-8, so it is not used")]
    except tomllib.TOMLDecodeError as error:
        return settings, [Notice("warning", f"{path} is not used: {str(error)[:1].lower()}{str(error)[1:]}")]
    notices = []
    for name, value in given.items():
        try:
            setting = find(name)
            if _word(value) in setting.choices:
                settings[name] = read_word(name, _word(value))
                continue
            words = [_written(name, read_word(name, each)) for each in setting.choices]
            near = did_you_mean(_word(value), setting.choices)
            best = _written(name, read_word(name, near)) if near else words[-1]
            message = f"{name} is {_expected(setting, words)}, not {_as_toml(value)}"
            notices.append(Notice("warning", f"{path}: {message}", hint=f"write {name} = {best}"))
        except InputError as error:
            notices.append(Notice("warning", f"{path}: {error.message}", hint=error.hint))
    return settings, notices


def _word(value: Any) -> str:
    """A value of TOML as `set` would have it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _as_toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _written(name: str, value: Any) -> str:
    """A setting's value as the config file has it."""
    return _as_toml(value if isinstance(value, bool | int) else word_for(name, value))


def settings_text(settings: dict[str, Any]) -> str:
    """Settings as a config file that says the same."""
    return "".join(
        f"{name} = {_written(name, settings[name])}".ljust(18) + f"# {setting.doc}\n"
        for name, setting in SETTINGS.items()
    )
