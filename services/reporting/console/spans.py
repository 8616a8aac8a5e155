"""How long, as people say it."""

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def span(seconds: int) -> str:
    """The two largest units of a span in seconds, cut off: ``1天3小时``, ``42分``."""
    days, hours, minutes = seconds // DAY, seconds % DAY // HOUR, seconds % HOUR // MINUTE
    if days:
        return f"{days}天{hours}小时" if hours else f"{days}天"
    if hours:
        return f"{hours}小时{minutes}分" if minutes else f"{hours}小时"
    return f"{minutes}分" if minutes else "不到1分"


def remaining(seconds: int) -> str:
    """What is left until a limit, or how long ago it passed (``seconds`` below zero).

    static/countdown.js says the same in the browser.
    """
    return f"还剩 {span(seconds)}" if seconds >= 0 else f"已逾期 {span(-seconds)}"
