"""The commands as a person types them."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import threading
import time

import httpx
import pytest

from answers import GOOD, chunk, completion, text_stream
from conftest import UPSTREAM_KEY
from gateway import Gateway, Process, free_port, run
from scripted_upstream import Reply, answer, events, stream


def house(upstream) -> str:
    return f"providers:\n  demo: {{}}\n  house: {{ kind: openai, base_url: {upstream.url}/house/v1, api_key: {UPSTREAM_KEY} }}\n"


@pytest.fixture
def fresh(upstream, tmp_path):
    """A gateway of this test's own."""
    made = Gateway(tmp_path / "gateway", house(upstream), secrets=(UPSTREAM_KEY,))
    yield made
    if made.alive():
        made.stop()


def ask(gateway, key: str | None = None, model: str = "demo/chat") -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
    return httpx.post(f"{gateway.url}/v1/chat/completions", json=body, headers={"authorization": f"Bearer {key or gateway.key}"})


# --- the first run ---------------------------------------------------------------------------------------------------


def printed_curl(text: str) -> str:
    """The curl command as a person would select it: from `curl` to the end of its last line."""
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if re.match(r"\s*\$?\s*curl\b", line))
    last = first
    while lines[last].rstrip().endswith("\\") or "\n".join(lines[first : last + 1]).count("'") % 2:
        last += 1
    return re.sub(r"^\s*\$\s*", "", "\n".join(lines[first : last + 1]))


