"""Draw the picture that link previews show: one simulated cluster in the report's four energy bands.

``python tools/make_preview.py`` writes ``book/_assets/preview.png``; the same bytes from the same code.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from report_utils.binning import BAND_EDGES_KEV, band_counts
from report_utils.events.bands import band_titles
from report_utils.simulation import simulate_observation

TARGET = Path(__file__).resolve().parents[1] / "book" / "_assets" / "preview.png"
SEED, N_PIXELS, DPI = 626, 128, 100
N_CANDIDATES = 48
BANDS = [title.replace("-", "–") for title in band_titles(BAND_EDGES_KEV)]
GROUND, WORDS = "#10243f", "#f5f7fa"


def draw(counts: np.ndarray) -> Figure:
    """Return the picture, 1200 by 630 pixels, of ``(n_pixels, n_pixels, 4)`` counts."""
    figure = Figure(figsize=(12.0, 6.3), dpi=DPI, facecolor=GROUND)
    figure.text(0.05, 0.83, "Energy bands and", color=WORDS, fontsize=44, fontweight="bold")
    figure.text(0.05, 0.71, "galaxy cluster masses", color=WORDS, fontsize=44, fontweight="bold")
    figure.text(0.05, 0.61, "A report, rebuilt from simulated photons", color=WORDS, fontsize=24)
    images = np.log10(1.0 + counts)
    for band, name in enumerate(BANDS):
        axes = figure.add_axes((0.05 + 0.2275 * band, 0.11, 0.2175, 0.2175 * 12.0 / 6.3))
        axes.imshow(images[..., band], origin="lower", cmap="viridis", vmin=0.0, vmax=images.max())
        axes.set_axis_off()
        figure.text(0.05 + 0.2275 * band, 0.05, name, color=WORDS, fontsize=20)
    return figure


def main() -> None:
    """Draw the observation with the most events among the first few."""
    observations = (simulate_observation(SEED, index) for index in range(N_CANDIDATES))
    brightest = max(observations, key=len)
    buffer = io.BytesIO()
    draw(band_counts(brightest, N_PIXELS)).savefig(buffer, dpi=DPI)
    with Image.open(buffer) as picture:
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(TARGET, optimize=True)
    print(f"{TARGET}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
