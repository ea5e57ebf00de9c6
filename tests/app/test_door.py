"""What strangers may ask the app for, and what they never hear: pure parts, then the real app."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("voila")
pytest.importorskip("websocket")
sys.path.insert(0, str(Path(__file__).parent))
import visiting  # noqa: E402

from gan_lessons.app import messages, visitors  # noqa: E402
from gan_lessons.app.door import refusal  # noqa: E402
from gan_lessons.app.messages import Malformed, may_be_heard, may_be_said, read_message  # noqa: E402
from gan_lessons.app.visitors import Visitors, knows_host  # noqa: E402

UPDATE = {"comm_id": "a" * 32, "data": {"method": "update", "state": {"value": 3}}}
OPENED = {"comm_id": "b" * 32, "target_name": messages.CONTROL, "data": {}}


def said(kind: str, content: dict, *buffers: bytes) -> bool:
    return may_be_said(read_message(visiting.message(kind, content, *buffers)))


class TestMessages:
    def test_those_of_a_page_pass(self):
        assert said("comm_msg", UPDATE) and said("comm_msg", UPDATE, b"picture" * 1000)
        assert said("comm_open", OPENED) and said("comm_close", {"comm_id": "a", "data": {}})
        assert said("kernel_info_request", {}) and said("comm_info_request", {"target_name": "x"})
        for method in ("custom", "request_state", "request_states"):
            assert said("comm_msg", {"comm_id": "a", "data": {"method": method}})

    @pytest.mark.parametrize(
        "kind",
        ["execute_request", "shutdown_request", "complete_request", "inspect_request",
         "history_request", "is_complete_request", "interrupt_request", "debug_request",
         "input_reply", "create_subshell_request", "usage_request", "apply_request", ""],
    )  # fmt: skip
    def test_no_code_and_no_ending_of_kernels(self, kind):
        assert not said(kind, {"code": "1", "silent": False})

    @pytest.mark.parametrize(
        "content",
        [OPENED | {"target_name": "jupyter.widget"}, OPENED | {"target_name": "another"},
         OPENED | {"data": {"state": "x" * 5000}}, OPENED | {"comm_id": 5},
         OPENED | {"comm_id": "a" * 65}, {}],
    )  # fmt: skip
    def test_a_page_opens_one_kind_of_comm(self, content):
        assert not said("comm_open", content)

    @pytest.mark.parametrize("data", [{}, {"method": "echo_update"}, {"method": 5}, [], None])
    def test_and_says_four_kinds_of_things(self, data):
        assert not said("comm_msg", {"comm_id": "a", "data": data})

    @pytest.mark.parametrize(
        "data",
        [b"", b"\0", bytes(8), (2**60).to_bytes(8, "little"), (2**64 - 1).to_bytes(8, "little"),
         b"\xff" * 64, b"\xff\xff\xff\xff", (6).to_bytes(8, "little") + b"\xff" * 56,
         "text", '{"channel": "shell"}', None, 5],
    )  # fmt: skip
    def test_what_is_of_no_protocol_or_claims_without_end(self, data):
        began = time.process_time()
        with pytest.raises(Malformed):
            read_message(data)
        assert time.process_time() - began < 0.5

    def test_parts_that_are_not_what_they_should_be(self):
        whole = [b"shell", b'{"msg_id": "1", "msg_type": "comm_msg"}', b"{}", b"{}", b"{}"]
        assert read_message(visiting.framed(whole)).header["msg_type"] == "comm_msg"
        wrong = {0: [b"iopub", b"stdin", b"", b"\xff"], 2: [b"", b"[]", b"5"], 3: [b"null"]}
        wrong |= {1: [b"{}", b"[1]", b'{"msg_id": 1, "msg_type": "x"}', b'"' + b"x" * 5000 + b'"']}
        wrong |= {4: [b"", b"\xff", b"[" * 10_000, b"[" * 40 + b"]" * 40, b'{"a":' * 50]}
        for place, values in wrong.items():
            for value in values:
                with pytest.raises(Malformed):
                    read_message(visiting.framed([*whole[:place], value, *whole[place + 1 :]]))
        for parts in (whole[:4], [*whole, *[b""] * 9]):
            with pytest.raises(Malformed, match="number of parts"):
                read_message(visiting.framed(parts))

    @settings(max_examples=300)
    @given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 255))
    def test_any_bytes_are_read_or_refused(self, junk, place, value):
        whole = bytearray(visiting.message("comm_msg", UPDATE, b"x"))
        whole[place % len(whole)] = value
        for data in (junk, bytes(whole), bytes(whole[:place])):
            try:
                assert isinstance(may_be_said(read_message(data)), bool)
            except Malformed:
                pass

    def test_what_a_kernel_prints_and_how_it_fails_is_not_for_visitors(self):
        assert may_be_heard("comm_msg") and may_be_heard("status")
        for kind in ("stream", "error", "execute_result", "execute_reply", "display_data", None, 5):
            assert not may_be_heard(kind)


class TestVisitors:
    @pytest.fixture
    def clock(self):
        class Clock:
            now = 0.0

            def __call__(self):
                return self.now

        return Clock()

    def test_pages_are_rationed(self, clock):
        known = Visitors(clock)
        assert [known.wait("a") for _ in range(7)] == [0] * 6 + [visitors.EVERY]
        assert known.wait("b") == 0
        clock.now = visitors.EVERY
        assert known.wait("a") == 0 and known.wait("a") > 0

    def test_who_wastes_places_waits_longer_each_time(self, clock):
        known, waits = Visitors(clock), []
        for _ in range(5):
            known.wasted("a")
            waits.append(known.wait("a"))
            clock.now += waits[-1]
        assert waits == [60, 300, 1500, 3600, 3600] and known.has_wasted("a")
        assert known.wait("a") == 0 and known.wait("b") == 0 and not known.has_wasted("b")
        for _ in range(5):
            known.stayed("a")
        assert not known.has_wasted("a")

    def test_memory_is_bounded(self, clock, monkeypatch):
        monkeypatch.setattr(visitors, "REMEMBERED", 100)
        known = Visitors(clock)
        for k in range(1000):
            known.wait(f"10.0.{k // 256}.{k % 256}")
        assert len(known._known) == 100

    @pytest.mark.parametrize(
        ("host", "ip", "known"),
        [("localhost", "127.0.0.1", True), ("127.0.0.1:8866", "127.0.0.1", True),
         ("[::1]:8866", "::1", True), ("127.0.0.5", "127.0.0.5", True),
         ("evil.example", "127.0.0.1", False), ("localhost.evil.example", "127.0.0.1", False),
         ("192.0.2.1", "127.0.0.1", False), ("", "127.0.0.1", False), ("[", "0.0.0.0", False),
         ("192.0.2.1:80", "0.0.0.0", True), ("[2001:db8::1]", "::", True),
         ("evil.example", "0.0.0.0", False), ("Explorer.Example.ORG:443", "0.0.0.0", True)],
    )  # fmt: skip
    def test_hosts(self, host, ip, known):
        assert knows_host(host, ip, ["explorer.example.org"]) is known


class Request:
    """What the door looks at of tornado's request."""

    def __init__(self, uri: str, method: str = "GET", host: str = "localhost", **headers: str):
        from tornado.httputil import HTTPHeaders, parse_qs_bytes

        self.uri, self.method, self.host = uri, method, host
        self.path, _, query = uri.partition("?")
        self.query_arguments = parse_qs_bytes(query)
        self.headers = HTTPHeaders({k.replace("_", "-"): v for k, v in headers.items()})


