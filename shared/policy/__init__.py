"""Policy as data (规则包): who must do what by when, with the clause that says so."""

from shared.policy.language.loading import (
    COUNTY_BASELINE,
    find_pack,
    known_packs,
    load_pack,
    read_pack,
)
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Duty

__all__ = ["COUNTY_BASELINE", "Duty", "Pack", "find_pack", "known_packs", "load_pack", "read_pack"]
