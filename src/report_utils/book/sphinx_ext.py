"""The Sphinx extension: brings the pages up to date before a build, and dresses what Sphinx renders.

A thin caller: what it connects is done, without Sphinx, by the modules beside it.
"""

from __future__ import annotations

import gc
import html
import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from report_utils import __version__
from report_utils.book import api, dressing, figure_files, glossary, metadata, provenance
from report_utils.runs.ownership import record_of
from report_utils.workers.surroundings import enter_surroundings

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

_BEGUN = "_report_utils_begun"
_CITATION = "_report_utils_citation"
_PREVIEWS = "_report_utils_previews"
_SHOWN = "report_utils_shown"
_UNFINISHED = "report-utils-unfinished"
"""A file beside Sphinx's own state. If it is there, the last rendering was cut off, and all pages are rendered."""
_BEFORE_OPENGRAPH, _AFTER_THE_THEME = 400, 900
PREVIEW_IMAGE = "_static/preview.png"
_BUILDERS = ("html", "linkcheck")
_OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""Pages are trees of many small objects: with Python's default of 700, garbage collection takes a tenth of a build."""


def _end(message: Any, status: int = 2) -> NoReturn:
    """End with one line; Jupyter Book turns any other exception into a traceback of its own."""
    from report_utils.errors import shown

    print(f"report-utils: {shown(message)}", file=sys.stderr)
    sys.exit(status)


def _configure(app: Sphinx, config: Config) -> None:
    """Give Sphinx the table of contents with all pages of each template, and the addresses that the environment names.

    Another folder or a single file would be written over the finished book, or without what its links lead to; a
    ``conf.py`` elsewhere would not find the book's own styles and references.
    """
    from report_utils.book.pages import CONTENTS, book_pages, full_contents
    from report_utils.errors import InputError
    from report_utils.files.disk import write_text
    from report_utils.profiles import project_root

    try:
        root = project_root()
        book = root / "book"
        if {Path(app.srcdir), Path(app.confdir)} != {book.resolve()} or "sphinx_external_toc" not in app.extensions:
            alone = "`report-utils page NAME` runs one page"
            _end(f"only the whole book is built here, `jupyter-book build {book}`; {alone}")
        book_pages(root)
        setattr(app, _CITATION, metadata.read_citation(root))
        contents = root / "_build" / CONTENTS
        write_text(contents, yaml.safe_dump(full_contents(root), sort_keys=False))
    except InputError as error:
        _end(error)
    config.external_toc_path = contents.as_posix()
    config.html_baseurl = os.environ.get("REPORT_BASE_URL") or config.html_baseurl
    url = os.environ.get("REPORT_REPOSITORY_URL") or config.html_theme_options.get("repository_url") or ""
    options = {"repository_url": url, "use_repository_button": bool(url), "use_issues_button": bool(url)}
    config.html_theme_options |= options
    config.ogp_site_url = config.html_baseurl
    if config.html_baseurl:  # a preview's picture needs a whole address
        config.ogp_image = PREVIEW_IMAGE


def _prepare(app: Sphinx) -> None:
    from report_utils.book.build import PREPARED_VARIABLE, BuildReport, prepare_book, publish_pages
    from report_utils.book.execute import PageError
    from report_utils.book.rendered import claim_output
    from report_utils.errors import InputError
    from report_utils.workers.processes import check_workers
    from report_utils.workers.worker_pool import WorkerError

    if app.builder.name not in _BUILDERS:  # links would be broken, or figures left out
        _end(f"builder {app.builder.name}: choose {' or '.join(_BUILDERS)}; `report-utils pdf` makes a PDF of the book")
    try:
        claim_output(Path(app.outdir), Path(app.srcdir).parent)
        check_workers()
        report = BuildReport("", 0) if os.environ.get(PREPARED_VARIABLE) else prepare_book()
        lock = publish_pages()
    except (InputError, PageError, WorkerError) as error:
        _end(error, 2 if isinstance(error, InputError) else 1)
    if app.builder.name == "linkcheck":  # Jupyter Book would have it write into the finished book
        app.outdir = app.builder.outdir = app.outdir.with_name("linkcheck")
        Path(app.outdir).mkdir(exist_ok=True)
    marker = Path(app.doctreedir) / _UNFINISHED
    was_cut_off = marker.exists()
    marker.touch()
    setattr(app, _BEGUN, (report, lock, was_cut_off, time.monotonic()))


