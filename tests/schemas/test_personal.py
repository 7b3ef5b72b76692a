"""Personal numbers are found in text and masked, other long numbers are left alone."""

from __future__ import annotations

import pytest

from schemas.personal import holds_personal_number, mask_personal_numbers


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("联系人13800000000", "联系人［号码已隐去］"),
        ("138-0000-0000 或 138 0000 0000", "［号码已隐去］ 或 ［号码已隐去］"),
        ("身份证110101190001010000。", "身份证［号码已隐去］。"),
        ("11010119000101000x", "［号码已隐去］"),
        ("全角１３８００００００００，１１０１０１１９０００１０１００００", "全角［号码已隐去］，［号码已隐去］"),
    ],
)
def test_personal_numbers_are_found_and_masked(text: str, shown: str) -> None:
    assert holds_personal_number(text)
    assert mask_personal_numbers(text) == shown


@pytest.mark.parametrize(
    "text", ["12120000401359185X", "91110000100000001234567", "4112011032", "12345678901", "2138000000001"]
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert not holds_personal_number(text)
    assert mask_personal_numbers(text) == text
