"""A build of a few fits, a dynamics and a page, for the kill tests: run as a program with a profile's file."""

from __future__ import annotations

import sys

SLUGS = ("3-3-single-band",)


def main() -> None:
    from report_utils.book import build
    from report_utils.reproduction.one_profile import Reproduction

    pages = [page for page in build.book_pages() if page.slug in SLUGS]
    build.book_pages = lambda: pages
    Reproduction.transforms = ("single_band", "multi_band_1")
    Reproduction.dynamics_transforms = ("multi_band_4",)
    build.prepare_book(sys.argv[1])


if __name__ == "__main__":
    main()
