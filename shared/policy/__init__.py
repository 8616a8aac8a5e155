"""Policy as data (规则包): who must do what by when, with the clause that says so."""

from shared.policy.loading import COUNTY_BASELINE, load_pack
from shared.policy.pack import Duty, Pack

__all__ = ["COUNTY_BASELINE", "Duty", "Pack", "load_pack"]
