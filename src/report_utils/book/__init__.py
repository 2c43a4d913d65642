"""The book: which pages exist, which are stale, and how they are run. Sphinx only calls it."""

from report_utils.book.pages import Page, book_pages

__all__ = ["Page", "book_pages"]
