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
    redshift : float, optional
        Every cluster is at this redshift, with its mass and its scatters unchanged. By default it is at that of its
        snapshot.
    distance_redshift : float, optional
        Every cluster is observed at this redshift and is otherwise as it is: its mass, temperature, gas and size in
        Mpc stay. AGN inside the cluster keep their flux, unless ``agn_by_luminosity``; the central one dims.
    temperature_factor : float
        Multiplies every temperature; the density of the gas stays.
    temperature_follows_mass : bool
        If false, a halo has the temperature of another mass, drawn from the masses of its snapshot.
    sigma_ln_iron : float
        Natural-log scatter of the iron abundance of the main halo, one factor for its whole profile.
    n_halos : int
        Distinct halos of a sample, each observed at up to eleven snapshots.
    agn_by_luminosity : bool
        AGN inside the cluster have luminosities, so that their fluxes fall with distance, and their number follows
        mass and redshift (:func:`report_utils.simulation.agn.cluster_agn`).

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
    redshift: float | None = None
    distance_redshift: float | None = None
    temperature_factor: float = 1.0
    temperature_follows_mass: bool = True
    sigma_ln_iron: float = 0.0
    n_halos: int = 300
    agn_by_luminosity: bool = False

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
            "redshift": (0.01, 1.0),
            "distance_redshift": (0.01, 1.0),
            "temperature_factor": (0.1, 10.0),
            "sigma_ln_iron": (0.0, 1.0),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if value is None:
                continue
            number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            if not number or not low <= value <= high:
                msg = f"simulation setting {name!r} is {value!r}; give a number from {low:g} to {high:g}"
                raise InputError(msg)
            object.__setattr__(self, name, float(value))
        if not isinstance(self.n_halos, int) or isinstance(self.n_halos, bool) or not 11 <= self.n_halos <= 100_000:
            msg = f"simulation setting 'n_halos' is {self.n_halos!r}; give a whole number from 11 to 100000"
            raise InputError(msg)
        for name in ("field_agn", "particle_background", "temperature_follows_mass", "agn_by_luminosity"):
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
