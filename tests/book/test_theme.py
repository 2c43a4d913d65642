"""Pages load what they use; the theme's icon font goes, and nothing else of its styles."""

from __future__ import annotations

from types import SimpleNamespace

from report_utils.book import theme


def script(filename="", body=""):
    return SimpleNamespace(filename=filename, attributes={"body": body})


SCRIPTS = [
    script("_static/doctools.js"),
    script("_static/mathjax/tex-svg.js"),
    script(body="window.MathJax = {}"),
    script("_static/copybutton.js"),
    script("_static/sphinx-thebe.js"),
    script(body="const THEBE_JS_URL = 'x'"),
    script("_static/togglebutton.js"),
    script(body="let toggleHintShow = 'x'"),
    script("_static/design-tabs.js"),
    "_static/sphinx-design.min.css",
]


def names(assets):
    return [getattr(asset, "filename", asset) or asset.attributes["body"] for asset in assets]


def test_a_plain_page_loads_what_every_page_needs():
    assert names(theme.needed(SCRIPTS, "<p>words</p>")) == ["_static/doctools.js"]


def test_what_a_page_holds_brings_its_scripts():
    assert "window.MathJax = {}" in names(theme.needed(SCRIPTS, '<span class="math notranslate">'))
    assert "_static/copybutton.js" in names(theme.needed(SCRIPTS, '<div class="highlight"><pre>'))
    assert "_static/sphinx-design.min.css" in names(theme.needed(SCRIPTS, '<div class="sd-card">'))
    assert "_static/togglebutton.js" in names(theme.needed(SCRIPTS, '<div class="dropdown admonition">'))
    everything = '<i class="math"><i class="highlight"><i class="sd-tab-set"><i class="toggle">'
    assert not any("thebe" in name.lower() for name in names(theme.needed(SCRIPTS, everything)))


def test_a_sheet_named_by_its_digest_needs_no_checksum():
    """Or else the first rendering would differ from the second."""
    name = f"_static/mystnb.{'ab' * 32}.css"
    assert theme.without_checksum(f'<link href="{name}?v=8cd3d715" />') == f'<link href="{name}" />'
    other = '<link href="_static/report.css?v=8cd3d715" />'
    assert theme.without_checksum(other) == other


def test_pictures_of_earlier_renderings_go(tmp_path):
    old, new = f"{'0' * 64}.svg", f"{'1' * 64}.svg"
    for name in (old, new, "mine.svg"):
        (tmp_path / name).touch()
    theme.trim_images(tmp_path, [])
    assert len(list(tmp_path.iterdir())) == 3  # nothing was rendered
    theme.trim_images(tmp_path, [new])
    assert {path.name for path in tmp_path.iterdir()} == {new, "mine.svg"}
    theme.trim_images(tmp_path / "none", [new])


def test_the_page_of_a_removed_transform_goes_with_its_source(tmp_path):
    kept, removed = ("3-3-results", "3-3-soft-split")
    for folder in ("pages", "_sources/pages"):
        (tmp_path / folder).mkdir(parents=True)
        for name in (kept, removed):
            (tmp_path / folder / f"{name}.{'html' if folder == 'pages' else 'ipynb'}").touch()
    (tmp_path / "genindex.html").touch()
    theme.trim_pages(tmp_path, {f"pages/{kept}", "glossary"})
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {f"pages/{kept}.html", f"_sources/pages/{kept}.ipynb", "genindex.html"}


STYLE = (
    "/*! licence */.fa-sr-only{x:1}.a{color:red}@font-face{font-family:Font Awesome\\ 6 Free;src:url(f.woff2)}"
    '.fa-bars:before{content:"x"}.fa-a:before,.fa-b:before{content:"y"}@media print{.fa-c{d:e}.g{h:i}}'
    "li.k .toggle i.fa-chevron-down{position:absolute}.l{m:n}"
)


def test_only_rules_of_the_icon_font_go():
    rest = theme.without_icon_font(STYLE)
    assert (
        rest
        == "/*! licence */.a{color:red}@media print{.g{h:i}}li.k .toggle i.fa-chevron-down{position:absolute}.l{m:n}"
    )
    assert rest.count("{") == rest.count("}")


def test_trimming_leaves_what_pages_load(tmp_path):
    for name in ("scripts/fontawesome.js", "scripts/bootstrap.js", "vendor/fontawesome/webfonts/a.woff2", "report.css"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "pydata-sphinx-theme.css").write_text(STYLE)
    theme.trim(tmp_path)
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    assert left == ["report.css", "scripts", "scripts/bootstrap.js", "styles", "styles/pydata-sphinx-theme.css"]
    once = (tmp_path / "styles" / "pydata-sphinx-theme.css").read_text()
    theme.trim(tmp_path)
    assert (tmp_path / "styles" / "pydata-sphinx-theme.css").read_text() == once


def test_faults_of_the_theme_for_screen_readers_are_repaired():
    assert theme.repaired_body('<div role="list" class="citation-list"><p>') == '<div class="citation-list"><p>'
    assert theme.named_toggles("<summary><i></i></summary>").startswith('<summary aria-label="Pages below this one">')
