"""Where the report contradicts itself or the work it cites, and what is done here."""

from __future__ import annotations

from dataclasses import dataclass

EARLIER_N_IMAGES = 7896
"""Images in the abstract of Ntampaka et al. (2019), ApJ 876, 82."""


@dataclass(frozen=True)
class Inconsistency:
    """A place where the report contradicts itself or the work it cites, and what is done here."""

    name: str
    where: str
    what: str
    here: str


INCONSISTENCIES: tuple[Inconsistency, ...] = (
    Inconsistency(
        "best scatter",
        "section 3.3 against Table 1",
        "The text gives the best standard deviation as .06196; Table 1's best is .05818.",
        "Table 1 is taken.",
    ),
    Inconsistency(
        "AGN-less rows",
        "sections 3.3, 4.2 and 5",
        "AGN-less results are called close to the multi-band ones, but no table prints them.",
        "They are computed and shown without a printed number beside them.",
    ),
    Inconsistency(
        "table number",
        "sections 4.2 and 5",
        "The text refers to a Table 3.3.",
        "Table 1 of section 3.3 is meant.",
    ),
    Inconsistency(
        "Figure 5's percentages",
        "section 3.1.3 against the caption of Figure 5",
        "The text lists six percentages; the caption speaks of a galaxy in the 4 percent retained transformation.",
        "The six of the text are drawn.",
    ),
    Inconsistency(
        "what p % counts",
        "section 3.1.3",
        "The words keep the lowest p % of the observations, the formulas the pixels whose number of events "
        "lies below a percentile; k is given as 1, with four functions.",
        "Pixels with counts above the p-th percentile of the occupied pixels are emptied, in four channels.",
    ),
    Inconsistency(
        "overlapping bands",
        "section 3.1.3 against 3.1.2",
        "Bands [2.5, 5] and [5, 7.5] are closed on both sides, so 2.5 and 5 keV fall in two bands.",
        "Bands are closed on the right, as in section 3.1.2.",
    ),
    Inconsistency(
        "Core-Removed",
        "section 3.2 and the caption of Figure 9",
        "A Core-Removed transformation is named and never defined.",
        "It is read as the retained transformations.",
    ),
    Inconsistency(
        "what removing the core does",
        "section 3.3 against Table 1",
        "The core-removed model is said not to behave as the split bands do; every retained row of Table 1 has four "
        "bands, and a scatter as small as theirs.",
        "The claim is read as: one band is not rescued by removing the AGN.",
    ),
    Inconsistency(
        "permutation",
        "section 4.1",
        "Phases 2 to 4 apply a permutation for the weights.",
        "It is read as the perturbation (Gaussian noise) of phase 1.",
    ),
    Inconsistency(
        "training examples",
        "section 4.1, third observation",
        "Badly predicted training examples are read off a figure that shows test observations.",
        "Test observations are meant.",
    ),
    Inconsistency(
        "size of the earlier sample",
        "section 3.3",
        "The earlier work is said to have around 7000 observations; Ntampaka et al. (2019) state "
        f"{EARLIER_N_IMAGES} images.",
        f"{EARLIER_N_IMAGES} is used where the earlier work is described.",
    ),
    Inconsistency(
        "telescope",
        "section 2",
        "The observations are made with SIXTE, to look like data of Chandra, for which SIXTE is not the "
        "instrument team's simulator.",
        "The simulation here is of Chandra's ACIS-I.",
    ),
    Inconsistency(
        "halved loss",
        "section 3.3 against Table 1",
        "Splitting the energies is said to nearly halve the loss; in Table 1 it nearly halves the standard deviation, "
        "and a squared error falls to less than a third.",
        "The claim is tested on the scatter, as the abstract and Table 1 have it.",
    ),
    Inconsistency(
        "AGN-less images",
        "section 3.1",
        "Four processes are announced, three are described; where the AGN-less images come from is not said.",
        "An observation of the same cluster without its AGN, which the simulation or the archive supplies.",
    ),
    Inconsistency(
        "epochs of a phase",
        "section 4.1",
        "A phase is 50 epochs, a perturbation and one more; of Figure 10 it is said that each phase has 50.",
        "50 and 1, so that Figure 10 has 204 columns.",
    ),
    Inconsistency(
        "mass range",
        "section 1 against the caption of Figure 2",
        "Clusters are put at 10¹⁴ solar masses and above; most of the data have log10 masses of 13.6 to 14.3.",
        "The masses of Figure 2 are simulated.",
    ),
    Inconsistency(
        "one event an observation",
        "section 2",
        "The formula of the problem gives an observation one place and one energy, whatever its number of events.",
        "An observation is a list of as many places and energies as it has events.",
    ),
    Inconsistency(
        "AGN",
        "abstract",
        "AGN is spelt out as Average Galactic Nucleus; section 3.1.3 has Active Galactic Nucleus.",
        "Active galactic nucleus.",
    ),
    Inconsistency(
        "folds",
        "section 3.3",
        "Ten cross-validation folds are also described as ten random 90/10 splits, with a seed for each transform.",
        "One partition into ten folds, the same for every transform.",
    ),
)
