"""Which pages the book has, which notebook makes each, and which runs each shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from report_utils.binning import TRANSFORMS
from report_utils.reproduction.one_profile import DYNAMICS_TRANSFORMS
from report_utils.reproduction.studies import STUDIES


@dataclass(frozen=True)
class Page:
    """One page of the book.

    Parameters
    ----------
    slug : str
        The page's file name.
    notebook : str
        The notebook in ``notebooks/`` that makes it; one notebook can be the template of several pages.
    title : str
        What ``{{ title }}`` in the template becomes.
    parameters : dict
        What the notebook is run with, besides the profile.
    transforms, dynamics : tuple of str
        The runs that the page shows.
    needs : tuple of str
        Transforms without which the page has nothing to show: their dynamics where it shows these, or else their fits.
    weights : bool
        Whether it needs the trained networks themselves, which committed results do not hold.
    studies : tuple of str
        The studies whose variants the page shows, as far as there are runs or committed results of them.
    files : tuple of str
        Which files of the project the page reads besides, as patterns such as ``"benchmarks/results/*.json"``.
    words : dict
        What further names between double braces become, where pages share a template.
    """

    slug: str
    notebook: str
    title: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    transforms: tuple[str, ...] = ()
    dynamics: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    weights: bool = False
    studies: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    words: dict[str, str] = field(default_factory=dict)


def baseline(transform: str) -> str:
    """Return the transform that a transform's page compares it with."""
    if transform.startswith("agn_less"):
        return transform.replace("agn_less", "multi_band")
    return "multi_band_4" if transform.startswith("retained") else "multi_band_1"


def _transform_page(name: str) -> Page:
    shown = tuple(dict.fromkeys((name, baseline(name))))
    return Page(
        f"3-3-{name.replace('_', '-')}",
        "3-3-transform",
        TRANSFORMS[name].label,
        {"transform": name, "baseline": baseline(name)},
        transforms=shown,
        needs=shown,
    )


def _dynamics_page(name: str) -> Page:
    stem, is_whole = TRANSFORMS[name].title, TRANSFORMS[name].source == "observation"
    return Page(
        f"4-1-dynamics-{stem.lower()}",
        "4-1-dynamics",
        f"Dynamics: {stem}",
        {"transform": name},
        dynamics=(name,),
        needs=(name,),
        words={
            "figure": "Figure 10" if is_whole else "Figure 11, right, by itself",
            "clusters": "clusters" if is_whole else "clusters without AGN",
        },
    )


def _whole(slug: str, **options: tuple[str, ...]) -> Page:
    """Return a page that shows every fit and both dynamics."""
    return Page(slug, slug, transforms=tuple(TRANSFORMS), dynamics=DYNAMICS_TRANSFORMS, **options)


def _study_page(name: str) -> Page:
    default = STUDIES[name].default
    return Page(name, name, transforms=default.trained, dynamics=default.dynamics, studies=(name,))


_BANDS = ("single_band", *(f"multi_band_{k}" for k in (1, 2, 3, 4)))

PAGES: tuple[Page, ...] = (
    _whole("index", studies=("seeds",)),
    Page("1-introduction", "1-introduction"),
    Page("2-data", "2-data"),
    Page("2-simulation", "2-simulation"),
    Page("3-1-images", "3-1-images"),
    Page("3-2-network", "3-2-network"),
    Page("3-3-results", "3-3-results", transforms=tuple(TRANSFORMS)),
    *(_transform_page(name) for name in TRANSFORMS),
    *(_dynamics_page(name) for name in DYNAMICS_TRANSFORMS),
    Page(
        "4-2-comparison",
        "4-2-comparison",
        "Multi-band against AGN-less",
        dynamics=DYNAMICS_TRANSFORMS,
        needs=("agn_less_4", "multi_band_4"),
    ),
    _whole("4-3-claims", studies=("seeds",), files=("benchmarks/results/verdicts.json",)),
    _whole("5-conclusion"),
    _whole("reproduction-status", studies=("seeds",)),
    Page("baselines", "baselines", "What a few counts tell", transforms=_BANDS, needs=_BANDS),
    _study_page("sensitivity"),
    _study_page("halos"),
    Page("performance", "performance", files=("benchmarks/results/*.json",)),
    Page(
        "own-observations",
        "own-observations",
        "Use your own observations",
        transforms=("single_band", "multi_band_2"),
        needs=("single_band", "multi_band_2"),
        weights=True,
    ),
    Page("any-model", "any-model"),
    Page("edit-one-section", "edit-one-section"),
    Page(
        "full-size",
        "full-size",
        transforms=tuple(TRANSFORMS),
        files=("benchmarks/results/*.json", "results/paper/*.json"),
    ),
)
"""All pages, in the order in which they are made and read."""
