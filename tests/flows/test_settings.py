"""Settings: environment over file, folders below home, faults named one by one, secrets never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.settings import SettingsError, read_settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("DOUBLEHIGH_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_relative_folders_stand_in_home(tmp_path: Path) -> None:
    settings = read_settings(home=tmp_path)
    assert settings.landing_folder == tmp_path / "landing"
    assert settings.warehouse_url == f"sqlite:///{tmp_path / 'warehouse.db'}"


def test_environment_wins_over_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "office.toml"
    file.write_text('home = "/srv/dh"\nsmtp_host = "mail.example"\nsmtp_port = 25\n', encoding="utf-8")
    monkeypatch.setenv("DOUBLEHIGH_SETTINGS", str(file))
    monkeypatch.setenv("DOUBLEHIGH_SMTP_PORT", "465")
    settings = read_settings()
    assert (settings.home, settings.smtp_host, settings.smtp_port) == (Path("/srv/dh"), "mail.example", 465)


def test_leadership_is_a_list_of_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOUBLEHIGH_LEADERSHIP", "president@college.example, office@college.example,")
    assert read_settings().leadership == ("president@college.example", "office@college.example")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SMTP_PORT", "many", "setting smtp_port: found 'many'"),
        ("TIME_ZONE", "Peking", "write it like Asia/Shanghai"),
        ("SMTP_SECURITY", "ssl", "setting smtp_security: found 'ssl'"),
        ("READER_WORKERS", "0", "setting reader_workers: found '0'"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"DOUBLEHIGH_{name}", value)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert said in str(caught.value)


def test_a_misspelt_setting_is_refused_without_showing_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "office.toml"
    file.write_text('smtp_pasword = "geheim"\n', encoding="utf-8")
    monkeypatch.setenv("DOUBLEHIGH_SETTINGS", str(file))
    with pytest.raises(SettingsError, match="setting smtp_pasword: not known") as caught:
        read_settings()
    assert "geheim" not in str(caught.value)


def test_a_settings_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOUBLEHIGH_SETTINGS", "/nowhere/office.toml")
    with pytest.raises(SettingsError, match=r"/nowhere/office\.toml is not a file"):
        read_settings()


def test_hash_key_is_made_once_for_the_owner_only(tmp_path: Path) -> None:
    settings = read_settings(home=tmp_path)
    key = settings.hash_key()
    assert len(key) == 32
    assert settings.hash_key() == key
    assert settings.hash_key_file.stat().st_mode & 0o077 == 0


def test_a_password_in_the_mailbox_address_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOUBLEHIGH_MAILBOX", "imaps://office:geheim@mail.example/INBOX")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert "setting mailbox: found …" in str(caught.value)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("address", ["imaps://office@mail.example", "imap://a@college.example@mail.example:143/台账"])
def test_a_mailbox_is_an_address_with_a_user(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOUBLEHIGH_MAILBOX", address)
    monkeypatch.setenv("DOUBLEHIGH_OFFICE_SENDERS", "a@college.example,b@college.example")
    settings = read_settings()
    assert (settings.mailbox, settings.office_senders) == (address, ("a@college.example", "b@college.example"))
