"""A reproduction of *Understanding the effects of energy band splitting in X-ray cluster mass estimation*.

Data flows one way: observations (:mod:`~report_utils.events`, :mod:`~report_utils.simulation`) become band counts
and images (:mod:`~report_utils.binning`), images become mass predictions (:mod:`~report_utils.cnn`), predictions
are recorded while the network learns (:mod:`~report_utils.dynamics`), and all of it is held against the printed
report (:mod:`~report_utils.report`) and shown as a book (:mod:`~report_utils.book`).
"""

__version__ = "0.1.0"
