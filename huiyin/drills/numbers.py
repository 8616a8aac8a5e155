"""How the number of a rule can be shortened (编号): ``leak`` of ``004-10.ACC.leak``."""


def whole(number: str) -> str:
    """The rule of the source that ``…/part`` is a part of; any other number as it is."""
    return number.split("/", maxsplit=1)[0]


def end(number: str) -> str:
    """What stands behind the last dot; all of it where there is none."""
    return number.rsplit(".", 1)[-1]
