"""What machines read of the book says what the citation file and the runs say, and refers to what is there."""

from __future__ import annotations

import json

import pytest
import yaml
from bs4 import BeautifulSoup

from report_utils import __version__
from report_utils.book import metadata
from report_utils.book.figure_files import DATA_FILES
from report_utils.book.pages import book_pages
from report_utils.errors import InputError
from report_utils.profiles import project_root
from report_utils.runs.ownership import METADATA

ROOT = project_root()


@pytest.fixture
def citation():
    return metadata.read_citation(ROOT)


@pytest.fixture
def project(tmp_path):
    """A project with two executed pages of ours and a rendered figure, beside the real table of contents."""
    for name in ("CITATION.cff", "pyproject.toml", "_toc.yml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    pages, book = tmp_path / "book" / "pages", tmp_path / "_build" / "html"
    pages.mkdir(parents=True)
    for slug, day, version in (("2-data", "2024-05-01", "1.0"), ("3-1-images", "2024-05-03", "2.0")):
        inputs = {"profile": {"name": "quick"}, "runs": {"fit/quick/x/fold-0-seed-0": "d", "data/quick": "d"}}
        record = {"digest": f"digest-{slug}", "inputs": inputs, "at": f"{day} 10:00:00", "versions": {"numpy": version}}
        (pages / f"{slug}.ipynb").write_text(json.dumps({"metadata": {METADATA: record}}))
        (book / "pages").mkdir(parents=True, exist_ok=True)
        (book / "pages" / f"{slug}.html").touch()
        notebook = book / "_sources" / "notebooks" / f"{slug}.py"
        notebook.parent.mkdir(parents=True, exist_ok=True)
        notebook.touch()
    (book / DATA_FILES).mkdir(parents=True)
    (book / DATA_FILES / "fig-1.csv").touch()
    return tmp_path


def test_the_citation_file_has_the_package_s_version(citation):
    assert str(citation["version"]) == __version__


def test_a_damaged_citation_file_is_refused_in_one_line(tmp_path):
    path = tmp_path / "CITATION.cff"
    for content, said in (
        ("title: [", "cannot be read"),
        ("title: T\nversion: 1", "has no abstract, license, authors"),
    ):
        path.write_text(content)
        with pytest.raises(InputError, match=f"CITATION.cff: {said}"):
            metadata.read_citation(tmp_path)
    path.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        metadata.read_citation(tmp_path)


def test_authors_are_persons_and_organisations():
    person = {"family-names": "Berg", "given-names": "Ann", "name-particle": "van den", "orcid": "https://orcid.org/0"}
    ann, us = metadata.people([person, {"name": "The developers"}])
    assert (ann["@type"], ann["name"], ann["@id"]) == ("Person", "Ann van den Berg", "https://orcid.org/0")
    assert (us["@type"], us["name"], us["@id"]) == ("Organization", "The developers", "#The-developers")


def test_codemeta_says_what_the_project_s_files_say(citation):
    found = metadata.codemeta(ROOT, citation, "https://example.org/a/b")
    assert found["@context"] == "https://w3id.org/codemeta/3.0"
    assert (found["name"], found["version"]) == (citation["title"], __version__)
    assert found["license"] == "https://spdx.org/licenses/MIT"
    assert found["codeRepository"] == "https://example.org/a/b"
    assert any(line.startswith("numpy") for line in found["softwareRequirements"])
    assert found["referencePublication"]["author"][0]["familyName"] == "Lovig"
    assert "codeRepository" not in metadata.codemeta(ROOT, citation)


def test_a_page_can_be_cited_and_its_words_end_no_script(citation):
    tags = metadata.page_tags(
        citation, 'A "<title>"', "Why </script>?", "2024-05-01", "../", "https://example.org/p.html"
    )
    soup = BeautifulSoup(tags, "html.parser")
    named = {tag["name"]: tag["content"] for tag in soup.select("meta")}
    assert named["citation_title"] == 'A "<title>"'
    assert named["citation_publication_date"] == "2024/05/01"
    assert named["citation_author"] == citation["authors"][0]["name"]
    assert soup.link["href"] == "../ro-crate-metadata.json"
    said = json.loads(soup.script.string)
    assert (said["description"], said["url"]) == ("Why </script>?", "https://example.org/p.html")
    assert said["isPartOf"]["isBasedOn"]["name"] == citation["preferred-citation"]["title"]
    plain = metadata.page_tags(citation, "A", "B", "", "")
    assert "publication_date" not in plain
    assert "fulltext" not in plain


@pytest.mark.parametrize("prefix", ["", "book/"])
def test_the_crate_describes_each_file_and_the_run_behind_each_page(project, citation, prefix):
    crate = metadata.ro_crate(project, project / "_build" / "html", prefix=prefix)
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    descriptor, whole = entities["ro-crate-metadata.json"], entities["./"]
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert {"name", "description", "datePublished", "license"} <= whole.keys()
    assert whole["datePublished"] == "2024-05-03"
    files = [part["@id"] for part in whole["hasPart"]]
    assert {f"{prefix}pages/2-data.html", f"{prefix}_sources/figures/fig-1.csv"} <= set(files)
    assert all((project / "_build" / "html" / file.removeprefix(prefix)).is_file() for file in files)
    run = entities["#run-2-data"]
    assert (run["identifier"], run["endTime"]) == ("digest-2-data", "2024-05-01T10:00:00Z")
    assert run["result"] == {"@id": f"{prefix}pages/2-data.html"}
    assert run["instrument"] == [{"@id": f"{prefix}_sources/notebooks/2-data.py"}, {"@id": "#numpy-1.0"}]
    assert "1 trainings" in run["name"]


def test_all_that_a_crate_refers_to_is_in_it(project):
    crate = metadata.ro_crate(project, project / "_build" / "html")
    known = {entity["@id"] for entity in crate["@graph"]} | {"https://w3id.org/ro/crate/1.1"}

    def references(value):
        if isinstance(value, dict):
            return [value["@id"]] if set(value) == {"@id"} else [r for item in value.values() for r in references(item)]
        return [r for item in value for r in references(item)] if isinstance(value, list) else []

    assert set(references(crate["@graph"])) <= known


def test_a_date_of_release_comes_first(project):
    path = project / "CITATION.cff"
    content = yaml.safe_load(path.read_text()) | {"date-released": "2025-01-02"}
    path.write_text(yaml.safe_dump(content))
    metadata.write_metadata(project, project / "_build" / "html")
    crate = json.loads((project / "_build" / "html" / "ro-crate-metadata.json").read_text())
    assert {e["@id"]: e for e in crate["@graph"]}["./"]["datePublished"] == "2025-01-02"
    assert (project / "_build" / "html" / "codemeta.json").is_file()
    assert len(book_pages(project)) > 2  # pages that were not run are left out
