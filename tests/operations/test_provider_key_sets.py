"""Key sets from files and from a real server, which may answer anything."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from grantctl.errors import GrantctlError, GuardError, InvalidError
from grantctl.operations import provider_key_sets
from grantctl.operations.provider_key_sets import address_problem, load_provider_keys
from tests.credentials.provider import KIDS, key_set

WITHOUT_TLS = "without TLS, anybody on the way could put other keys in"
Answer = Callable[[BaseHTTPRequestHandler], None]


def sends(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def leads_to(target: str) -> Answer:
    return sends(b"", 302, Location=target)


def drips(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, each in time for the socket's own time-out."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(20):
        time.sleep(0.1)
        handler.wfile.write(b" ")
        handler.wfile.flush()


def drips_headers(handler: BaseHTTPRequestHandler) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX: yyyyyyyyyy":
        time.sleep(0.1)
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"no HTTP at all\r\n")


def is_cut(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"keys": [')


class Server:
    """Answers each path as a test says, and notes what was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                with suppress(OSError):  # the client may be gone
                    outer.answers[self.path.partition("?")[0]](self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    found = Server()
    yield found
    found.close()


def refused(source: str) -> GrantctlError:
    with pytest.raises(GrantctlError) as error:
        load_provider_keys(source)
    assert error.value.__cause__ is None
    return error.value


def test_the_set_of_a_server_is_fetched(server: Server) -> None:
    server.answers["/keys"] = sends(key_set())
    assert set(load_provider_keys(f"{server.url}/keys?tenant=1").keys) == set(KIDS.values())
    assert server.asked == ["/keys?tenant=1"]


def test_a_redirect_is_followed_on_the_same_terms(server: Server) -> None:
    server.answers |= {"/": leads_to("/there"), "/there": sends(key_set())}
    assert load_provider_keys(f"{server.url}/").keys
    assert server.asked == ["/", "/there"]


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("ftp://127.0.0.1/keys", "only https:// is fetched"),
        ("http://idp.example/keys", WITHOUT_TLS),
        ("https://name:secret@idp.example/keys", "it holds a name or a password"),
    ],
)
def test_a_redirect_leads_nowhere_else(server: Server, target: str, problem: str) -> None:
    server.answers["/"] = leads_to(target)
    error = refused(f"{server.url}/?key=hidden")
    assert error.message == f"`{server.url}/` redirects elsewhere: {problem}"
    assert len(server.asked) == 1


@pytest.mark.parametrize("target", ["file:///etc/passwd", "data:application/json,{}"])
def test_a_redirect_to_what_is_no_server_is_not_followed(server: Server, target: str) -> None:
    server.answers["/"] = leads_to(target)
    assert refused(f"{server.url}/").message.endswith("the answer has status 302")


def test_a_circle_of_redirects_ends(server: Server) -> None:
    server.answers["/"] = leads_to("/")
    assert refused(f"{server.url}/").message.endswith("the answer has status 302")
    assert len(server.asked) <= 4


ANSWERS: dict[str, tuple[Answer, str]] = {
    "too large": (
        sends(b" " * (256 * 1024 + 1)),
        "`{url}/`: a key set may have at most 262144 bytes",
    ),
    "a page": (sends(b"<html>Sign in</html>"), "`{url}/`: the key set is not JSON"),
    "not found": (sends(b"{}", 404), "{failed}: the answer has status 404"),
    "an error": (sends(key_set(), 500), "{failed}: the answer has status 500"),
    "no content": (sends(b"", 204), "{failed}: the answer has status 204"),
    "no HTTP": (hangs_up, "{failed}: no HTTP answer"),
    "cut short": (is_cut, "`{url}/`: the key set is not JSON"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_no_set_is_an_error_in_one_line(server: Server, name: str) -> None:
    answer, message = ANSWERS[name]
    server.answers["/"] = answer
    failed = f"the key set cannot be fetched from `{server.url}/`"
    assert refused(f"{server.url}/?key=hidden").message == message.format(
        url=server.url, failed=failed
    )


@pytest.mark.parametrize("answer", [drips, drips_headers])
def test_a_slow_server_is_not_waited_for(
    server: Server, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_key_sets, "TIMEOUT_SECONDS", 0.3)
    server.answers["/"] = answer
    began = time.monotonic()
    assert "no answer within" in refused(f"{server.url}/").message
    assert time.monotonic() - began < 1.5


def test_a_server_that_is_not_there_is_told(server: Server) -> None:
    server.close()
    error = refused(f"{server.url}/")
    assert error.message == (
        f"the key set cannot be fetched from `{server.url}/`: connection refused"
    )
    assert error.hint == "try again, or keep a copy in a file: --jwks FILE"


def test_a_server_without_a_trusted_certificate_is_not_believed(server: Server) -> None:
    server.answers["/"] = sends(key_set())
    address = f"{server.url.replace('http:', 'https:')}/"
    assert "cannot be fetched" in refused(address).message
    assert server.asked == []
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("https://idp.example/keys", None),
        ("https://idp.example:8443/keys?a=b", None),
        ("http://localhost:8080/keys", None),
        ("http://127.0.0.1/keys", None),
        ("http://[::1]:8080/keys", None),
        ("http://idp.example/keys", WITHOUT_TLS),
        (
            "http://localhost.evil.example/",
            WITHOUT_TLS,
        ),
        ("http://127.0.0.1@evil.example/", "it holds a name or a password"),
        ("https://:pw@idp.example/", "it holds a name or a password"),
        ("ftp://idp.example/keys", "only https:// is fetched"),
        ("file:///etc/passwd", "it is not an address"),
        ("gopher://idp.example/", "only https:// is fetched"),
        ("https://", "it is not an address"),
        ("https://idp.example:port/", "it is not an address"),
        ("https://[::1/", "it is not an address"),
        ("https://idp.example/a b", "it is not an address"),
        ("https://idp.example/\x1b[2J", "it is not an address"),
    ],
)
def test_only_tls_or_this_host_is_asked(address: str, problem: str | None) -> None:
    assert address_problem(address) == problem
    if problem:
        assert refused(address).message.endswith(problem)


def test_the_set_of_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(key_set())
    assert set(load_provider_keys(str(path)).keys) == set(KIDS.values())


def test_a_file_that_is_no_set_is_told(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text("{}")
    assert refused(str(path)).message == (f"`{path}`: a key set has a list `keys` of 1 to 100 keys")
    path.write_bytes(b" " * (256 * 1024 + 1))
    assert refused(str(path)).message == f"`{path}`: a key set may have at most 262144 bytes"
    missing = refused(str(tmp_path / "none"))
    assert missing.message == (
        f"the key set `{tmp_path / 'none'}` cannot be read: no such file or directory"
    )
    assert refused(str(tmp_path)).message.endswith("is not a regular file") or refused(
        str(tmp_path)
    ).message.endswith("is a directory")
    assert isinstance(refused("keys\0.json"), InvalidError)


def test_a_file_that_anybody_may_change_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(key_set())
    path.chmod(0o666)
    error = refused(str(path))
    assert isinstance(error, GuardError)
    assert error.message == f"anybody may change the key set `{path}`, and so log in as anybody"