def _outdated(app: Sphinx, env: Any, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Render all pages when one has changed: citations are numbered over the whole book, and links go by number.

    What has changed is decided by content besides Sphinx's time stamps, which a clock that is set back makes wrong.
    Whether the book is offered as PDF stands on every page as well.
    """
    from report_utils.runs.code_digest import file_digest

    sources: dict[str, Any] = {name: file_digest(Path(env.doc2path(name))) for name in sorted(env.found_docs)}
    shown = {"builder": app.builder.name, "prints": dressing.offered_prints(Path(app.srcdir)), "sources": sources}
    env.report_utils_prints = shown["prints"]
    was_cut_off = hasattr(app, _BEGUN) and getattr(app, _BEGUN)[2]
    is_outdated = was_cut_off or added or changed or removed or shown != getattr(env, _SHOWN, None)
    setattr(env, _SHOWN, shown)
    if not is_outdated:
        return []
    (Path(app.outdir) / "searchindex.js").unlink(missing_ok=True)  # Sphinx would keep the words of earlier pages in it
    return list(sources)


def _say_how_figures_were_made(app: Sphinx, doctree: nodes.document) -> None:
    docname = app.env.docname
    if (record := record_of(Path(app.srcdir) / f"{docname}.ipynb")) is not None:
        figure_files.add_lines(doctree, docname, record["inputs"], Path(app.srcdir).parent)


def _previews(app: Sphinx) -> tuple[list[glossary.Word], glossary.Previews]:
    """Return what hover previews show, gathered once from all documents of the book."""
    if not hasattr(app, _PREVIEWS):
        words = glossary.words_of(app.env.get_doctree(glossary.GLOSSARY))
        previews = glossary.citation_previews(app.env.get_domain("cite").citations)
        for docname in sorted(app.env.found_docs):
            more, figures = glossary.previews_of(app.env.get_doctree(docname), docname, app.env.images)
            previews |= more
            words += figures
        setattr(app, _PREVIEWS, (words, previews))
    return getattr(app, _PREVIEWS)


def _mark_words(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    if app.builder.format != "html" or docname == glossary.GLOSSARY or docname.startswith("api/"):
        return
    words, previews = _previews(app)
    count = glossary.mark_first_uses(doctree, words, partial(app.builder.get_relative_uri, docname))
    documents = {app.builder.get_relative_uri(docname, name): name for name in app.env.found_docs} | {"": docname}
    glossary.mark_references(doctree, previews, documents, count)


def _describe(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:  # noqa: ARG001
    """Let search engines and link previews show the question that a page answers, and reference managers cite it."""
    paragraphs = [node.astext() for node in doctree.findall(nodes.paragraph)] if doctree is not None else []
    description = html.escape(dressing.page_description(paragraphs))
    if description:
        tag = f'<meta name="description" content="{description}" />\n'
        context["metatags"] = context.get("metatags", "") + tag
        context["meta"] = (context.get("meta") or {}) | {"og:description": description}
        record = record_of(Path(app.srcdir) / f"{pagename}.ipynb") or {}
        address = f"{base.rstrip('/')}/{pagename}.html" if (base := app.config.html_baseurl) else ""
        title = getattr(doctree.next_node(nodes.title), "astext", str)()
        about = (title, html.unescape(description), record.get("at", "")[:10])
        tags = metadata.page_tags(getattr(app, _CITATION), *about, "../" * pagename.count("/"), address)
        context["metatags"] += tags


def _dress(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:  # noqa: ARG001
    """Give a page its buttons, and no script that it does not need."""
    body = context.get("body", "")
    root = context["content_root"].removeprefix("./")
    if body:
        context["body"] = dressing.repaired_body(body)
    if pagename == app.config.root_doc:
        context["body"] = dressing.with_offers(context["body"], root, app.env.report_utils_prints)
    toctree = context["generate_toctree_html"]
    context["generate_toctree_html"] = lambda *values, **options: dressing.named_toggles(
        str(toctree(*values, **options))
    )
    css_tag = context["css_tag"]
    context["css_tag"] = lambda sheet: dressing.without_checksum(css_tag(sheet))
    for kind in ("script_files", "css_files"):
        context[kind] = dressing.needed(context.get(kind, []), body)
    context["default_mode"] = "light"  # until a script asks the system; without scripts it stays so
    options = app.config.html_theme_options
    repository = {"url": options.get("repository_url", ""), "branch": options.get("repository_branch", "")}
    dressing.add_buttons(context["header_buttons"], pagename, root, repository, app.env.report_utils_prints)


def _finish(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or not hasattr(app, _BEGUN):
        return
    is_book = app.builder.format == "html"
    if is_book:
        dressing.shorten_style(Path(app.outdir) / "_static")
        dressing.remove_old(Path(app.outdir), app.env.found_docs, app.builder.images.values())
        dressing.add_downloads(Path(app.srcdir), Path(app.outdir))
        figure_files.copy_data(Path(app.srcdir).parent, Path(app.outdir))
        repository = app.config.html_theme_options.get("repository_url", "")
        metadata.write_metadata(Path(app.srcdir).parent, Path(app.outdir), repository)
    report, lock, _, began = getattr(app, _BEGUN)
    lock.release()
    if not app._warncount:  # a page with a warning is rendered again, and warns again
        (Path(app.doctreedir) / _UNFINISHED).unlink(missing_ok=True)
    report.seconds["rendering"] = time.monotonic() - began
    # `report-utils build` reports the times itself
    lines = report.lines() if report.n_runs or report.pages_run else []
    print("\n".join([*lines, f"the book: {Path(app.outdir) / 'index.html'}"] if is_book else lines))


class Executions(SphinxDirective):
    """One table of the executions page: its pages, the versions they were run with, or the runs they show."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table as nodes."""
        folder = Path(self.env.srcdir) / "pages"
        for path in sorted(folder.glob("*.ipynb")):
            self.env.note_dependency(str(path))
        table = provenance.TABLES[self.arguments[0]]
        return self.parse_text_to_nodes("\n".join(table(provenance.page_records(folder))))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx."""
    enter_surroundings()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    app.add_node(figure_files.FigureLines, html=(figure_files.visit_figure_lines, None))
    app.add_node(glossary.HoverWord, html=(glossary.visit_hover_word, glossary.depart_hover_word))
    app.add_directive("report-executions", Executions)
    app.add_directive("report-reference", api.Reference)
    app.connect("config-inited", _configure)
    app.connect("builder-inited", _prepare)
    app.connect("env-get-outdated", _outdated)
    app.connect("doctree-read", _say_how_figures_were_made)
    app.connect("doctree-resolved", _mark_words)
    app.connect("html-page-context", _describe, priority=_BEFORE_OPENGRAPH)
    app.connect("html-page-context", _dress, priority=_AFTER_THE_THEME)
    app.connect("build-finished", _finish)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
