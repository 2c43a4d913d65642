"""The settings of a simulated sample."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from report_utils.errors import InputError


@dataclass(frozen=True)
class SimulationSettings:
    """Choices of a simulated sample; the defaults are those of the report's data.

    Exposure and completeness were chosen so that 3286 observations look like the report's Figures 1 and 2
    (numbers of events and masses), and for nothing else.

    Parameters
    ----------
    exposure_s : float [s]
        Exposure of every observation.
    completeness_centre, completeness_width : float [dex of M500c]
        The fraction of halos that enters the sample is logistic in log10 mass.
    minimum_log10_mass : float
        No halo below this mass is observed.
    sigma_ln_temperature, sigma_ln_gas_mass : float
        Natural-log scatter of temperature and of gas mass at fixed mass. The default 0.07 is what the
        temperature alone tells of these clusters' masses in Ho et al. (2023); 0.15 is closer to observed
        samples.
    scatter_correlation : float
        Correlation of the two scatters.
    cool_core_fraction : float
        Share of halos with a cool core. Andrade-Santos et al. (2017) find 28 % in SZ-selected and 44 % in
        X-ray-selected samples (quoted from the project's physics notes).
    clump_fraction : float
        Share of observations with one to three infalling clumps (physics notes, unverified).
    field_agn : bool
        Add the AGN of the field behind and in front of the cluster (Lehmer et al. 2012).
    particle_background : bool
        Add the detector's particle background.

    Raises
    ------
    InputError
        If a value is impossible.
    """

    exposure_s: float = 300_000.0
    completeness_centre: float = 14.05
    completeness_width: float = 0.12
    minimum_log10_mass: float = 13.65
    sigma_ln_temperature: float = 0.07
    sigma_ln_gas_mass: float = 0.10
    scatter_correlation: float = 0.3
    cool_core_fraction: float = 0.30
    clump_fraction: float = 0.30
    field_agn: bool = False
    particle_background: bool = False

    def __post_init__(self) -> None:
        ranges = {
            "exposure_s": (1.0, 1e7),
            "completeness_centre": (12.0, 15.2),
            "completeness_width": (0.001, 2.0),
            "minimum_log10_mass": (13.3, 15.0),
            "sigma_ln_temperature": (0.0, 1.0),
            "sigma_ln_gas_mass": (0.0, 1.0),
            "scatter_correlation": (-1.0, 1.0),
            "cool_core_fraction": (0.0, 1.0),
            "clump_fraction": (0.0, 1.0),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            if not number or not low <= value <= high:
                msg = f"simulation setting {name!r} is {value!r}; give a number from {low:g} to {high:g}"
                raise InputError(msg)
            object.__setattr__(self, name, float(value))
        for name in ("field_agn", "particle_background"):
            if not isinstance(getattr(self, name), bool):
                msg = f"simulation setting {name!r} is {getattr(self, name)!r}; give true or false"
                raise InputError(msg)

    @classmethod
    def from_mapping(cls, values: Mapping[str, object], where: str = "simulation settings") -> SimulationSettings:
        """Return the settings named in a profile, the rest at their defaults.

        Parameters
        ----------
        values : mapping
            Setting by name.
        where : str
            What an error message calls the place that the values come from.

        Raises
        ------
        InputError
            If a name is unknown or a value impossible.
        """
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                msg = f"{where}: unknown setting {name!r}; choose from {', '.join(known)}"
                raise InputError(msg)
        return cls(**values)
