"""The book: which pages exist, which are stale, and how they are run. Sphinx only calls it."""

from report_utils.book.pages import PAGES, Page

__all__ = ["PAGES", "Page"]
