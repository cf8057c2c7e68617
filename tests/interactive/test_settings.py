"""Settings and history: the user's files, right or wrong."""

from __future__ import annotations

import os
import stat
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gradcli.cli.commands import main
from gradcli.interactive import settings as config
from gradcli.interactive.history import MOST_READ, History
from gradcli.text.errors import InputError


def settings_from(text: str, folder: Path) -> tuple[dict[str, object], list[str]]:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    settings, notices = config.load_settings(file)
    return settings, [f"{each.message.replace(str(file), 'FILE')} ({each.hint})" for each in notices]


def test_a_config_file_sets_what_it_names(tmp_path: Path) -> None:
    settings, notices = settings_from('digits = 6\nstyle = "torch"\nvi = true\npreview = false\n', tmp_path)
    assert not notices
    assert settings == {"digits": 6, "style": "torch", "colours": True, "vi": True, "preview": False}


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert config.load_settings(tmp_path / "none.toml") == (config.default_settings(), [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("digits = 40", "FILE: digits is a number from 1 to 17, or all, not 40 (write digits = 17)"),
        ("colors = true", "FILE: there is no setting colors (did you mean colours?)"),
        (
            'style = "pytorch"',
            'FILE: style is "plain" or "torch" or "numpy" or "jax", not "pytorch" (write style = "torch")',
        ),
        ("vi = 3", "FILE: vi is true or false, not 3 (write vi = false)"),
        ("digits = ", "FILE is not used: invalid value (at end of document) (None)"),
    ],
)
def test_what_cannot_be_used_is_a_warning(text: str, told: str, tmp_path: Path) -> None:
    settings, notices = settings_from(text, tmp_path)
    assert notices == [told]
    assert settings == config.default_settings()


def test_a_file_that_is_not_text_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_bytes(b"\xff\xfe")
    _, (notice,) = config.load_settings(tmp_path / "c.toml")
    assert "not text in UTF-8" in notice.message
    _, (notice,) = config.load_settings(tmp_path)
    assert "it is a folder" in notice.message


def test_print_config_prints_a_config_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "gradcli").mkdir()
    (tmp_path / "gradcli" / "config.toml").write_text("digits = 6\nvi = true\n")
    assert main(["--print-config"]) == 0
    printed = capsys.readouterr().out
    assert main(["repl", "--print-config"]) == 0
    assert capsys.readouterr().out == printed
    assert printed.startswith(f"# {tmp_path}/gradcli/config.toml\n")
    assert tomllib.loads(printed) == {
        "digits": 6,
        "style": "plain",
        "colours": True,
        "vi": True,
        "preview": True,
    }
    (tmp_path / "gradcli" / "config.toml").write_text(printed)
    assert main(["--print-config"]) == 0
    assert capsys.readouterr().out == printed


def test_words_and_values_are_two_ways_to_say_the_same() -> None:
    for name, setting in config.SETTINGS.items():
        for word in setting.choices:
            assert config.word_for(name, config.read_word(name, word)) == word
    with pytest.raises(InputError):
        config.read_word("digits", "0")


def test_a_relative_xdg_folder_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "here")
    assert config.history_file() == Path.home() / ".local/state/gradcli/history"


# History


def test_history_is_kept_after_each_line_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "state" / "gradcli" / "history"
    history = History(file)
    history.append("x = 3")
    history.append("x = 3")
    history.append("for i in range(3):\n    x -= 1")
    assert History(file).entries == ["x = 3", "for i in range(3):\n    x -= 1"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_rights_that_are_too_wide_are_narrowed(tmp_path: Path) -> None:
    file = tmp_path / "history"
    file.touch(0o644)
    History(file).append("x = 3")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_sessions_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    histories = [History(tmp_path / "history") for _ in range(8)]

    def write(place: int) -> None:
        for line in range(50):
            histories[place].append(f"x{place} = {line}\ny = {line}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    expected = {f"x{place} = {line}\ny = {line}" for place in range(8) for line in range(50)}
    assert set(History(tmp_path / "history").entries) == expected


def test_a_corrupt_history_is_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "history"
    file.write_bytes(b"\n# then\n+x = 3\n\xff\xfe\0garbage\n# now\n+y = 4\n+\xff\n\n# last\n+z = 5")
    history = History(file)
    assert history.entries == ["x = 3", "z = 5"]
    (notice,) = history.warnings
    assert "holds more than history" in notice.message
    history.append("w = 6")
    again = History(file)  # once is enough
    assert again.entries == ["x = 3", "z = 5", "w = 6"]
    assert not again.warnings
    assert b"garbage" in (tmp_path / "history.damaged").read_bytes()


def test_a_history_that_is_no_file_is_left_alone(tmp_path: Path) -> None:
    device = tmp_path / "device"
    device.symlink_to(os.devnull)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    rights = stat.S_IMODE(Path(os.devnull).stat().st_mode)
    for path, told in ((device, 0), (pipe, 1), (full, 1)):
        history = History(path)
        history.append("x = 3")
        assert history.entries == ["x = 3"]
        assert len(history.warnings) == told
    assert stat.S_IMODE(Path(os.devnull).stat().st_mode) == rights


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="no rights can be taken from this user")
def test_a_history_without_rights_is_a_warning(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    history = History(tmp_path / "history")
    history.append("x = 3")
    assert "history is not kept" in history.warnings[0].message


def test_a_history_that_cannot_be_written_is_one_warning(tmp_path: Path) -> None:
    (tmp_path / "history").mkdir()
    history = History(tmp_path / "history")
    for line in ("x = 3", "x = 4"):
        history.append(line)
    assert history.entries == ["x = 3", "x = 4"]
    assert len(history.warnings) == 1
    blocked = History(tmp_path / "file" / "history")
    (tmp_path / "file").touch()
    blocked.append("x = 3")
    assert len(blocked.warnings) == 1


def test_only_the_end_of_a_long_history_is_read(tmp_path: Path) -> None:
    file = tmp_path / "history"
    file.write_text("".join(f"\n# then\n+line {number}\n" for number in range(100_000)))
    assert file.stat().st_size > MOST_READ
    history = History(file)
    assert history.entries[-1] == "line 99999"
    assert history.entries[0].startswith("line ")
    assert not history.warnings
