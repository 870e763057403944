"""What a valid configuration means, and its schema for editors."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import yaml

import study_info
from funnel_study.study.read import read_study
from funnel_study.study.yaml_file import read_yaml_file

Config = dict[str, Any]


def test_every_shipped_configuration_is_valid(repository: Path) -> None:
    files = sorted((repository / "config").glob("*.yaml"))
    names = [read_study(yaml.safe_load(file.read_text())).study for file in files]
    assert {"default", "many-seeds"} <= set(names)
    assert len(set(names)) == len(names), "two configurations have the same output folder"


def test_the_schema_for_editors_is_up_to_date_and_accepts_what_is_shipped(repository: Path) -> None:
    schema = json.loads((repository / "config/schema.json").read_text())
    assert schema == study_info.schema(), "run make schema"
    validator = jsonschema.Draft202012Validator(schema)
    for file in (repository / "config").glob("*.yaml"):
        text = file.read_text()
        assert text.startswith("# yaml-language-server: $schema=schema.json\n")
        assert read_yaml_file(file) == yaml.safe_load(text)
        validator.validate(read_yaml_file(file))
    for bad in ({"replicate": 3}, {"samplers": ["jags"]}, {"replicates": "3"}, {"study": "../x"}):
        assert not validator.is_valid({"study": "a", "sweep": {}, **bad})


def test_every_key_is_described_and_documented(repository: Path) -> None:
    text = (repository / "config/README.md").read_text()
    schema = study_info.schema()
    for section in (schema, *schema["$defs"].values()):
        for key, about in section["properties"].items():
            assert about.get("description"), key
            assert f"`{key}`" in text
