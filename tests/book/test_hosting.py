"""What publishes and launches the book says exactly what it uses, and may do no more than it must."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest
import yaml
from tools.workflow_steps import run_steps

from report_utils.profiles import profile_names, project_root

ROOT = project_root()
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.stem)
def workflow(request):
    return request.param


def test_actions_are_pinned_by_digest_with_their_version(workflow):
    lines = [line for line in workflow.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert lines
    for line in lines:
        assert re.search(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_only_publishing_may_write(workflow):
    content = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    assert content["permissions"] == {"contents": "read"}
    for name, job in content["jobs"].items():
        assert ("permissions" in job) == (name == "publish")
        for step in job["steps"]:
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


def test_publication_requires_tests_and_checks():
    content = yaml.safe_load((ROOT / ".github" / "workflows" / "book.yml").read_text(encoding="utf-8"))
    jobs = content["jobs"]
    assert set(jobs["publish"]["needs"]) == {"test", "book"}
    assert "pull_request" in jobs["publish"]["if"]
    steps = [step.get("run", "") + step.get("uses", "") for step in jobs["book"]["steps"]]
    position = {
        word: next(i for i, step in enumerate(steps) if word in step) for word in ("make pdf", "check", "artifact")
    }
    position["check"] = steps.index(".venv/bin/report-utils check")
    assert position["make pdf"] < position["check"] < position["artifact"]
    assert "make test" in [step.get("run") for step in jobs["test"]["steps"]]
    choices = content[True]["workflow_dispatch"]["inputs"]["profile"]["options"]  # YAML reads "on" as true
    assert set(choices) <= set(profile_names())


def test_broken_external_links_do_not_stop_publication():
    content = yaml.safe_load((ROOT / ".github" / "workflows" / "book.yml").read_text(encoding="utf-8"))
    (step,) = [step for step in content["jobs"]["book"]["steps"] if "linkcheck" in step.get("run", "")]
    assert step["continue-on-error"] is True
    assert "--path-output" in step["run"]  # its lists are not published
    steps = [step for job in content["jobs"].values() for step in job["steps"]]
    assert [each for each in steps if "continue-on-error" in each] == [step]


def test_a_pull_request_gets_the_book():
    content = yaml.safe_load((ROOT / ".github" / "workflows" / "book.yml").read_text(encoding="utf-8"))
    (step,) = [s for s in content["jobs"]["book"]["steps"] if "upload-artifact" in s.get("uses", "")]
    assert step["if"] == "github.event_name == 'pull_request'"
    assert step["with"]["path"] == "_build/html"


def test_every_step_runs_as_the_workflow_has_it(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FROM_HERE", "kept")
    workflow = tmp_path / "w.yml"
    steps = [
        {"uses": "actions/checkout@x"},
        {"run": "echo $FROM_HERE $OWN [$GITHUB_ONLY]", "env": {"OWN": 1, "GITHUB_ONLY": "${{ github.ref }}"}},
        {"run": "false", "continue-on-error": True},
        {"run": "make something"},
        {"run": 'test -d "$RUNNER_TEMP"\nfalse\ntouch too-far'},
        {"run": "touch too-far"},
    ]
    workflow.write_text(yaml.safe_dump({"jobs": {"a": {"steps": steps}}}))
    assert run_steps(workflow, ["make some"]) == 1
    said = capfd.readouterr()
    assert "kept 1 []" in said.out
    assert "left out: make something" in said.out
    assert "ended with exit status 1" in said.err
    assert not (tmp_path / "too-far").exists()


def test_browser_tests_cannot_be_left_out_by_the_workflow():
    steps = yaml.safe_load((ROOT / ".github" / "workflows" / "book.yml").read_text(encoding="utf-8"))["jobs"]["book"]
    (step,) = [step for step in steps["steps"] if "tests/book/browser" in step.get("run", "")]
    assert step["env"] == {"REPORT_NEEDS_BROWSER": 1}


def test_binder_installs_the_lock_file_for_the_right_python():
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    runtime = (ROOT / "binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    assert requires.startswith(f">={runtime.removeprefix('python-')}")
    script = ROOT / "binder" / "postBuild"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)
    text = script.read_text(encoding="utf-8")
    assert "--require-hashes -r requirements.lock" in text
    assert (ROOT / "requirements.lock").is_file()


def test_text_notebooks_open_as_notebooks(tmp_path, monkeypatch):
    """What Binder's script, and the page on editing, ask for is a command of the installed jupytext."""
    import json
    import sys
    from pathlib import Path

    settings = tmp_path / "overrides.json"
    command = [str(Path(sys.executable).with_name("jupytext-config")), "--settings-file", str(settings)]
    subprocess.run([*command, "set-default-viewer", "python"], check=True, capture_output=True)
    assert json.loads(settings.read_text())["@jupyterlab/docmanager-extension:plugin"]["defaultViewers"] == {
        "python": "Jupytext Notebook"
    }


def test_repository_is_a_single_empty_setting():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert config["sphinx"]["config"]["html_theme_options"]["repository_url"] == ""
    assert config["html"]["baseurl"] == ""
    others = {key: value for key, value in config["html"].items() if key.startswith("use_")}
    assert not any(others.values())
