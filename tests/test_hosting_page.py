"""The page for whoever hosts it, and the files of `deploy/`, name the settings and metrics that there are."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic_core import PydanticUndefined
from ruamel.yaml import YAML

from rehearse.app.metrics import Metrics
from rehearse.app.queueing import LONGEST_ADVICE, MODEL_AT_ONCE, MOST_OF_ONE, MOST_WAITING, Work
from rehearse.config import Settings, load_settings
from rehearse.config_file import variable_of
from rehearse.storage.chroma_server import AWAY_SECONDS
from rehearse.workspace import Workspace

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
DEPLOY = ROOT / "deploy"
VARIABLE = re.compile(r"\b(?:REHEARSE|OPENAI|HF)_[A-Z_]+\b")
NOT_OURS = {"REHEARSE_LISTEN"}
"""What compose.yaml reads itself."""


def default_of(name: str) -> str:
    default = Settings.model_fields[name].default
    if default is PydanticUndefined:
        return "a folder of the user"
    if default is None:
        return "unset"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_the_table_holds_every_setting_with_its_default() -> None:
    block = PAGE.partition("<!-- settings: begin -->")[2].partition("<!-- settings: end -->")[0]
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| (.+) \|$", block, re.MULTILINE)
    assert {name: default for name, default, _ in rows} == {variable_of(n): default_of(n) for n in Settings.model_fields}
    assert len(rows) == len(Settings.model_fields), "one row each"


@pytest.mark.parametrize("file", sorted(path for path in DEPLOY.iterdir() if path.is_file()), ids=lambda path: path.name)
def test_deploy_sets_nothing_that_there_is_not(file: Path) -> None:
    known = {variable_of(name) for name in Settings.model_fields} | NOT_OURS
    assert set(VARIABLE.findall(file.read_text(encoding="utf-8"))) <= known


def environment(service: dict[str, Any], **given: str) -> dict[str, str]:
    """What compose would set, with what an operator gives."""
    found = {}
    for name, value in service["environment"].items():
        asked = re.fullmatch(r"\$\{([A-Z_]+)(?::-([^}]*)|:\?[^}]*)\}", str(value))
        found[name] = given.get(asked[1], asked[2] or "") if asked else str(value)
    return found


def composed() -> dict[str, Any]:
    """compose.yaml, with its anchors put in."""
    return dict(YAML(typ="safe").load(DEPLOY / "compose.yaml"))


def test_the_settings_of_compose_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    services = composed()["services"]
    for service in (services["app1"], services["app2"]):
        assert service["read_only"] is True
        for name, value in environment(service, REHEARSE_PUBLIC_URL="https://rehearse.example.com").items():
            monkeypatch.setenv(name, value)
        settings = load_settings()
        assert (settings.auth, settings.metrics, settings.keep_days, settings.model) == ("accounts", "open", None, None)
        assert settings.chroma_url == "http://chroma:8000"
    assert "ports" not in services["app1"]
    assert "ports" not in services["postgres"]
    assert "ports" not in services["chroma"]
    assert services["nginx"]["ports"] == ["${REHEARSE_LISTEN:-127.0.0.1:8080}:8080"]


def test_every_setting_of_the_example_reaches_both_processes() -> None:
    compose = composed()
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    for service in (compose["services"]["app1"], compose["services"]["app2"]):
        assert service["env_file"] == [{"path": ".env", "required": False}]
        # What stands there is stronger than .env, so it may not be a fixed word that .env is asked for.
        fixed = {name for name, value in service["environment"].items() if "${" not in str(value)}
        assert not fixed & set(VARIABLE.findall((DEPLOY / "env.example").read_text(encoding="utf-8")))
        assert service["environment"]["REHEARSE_PUBLIC_URL"].startswith("${REHEARSE_PUBLIC_URL:?")
    files = re.findall(r"_FILE=(\S+)$", (DEPLOY / "env.example").read_text(encoding="utf-8"), re.MULTILINE)
    assert files
    for file in files:
        name = file.removeprefix("/run/secrets/")
        assert re.search(rf"^  (?:# )?{name}:\n  (?:# )?  file: \./secrets/{name}$", text, re.MULTILINE), file


def test_the_parts_of_compose_know_each_other() -> None:
    compose = composed()
    services = compose["services"]
    for service in services.values():
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        assert set(service["networks"]) <= set(compose["networks"])
        assert {v.partition(":")[0] for v in service.get("volumes", []) if v[0] != "."} <= set(compose["volumes"])
    for name in ("app1", "app2"):
        given = environment(services[name])
        assert given["REHEARSE_DATABASE_URL_FILE"] == f"/run/secrets/{services[name]['secrets'][0]}"
        [net] = compose["networks"]["inside"]["ipam"]["config"]
        assert given["REHEARSE_TRUSTED_PROXIES"] == net["subnet"]
    assert compose["networks"]["inside"]["internal"] is True
    assert all("inside" in service["networks"] for service in services.values())
    conf = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert re.findall(r"^    server (\w+):7860 ", conf, re.MULTILINE) == ["app1", "app2"]
    # nginx asks for addresses once, so it is started again with the processes.
    again = {"condition": "service_started", "restart": True}
    assert services["nginx"]["depends_on"] == {"app1": again, "app2": again}
    # By the socket it would be healthy while the image still makes the database.
    assert "-h 127.0.0.1" in services["postgres"]["healthcheck"]["test"][1]


def test_the_image_is_made_once_and_never_fetched() -> None:
    services = composed()["services"]
    assert services["app1"]["build"] == {"context": "..", "dockerfile": "deploy/Dockerfile"}
    assert services["app1"]["image"] == services["app2"]["image"]
    assert "build" not in services["app2"]
    assert services["app2"]["pull_policy"] == "never"
    first, second = ({k: v for k, v in services[n].items() if k not in {"build", "pull_policy"}} for n in ("app1", "app2"))
    assert first == second


def test_the_image_is_given_all_that_the_package_is_built_from() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    told = project["project"]
    needed = {"pyproject.toml", told["readme"], *told["license-files"], *wheel["packages"], *wheel["force-include"]}
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    copied = {name for line in re.findall(r"^COPY (?!--)(.+)$", dockerfile, re.MULTILINE) for name in line.split()[:-1]}
    let_in = re.findall(r"^!(.+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    assert needed <= copied
    assert copied == set(let_in)
    [extras] = re.findall(r"pip install --no-cache-dir '\.\[(.+)\]'", dockerfile)
    assert set(extras.split(",")) <= set(told["optional-dependencies"])


def test_the_settings_of_the_unit_and_of_the_example_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    unit = (DEPLOY / "rehearse@.service").read_text(encoding="utf-8")
    example = (DEPLOY / "env.example").read_text(encoding="utf-8")
    for line in [
        *re.findall(r"^#?([A-Z_]+=\S+)$", example, re.MULTILINE),
        *re.findall(r"(?:^Environment=| )(REHEARSE_\S+=\S+)", unit),
    ]:
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert (settings.public_url, settings.log_json, settings.metrics) == ("https://rehearse.example.com", True, "local")


def test_the_image_is_not_run_as_root_and_says_how_it_is() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert lines.index("USER rehearse") < next(n for n, line in enumerate(lines) if line.startswith("ENTRYPOINT"))
    assert any("/health/live" in line for line in lines)
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            assert all((ROOT / name).exists() for name in line.split()[1:-1]), line


def test_every_metric_is_explained_and_none_is_made_up() -> None:
    exposed = Metrics(Work.of(1, 1), lambda: 0).exposed()[0].decode()
    made = {
        f.name + "_total" * (f.type == "counter")
        for f in text_string_to_metric_families(exposed)
        if f.name.startswith("rehearse")
    }
    assert set(re.findall(r"`(rehearse_[a-z_]+)", PAGE)) == made
    asked = {name.removesuffix("_bucket") for name in re.findall(r"\((rehearse_[a-z_]+)\{", PAGE)}
    assert asked
    assert asked <= made


def test_the_limits_are_those_of_the_code() -> None:
    text = " ".join(PAGE.split())
    assert f"and {MODEL_AT_ONCE} that wait for a model; {MOST_WAITING} more wait in line, {MOST_OF_ONE} of one person" in text
    assert f"within {AWAY_SECONDS:g} s of the next question" in text
    assert LONGEST_ADVICE >= 1


def test_a_database_whose_address_is_in_a_file_is_one(tmp_path: Path) -> None:
    (tmp_path / "address").write_text(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    workspace = Workspace(load_settings(home=tmp_path / "home", database_url_file=tmp_path / "address"))
    assert workspace.keeps_anything
    assert not Workspace(load_settings(home=tmp_path / "home")).keeps_anything
