"""The scripts of examples/provider-switching, unchanged, each on each provider by one line of the configuration."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

from gateway import ROOT, binary

FOLDER = ROOT / "examples" / "provider-switching"
sys.path.append(str(FOLDER))

from switch import PROVIDERS, SCRIPTS, Run  # noqa: E402


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    made = Run(str(binary()), tmp_path_factory.mktemp("switching"))
    yield made
    made.stop()


@pytest.fixture(scope="module", params=PROVIDERS)
def environment(request, running):
    """Where the scripts find the gateway whose one line names this provider."""
    return running.serve(PROVIDERS[request.param])


@pytest.mark.xdist_group("switching")
@pytest.mark.parametrize("script", SCRIPTS)
def test_the_script_runs_unchanged(environment, script):
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"with_{script}.py")], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["stream", "tools", "image", "schema"]
    assert "sunny, 21 °C" in done.stdout, "the tool's result did not reach the provider"
    assert "PNG image of 1×1 pixels" in done.stdout, "the picture did not reach the provider"


def test_no_script_names_the_gateway():
    """They are the scripts of someone who has never heard of it, but for the sentence that says so."""
    for script in SCRIPTS:
        code = pathlib.Path(FOLDER / f"with_{script}.py").read_text().split('"""', 2)[2].lower()
        assert "turnpike" not in code and "base_url" not in code and "api_key" not in code and "endpoint" not in code
