"""Policy as data (规则包): who must do what by when, with the clause that says so."""

from shared.policy.loading import COUNTY_BASELINE, known_packs, load_pack, read_pack
from shared.policy.pack import Duty, Pack

__all__ = ["COUNTY_BASELINE", "Duty", "Pack", "known_packs", "load_pack", "read_pack"]
