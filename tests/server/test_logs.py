"""LogFormat and the forms of both logs."""

import os
import re
import signal
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.logs.error_log_format import Entry, compile_error_format
from server.logs.escape import escape
from server.logs.log_format import compile_format
from tests.support.lab_server import BOUND, READY, LabServer, lab_server, write_config
from tests.support.processes import ending, start, wait_until
from tests.support.raw_http import ask

TIME = r"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]"


LETTERS = [
    ('%h %l %u %t "%r" %>s %b', rf'127\.0\.0\.1 - - {TIME} "GET /pic\.png\?a=b HTTP/1\.1" 200 20480'),
    ("%a %{c}a %A %m %U %q", r"127\.0\.0\.1 127\.0\.0\.1 127\.0\.0\.1 GET /pic\.png \?a=b"),
    ("%p %{canonical}p %{local}p %{remote}p", r"80 80 \d+ \d+"),
    ("%H %v %V %X %L", r"HTTP/1\.1 localhost localhost - -"),
    ("%D %T %{s}T %{ms}T %{us}T %B %k %%", r"\d+ 0 0 \d+ \d+ 20480 0 %"),
    ("%{Referer}i %{X-None}i", r'\\" -'),
    ("%{Content-Type}o %{x}o", "image/png -"),
    ("%{one}C %{two}C %{three}C", r"1 \\\"2\\\" -"),
    ("%{SEEN}e %{GROUP}e %{GONE}e", "yes pic -"),
    ("%t %{begin}t %{end}t", rf"{TIME} {TIME} {TIME}"),
    ("%{%Y}t %{begin:%d}t %{end:%H:%M}t", r"\d{4} \d\d \d\d:\d\d"),
    ("%{sec}t %{msec}t %{usec}t %{msec_frac}t %{end:usec_frac}t", r"\d{10} \d{13} \d{16} \d{3} \d{6}"),
    ("%f %R", r".*/htdocs/pic\.png -"),
    ("%P %{pid}P %{tid}P %{hextid}P %{accept_tid}P", r"(\d+) \1 \d+ 0x[0-9a-f]+ \d+"),
    ("%I %O %S", r"\d{2,} 2\d{4} 2\d{4}"),
    ("%200,304h %!200,304h %404h %!404{Referer}i", r'127\.0\.0\.1 - - \\"'),
    ("%<s %>s %!s", "200 200 200"),
    ("%{x}n %^FB %{x}^ti %{x}^to", "- - - -"),
    (r"a\tb\\c\d", r"a\tb\\c\\d"),
]
ENVIRONMENT = """
SetEnv SEEN yes
SetEnvIf Request_URI "/(\\w+)" GROUP=$1
SetEnvIf Remote_Addr . GONE=x
BrowserMatch "" !GONE
SetEnvIf Remote_Addr ^127 client-is-here
CustomLog only.log %m env=client-is-here
CustomLog never.log %m env=!client-is-here
"""


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What one request leaves in a log for each template."""
    root = tmp_path_factory.mktemp("letters")
    quoted = [template.replace("\\", "\\\\").replace('"', '\\"') for template, _ in LETTERS]
    logs = "".join(f'CustomLog {number}.log "{text}"\n' for number, text in enumerate(quoted))
    with lab_server(root, "event", extra=ENVIRONMENT + logs) as running:
        ask(running.address, "/pic.png?a=b", 'Referer: "', 'Cookie: one=1; two="2"')
        files = [root / f"{number}.log" for number in range(len(LETTERS))]
        wait_until(lambda: all(file.read_text().endswith("\n") for file in files), "the lines")
        assert (root / "only.log").read_text() == "GET\n"
        assert (root / "never.log").read_text() == ""
        return [file.read_text() for file in files]


@pytest.mark.parametrize("number", range(len(LETTERS)), ids=[template for template, _ in LETTERS])
def test_letters(letters: list[str], number: int) -> None:
    assert re.fullmatch(LETTERS[number][1] + "\n", letters[number])


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("% s", "Unrecognized LogFormat directive % "),
        ("%Z", "Unrecognized LogFormat directive %Z"),
        ("%^xx", r"Unrecognized LogFormat directive %\^"),
        ("%", "Ran off end of LogFormat parsing"),
        ("%{", "Ran off end of LogFormat parsing"),
        ("%>", "Ran off end of LogFormat parsing"),
        ("100%", "Ran off end of LogFormat parsing"),
    ],
)
def test_unknown_letters_are_refused(template: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compile_format(template)


@given(st.binary(max_size=50))
def test_escaped_text_is_printable_and_stays_in_its_quotes(text: bytes) -> None:
    escaped = escape(text)
    assert all(0x20 <= byte <= 0x7E for byte in escaped)
    unquoted = re.sub(rb"\\(x[0-9a-f]{2}|.)", b"", escaped)
    assert b'"' not in unquoted
    assert escaped.decode("unicode_escape").encode("latin-1") == text


def test_every_line_of_the_error_log_has_httpds_form(tmp_path: Path) -> None:
    with lab_server(tmp_path, "prefork") as running:
        ask(running.address, "/missing")
        ask(running.address, "/%2e%2e/")
        form = re.compile(
            r"\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{6} \d{4}\] "
            r"\[\w+:\w+\] \[pid (\d+):tid \1\] "
            r"(\[client 127\.0\.0\.1:\d+\] )?(AH\d{5}: |Listen ).*"
        )
        lines = running.error_log().splitlines()
        assert len(lines) >= 4
        assert all(form.fullmatch(line) for line in lines)


SECTIONS = """
SetEnv PLACE main
SetEnv GONE main
<Directory htdocs>
AllowOverride FileInfo
</Directory>
<Location /sub>
SetEnv PLACE location
SetEnvIf PLACE main SEEN=1
SetEnvIf Request_URI sub in-sub
UnsetEnv GONE
</Location>
CustomLog variables.log "%U %{PLACE}e %{GONE}e %{SEEN}e %{FOLDER}e"
CustomLog sub.log %U env=in-sub
"""


def test_variables_of_sections_are_those_of_their_requests(tmp_path: Path) -> None:
    with lab_server(
        tmp_path, "event", extra=SECTIONS.replace("Directory h", f"Directory {tmp_path}/h")
    ) as running:
        (tmp_path / "htdocs/sub/.htaccess").write_text("SetEnv FOLDER sub\n")
        for path in ("/pic.png", "/sub/index.html", "/sub/missing"):
            ask(running.address, path)
        log = tmp_path / "sub.log"
        wait_until(lambda: log.read_text().count("\n") == 2, "the lines")
        assert log.read_text() == "/sub/index.html\n/sub/missing\n"
        lines = (tmp_path / "variables.log").read_text().splitlines()
        assert lines == [  # SetEnv comes after all SetEnvIf
            "/pic.png main main - -",
            "/sub/index.html location - - sub",
            "/sub/missing location - - sub",
        ]


HOSTS = """
ErrorLogFormat "%L [%l] %M"
CustomLog ids.log "%v %>s %L"
<VirtualHost *>
ServerName own.example
ErrorLog own.log
</VirtualHost>
<VirtualHost *>
ServerName quiet.example
ErrorLog quiet.log
LogLevel core:error
</VirtualHost>
<VirtualHost *>
ServerName silent.example
LogLevel error
</VirtualHost>
"""


def of_host(running: LabServer, name: str, path: str) -> None:
    """Ask a virtual host for something."""
    with socket.create_connection(running.address) as client:
        client.sendall(
            b"GET %b HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n" % (path.encode(), name.encode())
        )
        while client.recv(65536):
            continue


def ids(root: Path) -> dict[str, str]:
    """Return the last id in the access log for each host and status."""
    lines = [line.split(" ") for line in (root / "ids.log").read_text().splitlines()]
    return {f"{name} {status}": request_id for name, status, request_id in lines}


def test_a_virtual_host_has_its_error_log_and_level(tmp_path: Path) -> None:
    with lab_server(tmp_path, "prefork", extra=HOSTS) as running:
        for name in ("localhost", "own.example", "quiet.example", "silent.example"):
            of_host(running, name, "/missing")
        of_host(running, "own.example", "/")
        wait_until(lambda: len(ids(tmp_path)) == 5, "the lines")
        found = ids(tmp_path)
        own = (tmp_path / "own.log").read_text()
        missing = f"[info] AH00128: File does not exist: {tmp_path}/htdocs/missing\n"
        assert own == f"{found['own.example 404']} {missing}"
        assert running.error_log().count(missing) == 1
        assert f"\n{found['localhost 404']} {missing}" in running.error_log()
        assert (tmp_path / "quiet.log").read_text() == ""
        unlogged = ("own.example 200", "quiet.example 404", "silent.example 404")
        assert [found[each] for each in unlogged] == ["-", "-", "-"]
        assert found["own.example 404"] != found["localhost 404"]


@pytest.mark.parametrize("name", ["HUP", "USR1"])
def test_a_restart_opens_the_error_log_of_a_host_anew(name: str, tmp_path: Path) -> None:
    with lab_server(tmp_path, "event", extra=HOSTS) as running:
        before = running.children()
        (tmp_path / "own.log").rename(tmp_path / "own.1")
        running.process.send_signal(signal.Signals[f"SIG{name}"])
        wait_until((tmp_path / "own.log").exists, "the new log")
        wait_until(lambda: len(set(running.children()) - set(before)) == 2, "the new children")
        wait_until(lambda: not set(running.children()) & set(before), "the end of the old ones")
        of_host(running, "own.example", "/missing")
        wait_until(lambda: "/missing" in (tmp_path / "own.log").read_text(), "the line")
        assert (tmp_path / "own.1").read_text() == ""


CLIENT = ("1.2.3.4", 5)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("%M", "text\\n"),
        ("[%l] %M", "[warn] text\\n"),
        ("[%-m:%l] [pid %P:tid %T] %M", "[core:warn] [pid PID:tid TID] text\\n"),
        ("[client %a] %M", "[client 1.2.3.4:5] text\\n"),
        ("%E: %M", "text\\n"),
        ("%-E: %M", "-: text\\n"),
        ("[R:%L] [C:%{c}L] %M", "[R:id] text\\n"),
        (r"[client\ %a] %M", "[client 1.2.3.4:5] text\\n"),
        ("a%%b %M% c", "a%b text\\nc"),
        (r"%M% ,\ referer\ %{Referer}i", "text\\n"),
    ],
)
def test_error_log_formats(template: str, expected: str) -> None:
    line = compile_error_format(template)(Entry("core", "warn", b"text\n", CLIENT, b"id")).decode()
    assert line.replace(str(os.getpid()), "PID").replace("tid PID", "tid TID") == expected


def test_a_field_without_a_value_is_left_out() -> None:
    line = compile_error_format(r"%l [client\ %a] %M")
    assert line(Entry("core", "warn", b"x")) == b"warn x"


def test_times_of_the_error_log() -> None:
    line = compile_error_format("%t|%{u}t|%{cu}t|%M")(Entry("core", "warn", b"")).decode()
    day = r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d"
    assert re.fullmatch(
        rf"{day} \d{{4}}\|{day}\.\d{{6}} \d{{4}}\|\d{{4}}-\d\d-\d\d [\d:]{{8}}\.\d{{6}}\|", line
    )


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("%Z %M", "Unrecognized error log format directive %Z"),
        ("%t", "must contain message format string"),
        ("%+t %M", "cannot be used in the main error log format"),
        ("%99t %M", "out of range"),
        ("%M %{x", "Ran off end"),
    ],
)
def test_wrong_error_log_formats_are_refused(template: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compile_error_format(template)


LEVELS_OF_SECTIONS = """
<Directory htdocs/silent>
LogLevel core:info
LogLevel error
</Directory>
<Location /core>
LogLevel crit core:info
</Location>
<Location /core/more>
LogLevel alias:debug
</Location>
<Location /quiet>
LogLevel core:error
</Location>
<Files denied>
LogLevel crit
Require all denied
</Files>
"""


def test_a_section_has_its_level(tmp_path: Path) -> None:
    (tmp_path / "htdocs" / "silent").mkdir(parents=True)
    with lab_server(tmp_path, "prefork", servers=1, extra=LEVELS_OF_SECTIONS) as running:
        for path in ("silent/x", "core/x", "core/more/x", "quiet/x", "x", "denied"):
            ask(running.address, f"/{path}")
        running.served(6)
        missing = re.findall(r"AH00128: .*/htdocs/(\S+)|AH01630", running.error_log())
        assert missing == ["core/x", "core/more/x", "x"]  # as apache2 2.4.71


def test_standard_output_need_not_be_a_file_that_can_be_opened(tmp_path: Path) -> None:
    config = write_config(tmp_path, "event", servers=1, extra="CustomLog /dev/stdout %U")
    ours, theirs = socket.socketpair()
    argv = [sys.executable, "-m", "server", "-f", str(config)]
    log = tmp_path / "error.log"
    with ours, theirs, ending(start(argv, stdout=theirs.fileno())) as server:
        for nth, path in enumerate((b"/first", b"/after-a-graceful-restart"), 1):
            wait_until(lambda nth=nth: log.exists() and log.read_text().count(READY) == nth, "the start")  # type: ignore[misc]
            host, port = BOUND.findall(log.read_text())[-1]
            assert ask((host, int(port)), path).status == 404
            assert ours.recv(4096) == path + b"\n"
            server.send_signal(signal.SIGUSR1)