def test_the_printed_curl_works_when_pasted(tmp_path):
    port = free_port()
    process = Process(tmp_path, "serve", "--listen", f"127.0.0.1:{port}", "--database", f"sqlite:{tmp_path}/turnpike.db")
    process.wait_for_port(port)
    text = process.wait_for_output("curl")
    time.sleep(0.2)
    done = subprocess.run(["sh", "-c", printed_curl(process.output)], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["choices"][0]["message"]["content"]
    keys = re.findall(r"tp-[A-Za-z0-9_-]{43}", process.output)
    assert len(set(keys)) == 2, "one client key and one admin key are printed"
    assert str(port) in text
    process.check_health()
    assert process.terminate() == 0


def test_a_second_start_prints_no_admin_key_and_its_curl_works(tmp_path):
    port = free_port()
    arguments = ("serve", "--listen", f"127.0.0.1:{port}", "--database", f"sqlite:{tmp_path}/turnpike.db")
    for number in range(2):
        process = Process(tmp_path / str(number), *arguments)
        process.wait_for_port(port)
        process.wait_for_output("curl")
        time.sleep(0.2)
        done = subprocess.run(["sh", "-c", printed_curl(process.output)], capture_output=True, text=True, timeout=20)
        assert json.loads(done.stdout)["choices"]
        assert len(set(re.findall(r"tp-[A-Za-z0-9_-]{43}", process.output))) == (2 if number == 0 else 1)
        assert process.terminate() == 0


def test_the_database_keeps_no_key_in_clear(fresh, tmp_path):
    assert ask(fresh).status_code == 200
    fresh.stop()
    files = [p for p in (tmp_path / "gateway").rglob("*") if p.is_file() and p.name not in ("turnpike.yaml",)]
    for secret in (fresh.key, fresh.admin_key):
        assert not [p.name for p in files if secret.encode() in p.read_bytes()]


def test_it_answers_within_300_ms_of_its_start(upstream, tmp_path):
    """The figure of a release build on a quiet machine; a debug build under tests gets ten times that."""
    started = time.monotonic()
    made = Gateway(tmp_path, house(upstream), secrets=(UPSTREAM_KEY,))
    assert ask(made).status_code == 200
    assert time.monotonic() - started < 3
    made.stop()


@pytest.mark.parametrize("key", ["short", "x" * 31])
def test_a_short_admin_key_is_a_configuration_error(tmp_path, key):
    done = run(
        tmp_path, "serve", "--listen", f"127.0.0.1:{free_port()}", "--database", f"sqlite:{tmp_path}/t.db", env={"TURNPIKE_ADMIN_KEY": key}
    )
    assert done.returncode == 78
    assert "TURNPIKE_ADMIN_KEY" in done.stderr + done.stdout and "32" in done.stderr + done.stdout


def test_a_taken_port_is_said_plainly(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "turnpike.yaml").write_text(
            f"listen: 127.0.0.1:{port}\nadmin: {{ listen: 127.0.0.1:{free_port()} }}\nproviders: {{ demo: {{}} }}\n"
            f"state: {{ database: sqlite:{tmp_path}/t.db }}\n"
        )
        done = run(tmp_path, "serve", "--config", "turnpike.yaml")
    assert done.returncode == 1 and str(port) in done.stderr + done.stdout


def test_version_and_help(tmp_path):
    done = run(tmp_path, "--version")
    assert done.returncode == 0 and re.search(r"\d+\.\d+", done.stdout)
    for command in ((), ("serve",), ("check",), ("simulate",), ("keys",), ("keys", "create")):
        done = run(tmp_path, *command, "--help")
        assert done.returncode == 0 and "USAGE" in done.stdout


@pytest.mark.parametrize("arguments", [("--nonsense",), ("serve", "--lisen", "x"), ("frobnicate",), ("keys", "nonsense")])
def test_wrong_usage_is_64(tmp_path, arguments):
    assert run(tmp_path, *arguments).returncode == 64


# --- check -----------------------------------------------------------------------------------------------------------

MISTAKES = {
    "unknown-key": ("lisen: 127.0.0.1:8080\n", 1, 1, "listen"),
    "unknown-nested-key": ("providers:\n  openai: { base_ulr: http://127.0.0.1:1/v1 }\n", 2, 13, "base_url"),
    "unknown-kind": ("providers:\n  house:\n    kind: opanai\n", 3, 11, "openai"),
    "bad-duration": ("reliability:\n  timeouts:\n    connect: 5 parsecs\n", 3, 14, "30s"),
    "unknown-provider": ("providers: { openai: {} }\nroutes:\n  chat: opanai/gpt-4o\n", 3, 9, "openai"),
    "not-yaml": ("providers: { openai: {}\n", None, None, None),
    "bad-address": ("listen: nowhere\n", 1, 9, None),
}


@pytest.mark.parametrize(("text", "line", "column", "nearest"), MISTAKES.values(), ids=MISTAKES)
def test_check_names_line_column_and_the_nearest_key(tmp_path, text, line, column, nearest):
    (tmp_path / "turnpike.yaml").write_text(text)
    done = run(tmp_path, "check", "--config", "turnpike.yaml")
    shown = done.stdout + done.stderr
    assert done.returncode == 78, shown
    if line is None:
        assert re.search(r"turnpike\.yaml:\d+:\d+", shown), shown
    else:
        assert f"turnpike.yaml:{line}:{column}" in shown, shown
    assert nearest is None or nearest in shown, shown


def test_serve_refuses_what_check_refuses(tmp_path):
    (tmp_path / "turnpike.yaml").write_text("lisen: 127.0.0.1:8080\n")
    done = run(tmp_path, "serve", "--config", "turnpike.yaml")
    assert done.returncode == 78 and "turnpike.yaml:1:1" in done.stdout + done.stderr


def test_a_missing_file_is_said_plainly(tmp_path):
    done = run(tmp_path, "check", "--config", "missing.yaml")
    assert done.returncode == 78 and "missing.yaml" in done.stdout + done.stderr


def test_check_prints_the_routes(tmp_path):
    (tmp_path / "turnpike.yaml").write_text(
        "providers: { demo: {}, house: { kind: openai, base_url: http://127.0.0.1:9/v1 } }\nroutes: { chat: house/qwen3 }\n"
    )
    done = run(tmp_path, "check", "--config", "turnpike.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "chat" in done.stdout and "house/qwen3" in done.stdout


def test_check_prints_the_schema(tmp_path):
    done = run(tmp_path, "check", "--schema")
    assert done.returncode == 0
    schema = json.loads(done.stdout)
    assert {"listen", "admin", "providers", "routes", "server", "guardrails"} <= set(schema["properties"])


def test_a_secret_from_the_environment_is_never_printed(tmp_path):
    (tmp_path / "turnpike.yaml").write_text('providers:\n  openai: { api_key: "${SECRET_KEY}", nonsense: 1 }\n')
    done = run(tmp_path, "check", "--config", "turnpike.yaml", env={"SECRET_KEY": "sk-very-secret-value"})
    assert done.returncode == 78 and "sk-very-secret-value" not in done.stdout + done.stderr


def test_a_part_that_is_not_built_is_accepted_with_a_warning_and_refused_as_a_route(tmp_path):
    text = "providers: { demo: {} }\ncache: { exact: { ttl: 1h } }\nroutes: { mine: { cheapest: [ demo/chat, demo/slow ] } }\n"
    made = Gateway(tmp_path, text)
    done = run(tmp_path, "check", "--config", str(made.config))
    shown = [line for line in (done.stdout + done.stderr).splitlines() if "warning" in line]
    assert done.returncode == 0 and [line for line in shown if "'cache'" in line] and [line for line in shown if "'cheapest'" in line]
    got = ask(made, model="mine")
    assert 400 <= got.status_code < 600 and got.status_code != 500 and "cheapest" in got.json()["error"]["message"]
    assert ask(made).status_code == 200
    made.stop()


# --- keys ------------------------------------------------------------------------------------------------------------


def test_keys_made_and_deleted_in_the_api_count_at_once(fresh):
    status, made = fresh.admin("POST", "/admin/v1/keys", {"name": "short-lived", "account": "tests"})
    assert status == 201 and re.fullmatch(r"tp-[A-Za-z0-9_-]{43}", made["key"])
    fresh.secrets.append(made["key"])
    assert ask(fresh, made["key"]).status_code == 200
    status, rows = fresh.admin("GET", "/admin/v1/keys")
    assert status == 200 and made["id"] in [row["id"] for row in rows["data"]] and made["key"] not in json.dumps(rows)
    assert fresh.admin("DELETE", f"/admin/v1/keys/{made['id']}")[0] in (200, 204)
    assert ask(fresh, made["key"]).status_code == 401
    assert ask(fresh).status_code == 200


def test_the_admin_port_denies_by_default(fresh):
    for method, path in (("GET", "/admin/v1/keys"), ("POST", "/admin/v1/keys"), ("DELETE", "/admin/v1/keys/x"), ("GET", "/admin/v1/nothing")):
        assert fresh.admin(method, path, {"name": "x", "account": "y"} if method == "POST" else None, key="")[0] == 401, path
        assert fresh.admin(method, path, {"name": "x", "account": "y"} if method == "POST" else None, key="tp-" + "A" * 43)[0] == 401, path
    assert fresh.admin("GET", "/admin/v1/keys", key=fresh.key)[0] == 403
    assert fresh.admin("GET", "/healthz", key="")[0] == 200
    assert fresh.admin("GET", "/metrics", key="")[0] == 200


def test_the_data_port_serves_no_admin_path(fresh):
    got = httpx.get(f"{fresh.url}/admin/v1/keys", headers={"authorization": f"Bearer {fresh.admin_key}"})
    assert got.status_code == 404


def test_a_key_is_held_to_its_routes(fresh):
    key = fresh.make_key("narrow", routes=["demo/slow"])
    assert ask(fresh, key).status_code == 403


def created_key(done) -> str:
    found = re.findall(r"tp-[A-Za-z0-9_-]{43}", done.stdout)
    assert done.returncode == 0 and len(found) == 1, done.stdout + done.stderr
    return found[0]


@pytest.mark.parametrize("running", [True, False])
def test_keys_from_the_command_line_with_and_without_a_running_server(upstream, tmp_path, running):
    made = Gateway(tmp_path, house(upstream), secrets=(UPSTREAM_KEY,))
    if not running:
        made.stop()
    key = created_key(run(tmp_path, "keys", "create", "--config", str(made.config), "--name", "from-the-shell", "--account", "tests"))
    shown = run(tmp_path, "keys", "list", "--config", str(made.config))
    assert shown.returncode == 0 and "from-the-shell" in shown.stdout and key not in shown.stdout, shown.stdout + shown.stderr
    identity = re.search(r"\S+", next(line for line in shown.stdout.splitlines() if "from-the-shell" in line))[0]

    def use(expected: int) -> None:
        process = made if running else Process(tmp_path / "again", "serve", "--config", str(made.config))
        process.wait_for_port(made.port)
        assert ask(made, key).status_code == expected
        if not running:
            assert process.terminate() == 0

    use(200)
    gone = run(tmp_path, "keys", "revoke", identity, "--config", str(made.config))
    assert gone.returncode == 0, gone.stdout + gone.stderr
    use(401)
    if running:
        made.secrets.append(key)
        made.stop()


# --- stopping and reloading ------------------------------------------------------------------------------------------


def test_sigterm_lets_a_running_stream_finish(fresh, upstream, model):
    whole = stream(events(chunk({"role": "assistant", "content": "one"})) + text_stream(["two"]), framing="close")
    at = whole.steps[0].index(b"data: ", 300)
    upstream.script(model, Reply((whole.steps[0][:at], 1.5, whole.steps[0][at:]), "fin"))
    body = {"model": f"house/{model}", "messages": [], "stream": True}
    with httpx.stream("POST", f"{fresh.url}/v1/chat/completions", json=body, headers={"authorization": f"Bearer {fresh.key}"}) as response:
        pieces = response.iter_bytes()
        text = next(pieces)
        fresh.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", fresh.port), 1).close()
        assert fresh.alive()
        text += b"".join(pieces)
    assert text.endswith(b"data: [DONE]\n\n")
    assert fresh.process.wait(5) == 0


def test_sigterm_ends_an_idle_gateway_at_once(fresh):
    with httpx.Client(headers={"authorization": f"Bearer {fresh.key}"}) as client:
        client.post(f"{fresh.url}/v1/chat/completions", json={"model": "demo/chat", "messages": []})
        started = time.monotonic()
        assert fresh.terminate() == 0
    assert time.monotonic() - started < 3


def test_draining_ends_at_its_limit(upstream, tmp_path, model):
    made = Gateway(tmp_path, house(upstream) + "server: { drain: 1s }\n", secrets=(UPSTREAM_KEY,))
    upstream.script(model, Reply((), "stall"))
    asked = threading.Thread(target=lambda: pytest.raises(httpx.HTTPError, ask, made, None, f"house/{model}"), daemon=True)
    asked.start()
    upstream.wait(model)
    started = time.monotonic()
    assert made.terminate() == 0
    assert 0.7 < time.monotonic() - started < 4


@pytest.mark.parametrize("sign", ["SIGHUP", "file"])
def test_a_changed_file_is_reloaded(fresh, upstream, model, sign):
    upstream.script(model, answer(completion("after the reload")))
    assert ask(fresh, model="added").status_code == 404
    fresh.write(house(upstream) + f"routes: {{ added: house/{model} }}\n")
    if sign == "SIGHUP":
        fresh.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + (3 if sign == "SIGHUP" else 10)
    while (got := ask(fresh, model="added")).status_code != 200:
        assert time.monotonic() < end, got.text
        time.sleep(0.05)
    assert got.json()["choices"][0]["message"]["content"] == "after the reload"


def test_a_broken_file_changes_nothing(fresh, upstream):
    fresh.write(house(upstream) + "nonsense: true\n")
    fresh.process.send_signal(signal.SIGHUP)
    fresh.wait_for_output("nonsense")
    assert ask(fresh).status_code == 200


def test_the_metrics_count_requests(fresh):
    for _ in range(3):
        assert ask(fresh).status_code == 200
    status, text = fresh.admin("GET", "/metrics", key="")
    assert status == 200
    counts = [float(line.split()[-1]) for line in text.splitlines() if re.match(r"turnpike\w*requests\w*total", line)]
    assert sum(counts) >= 3, text[:2000]
    assert fresh.key not in text and GOOD["model"] not in text
