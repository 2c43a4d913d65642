import pytest

from report_utils.errors import InputError
from report_utils.simulation import SimulationSettings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("exposure_s", 0),
        ("exposure_s", float("nan")),
        ("exposure_s", "long"),
        ("completeness_width", -0.1),
        ("scatter_correlation", 1.5),
        ("cool_core_fraction", True),
        ("field_agn", 1),
        ("redshift", 0),
        ("distance_redshift", "far"),
        ("temperature_factor", -1.0),
        ("temperature_follows_mass", 1),
        ("n_halos", 10),
        ("n_halos", 500.0),
    ],
)
def test_impossible_values_are_named(name, value):
    with pytest.raises(InputError, match=name) as caught:
        SimulationSettings(**{name: value})
    assert "\n" not in str(caught.value)
    assert "give" in str(caught.value)


def test_settings_from_a_profile():
    settings = SimulationSettings.from_mapping({"exposure_s": 100_000, "field_agn": True})
    assert settings.exposure_s == 100_000.0
    assert settings.field_agn
    assert hash(settings) != hash(SimulationSettings())


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match=r"profiles/mine\.toml: unknown setting 'exposure'"):
        SimulationSettings.from_mapping({"exposure": 1.0}, "profiles/mine.toml")