KERNEL = "0d0e0f10-1111-2222-3333-444455556666"
CHANNELS = f"/api/kernels/{KERNEL}/channels"
PROTOCOLS = {"Sec_WebSocket_Protocol": f"x, {messages.PROTOCOL}"}


class TestDoor:
    @pytest.mark.parametrize(
        ("uri", "method"),
        [("/", "GET"), ("/?x=1", "GET"), ("/voila/labextensions/%40x/a~b.js", "GET"),
          ("/", "HEAD"), ("/voila/static/voila.js", "GET"),
         ("/voila/templates/lab/static/voila.js", "GET"),
         (f"/voila/api/shutdown/{KERNEL}", "POST")],
    )  # fmt: skip
    def test_what_a_page_asks_for(self, uri, method):
        assert refusal(Request(uri, method), "127.0.0.1", ()) is None

    def test_a_websocket_needs_the_one_protocol(self):
        assert refusal(Request(CHANNELS, **PROTOCOLS), "127.0.0.1", ()) is None
        for headers in ({}, {"Sec_WebSocket_Protocol": ""}, {"Sec_WebSocket_Protocol": "v1.other"}):
            assert refusal(Request(CHANNELS, **headers), "127.0.0.1", ())[0] == 400
        odd = Request(f"{CHANNELS}?session_id=a/b", **PROTOCOLS)
        assert refusal(odd, "127.0.0.1", ())[0] == 400

    @pytest.mark.parametrize(
        ("uri", "method", "status"),
        [("/", "POST", 405), ("/", "DELETE", 405), ("/", "OPTIONS", 405),
         (f"/api/kernels/{KERNEL}", "PUT", 405), (f"/api/kernels/{KERNEL}", "DELETE", 405),
         (f"/api/kernels/{KERNEL}/restart", "POST", 404), ("/api/kernels", "GET", 404),
         ("/api/contents/x", "GET", 404), ("/voila/files/serve.py", "GET", 404),
         (f"/voila/query/{KERNEL}", "GET", 404), (f"/voila/api/shutdown/{KERNEL}", "GET", 405),
         ("/login", "GET", 404), ("/logout", "GET", 404), ("/x.ipynb", "GET", 404),
         ("/voila/static/../../app.py", "GET", 404), ("/voila/static/%2e%2e/app.py", "GET", 404),
         ("/voila/templates/x", "GET", 404), ("//", "GET", 404), ("*", "OPTIONS", 404),
         ("/" + "x" * 3000, "GET", 414), ("/?" + "x" * 3000, "GET", 414)],
    )  # fmt: skip
    def test_all_else_ends_here(self, uri, method, status):
        assert refusal(Request(uri, method), "127.0.0.1", ())[0] == status

    def test_another_name_leads_nowhere(self):
        for uri in ("/", CHANNELS, "/voila/static/voila.js"):
            asked = Request(uri, host="evil.example", **PROTOCOLS)
            assert refusal(asked, "127.0.0.1", ())[0] == 421
            assert refusal(asked, "127.0.0.1", ("evil.example",)) is None


