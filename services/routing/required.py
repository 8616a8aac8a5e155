"""What must not be left empty."""

from shared.errors import Invalid


def require(text: str, field: str, name: str) -> None:
    """Raises Invalid ``<field>.missing`` for a text without content."""
    if not text.strip():
        raise Invalid(f"{field}.missing", f"{name}不能为空。", f"请填写{name}。", field)