def test_a_dead_kernel_makes_place():
    from gan_lessons.app import serve

    manager = serve.kernels()(places=1)

    class Dead:
        from jupyter_server._tz import utcnow

        last_activity = utcnow()

        async def is_alive(self):
            return False

    manager._kernels, ended = {"k": Dead()}, []

    async def shutdown(kernel_id, **_):
        ended.append(kernel_id)
        del manager._kernels[kernel_id]

    manager.shutdown_kernel = shutdown
    assert asyncio.run(manager.make_place()) and ended == ["k"]


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    running = visiting.App(tmp_path_factory.mktemp("app"), "--places", "4")
    running.wait()
    yield running
    running.end()


def paths_in(text: str) -> bool:
    """Whether a text names a folder of this machine."""
    from gan_lessons import files

    places = (
        sys.prefix,
        str(Path(files.__file__).parent),
        "site-packages",
        os.path.expanduser("~"),
    )
    return any(place in text for place in places if len(place) > 1) or "Traceback" in text


ROUTES = (
    "/x /login /api /api/kernels /api/contents /api/sessions /api/terminals /voila/files/serve.py "
    "/voila/static/ /voila/static/nothing /voila/templates/x/static/y /voila/templates/../x "
    "/voila/labextensions/ /voila/labextensions/x/../../y /voila/api/themes/ "
    "/voila/query/a-b-c-d-e /static/x /static/%00 /%2e%2e/%2e%2e/etc/passwd "
    "/?voila-theme=x /voila/render/x /voila/tree "
    f"/api/kernels/{KERNEL}/channels /voila/api/shutdown/{KERNEL} /metrics /files/x /nbextensions/x"
).split()


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="addresses of Linux's loopback")
class TestTheApp:
    def test_a_visitor_plays_and_hears_nothing_of_the_server(self, app):
        visitor = visiting.Visitor(app.port, "127.0.0.2")
        assert visitor.open_page() == 200 and visitor.kernel
        with visitor.connected() as there:
            states = visiting.states(there)
            assert len(states) > 50
            for key in list(states)[:40]:  # of wrong types: the kernel fails, and tells its log
                wrong = {"value": {"a": [5]}, "layout": 5, "_model_name": [], "index": "x"}
                told = {"method": "update", "state": wrong, "buffer_paths": "no"}
                there.send_binary(visiting.message("comm_msg", {"comm_id": key, "data": told}))
            there.send_binary(visiting.message("execute_request", {"code": "1/0"}))
            there.send_binary(visiting.message("shutdown_request", {"restart": False}))
            heard = []
            there.settimeout(4)
            with pytest.raises(visiting.websocket.WebSocketTimeoutException):
                while True:
                    heard.append(visiting.read(there.recv()))
            assert {kind for kind, _ in heard} <= set(messages.HEARD)
            assert not any(paths_in(json.dumps(content)) for _, content in heard)
            there.settimeout(60)
            assert len(visiting.states(there)) > 50  # it lives and answers

    def test_the_unknown_protocol_and_endless_lists_end_at_the_door(self, app):
        visitor = visiting.Visitor(app.port, "127.0.0.3")
        assert visitor.open_page() == 200
        before = app.memory()[app.process.pid]
        for protocol in (None, "v2.other"):
            with pytest.raises(visiting.websocket.WebSocketBadStatusException, match="400"):
                with visitor.connected(protocol):
                    pass
        with visitor.connected() as there:
            there.send_binary((2**60).to_bytes(8, "little") + bytes(8))
            there.settimeout(20)
            with pytest.raises((visiting.websocket.WebSocketException, OSError)):
                while there.recv():
                    pass
                raise visiting.websocket.WebSocketConnectionClosedException("an empty goodbye")
        began = time.monotonic()
        assert visitor.ask("/voila/static/voila.js")[0] == 200 and time.monotonic() - began < 20
        assert app.memory()[app.process.pid] < before + 50
        assert visitor.ask("/")[0] == 429  # who does that is asked to wait

    def test_hosts_origins_and_bodies(self, app):
        visitor = visiting.Visitor(app.port, "127.0.0.4")
        assert visitor.ask("/", Host="evil.example")[0] == 421
        assert (
            visitor.ask("/", Host=f"evil.example:{app.port}", Origin="http://evil.example")[0]
            == 421
        )
        status, _, _ = visitor.ask(f"/voila/api/shutdown/{KERNEL}", "POST", body=b"x" * 100)
        assert status in (400, 403, 404, 500)
        with pytest.raises(OSError):  # the connection is closed before so much is read
            status, _, _ = visitor.ask("/", "POST", body=bytes(2**22))
            raise OSError(status)

    @pytest.mark.parametrize("route", ROUTES)
    def test_no_route_tells_of_the_machine(self, app, route):
        for method in ("GET", "POST", "PUT", "DELETE"):
            status, head, body = visiting.Visitor(app.port, "127.0.0.5").ask(route, method)
            assert status in (200, 400, 403, 404, 405, 421, 429, 500, 503), route
            assert status != 200 or route.startswith("/?"), (route, method)
            assert not paths_in(head + body), (route, method, body[:500])

    def test_one_address_gets_half_of_the_places(self, app):
        greedy = visiting.Visitor(app.port, "127.0.0.6")
        statuses = [greedy.open_page() for _ in range(4)]
        assert statuses.count(200) <= 2 and 429 in statuses

    def test_kernels_memory_is_bounded_by_the_system(self, app):
        limits = []
        for pid in app.family()[1:]:
            if "ipykernel" in Path(f"/proc/{pid}/cmdline").read_text():
                limits.append(Path(f"/proc/{pid}/limits").read_text())
        assert limits and all(str(3 * 2**30) in each for each in limits)
