"""The configuration: httpd's syntax, the meaning of its directives, and its error messages."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.config import ConfigError, ServerConfig, load
from server.config.syntax import parse

SHIPPED = Path(__file__).parents[2] / "server" / "conf" / "httpd.conf"


def words(text: str) -> list[tuple[str, list[str], int]]:
    return [(line.name, line.args, line.line) for line in parse(text, Path("httpd.conf"))]


def configured(tmp_path: Path, text: str, defines: tuple[str, ...] = ()) -> ServerConfig:
    path = tmp_path / "httpd.conf"
    path.write_text(f'ServerRoot "{tmp_path}"\nListen 127.0.0.1:0\n{text}')
    return load(path, defines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Listen 80", [("Listen", ["80"], 1)]),
        ("\n\n  Listen\t80  \r\n", [("Listen", ["80"], 3)]),
        ("# Listen 80\n   # two\n", []),
        ("Listen 80 # no comment", [("Listen", ["80", "#", "no", "comment"], 1)]),
        ('A "b c" d', [("A", ["b c", "d"], 1)]),
        (r'A "b \"c\" \\d" x', [("A", [r'b "c" \d', "x"], 1)]),
        ("A 'b \"c\"'", [("A", ['b "c"'], 1)]),
        ('A x"y z', [("A", ['x"y', "z"], 1)]),
        ('A ""', [("A", [""], 1)]),
        ("A b \\\n  c\nD e", [("A", ["b", "c"], 2), ("D", ["e"], 3)]),
        ("A b\\\nc", [("A", ["bc"], 2)]),
        ("# a comment \\\n that goes on\nA b", [("A", ["b"], 3)]),
        ("A %>s <x>", [("A", ["%>s", "<x>"], 1)]),
        ("A C:\\dir\\file", [("A", ["C:\\dir\\file"], 1)]),
    ],
)
def test_lines_are_read_as_httpd_reads_them(text: str, expected: list[tuple[str, list[str], int]]) -> None:
    assert words(text) == expected


def test_sections_nest_and_know_their_lines() -> None:
    (outer,) = parse('<IfModule !a>\n<Directory "/x y">\nA b\n</directory>\n</IfModule>\n', Path("f"))
    assert (outer.name, outer.args, outer.line) == ("<IfModule", ["!a"], 1)
    assert outer.children is not None
    (inner,) = outer.children
    assert (inner.name, inner.args, inner.line) == ("<Directory", ["/x y"], 2)
    assert [child.name for child in inner.children or []] == ["A"]


@given(st.lists(st.text(st.characters(exclude_characters='\0\r\n"\\', max_codepoint=0x2000)), max_size=5))
def test_every_quoted_word_comes_back(args: list[str]) -> None:
    line = " ".join(["Name", *(f'"{arg}"' for arg in args)])
    assert words(line) == [("Name", args, 1)]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("\nNonsense on", 4, "Invalid command 'Nonsense', perhaps misspelled or defined by a module not"),
        ("<Nonsense x>\n</Nonsense>", 3, "Invalid command '<Nonsense'"),
        ("<IfModule a>\n</Directory>", 4, "Expected </IfModule> but saw </Directory>"),
        ("<IfModule a>\nTimeout 1\n", 3, "<IfModule> was not closed."),
        ("<IfDefine !a>\n<Directory />\nOptions None\n", 4, "<Directory> was not closed."),
        ("Foo-Bar \\\n a b\n", 4, "Invalid command 'Foo-Bar'"),
        ("</IfModule>", 3, "</IfModule> without matching <IfModule> section"),
        ("<Directory /", 3, "missing closing '>'"),
        ('Timeout "1', 3, "quote"),
        ("Timeout x", 3, "Timeout has wrong format"),
        ("Timeout", 3, "Timeout takes 1"),
        ("Timeout 99999999999999999999h", 3, "Timeout takes at most"),
        ("MaxRequestWorkers 2000000000", 3, "MaxRequestWorkers takes a number from 1 to"),
        ("ThreadsPerChild 2000000", 3, "ThreadsPerChild takes a number from 1 to"),
        ('CustomLog "|cat" common', 3, "logs are files here"),
        ("ErrorLog syslog:local1", 3, "logs are files here"),
        ("StartServers 0", 3, "StartServers takes a number"),
        ("StartServers -1", 3, "StartServers takes a number"),
        ("KeepAlive maybe", 3, "KeepAlive must be On or Off"),
        ("Listen nowhere", 3, "Port must be specified"),
        ("Listen 127.0.0.1:70000", 3, "Port must be specified"),
        ("DocumentRoot /nowhere/at/all", 3, "is not a directory"),
        ("LoadModule mpm_winnt_module x", 3, "no such MPM"),
        ("LoadModule mpm_event_module x\nLoadModule mpm_prefork_module x", 4, "AH00534"),
        ('LogFormat "%Z" x', 3, "Unrecognized LogFormat directive"),
        ("CustomLog a %{x}P", 3, "Unrecognized LogFormat directive"),
        ("LogLevel loud", 3, "Log level keyword must be one of"),
        ("Include missing.conf", 3, "Could not open configuration file"),
        ("Include httpd.conf", 3, "maximum include depth"),
        ("<VirtualHost *>\nListen 80\n</VirtualHost>", 4, "Listen not allowed in <VirtualHost> context"),
        ("Require all granted", 3, "Require not allowed here"),
        ("<Directory />\nAllowOverride All\n</Directory>", 4, "AllowOverride"),
    ],
)
def test_a_mistake_is_reported_with_its_place(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, text)
    first, second = str(caught.value).split("\n", 1)
    assert first == f"AH00526: Syntax error on line {line} of {tmp_path}/httpd.conf:"
    assert message in second


def test_a_virtual_host_may_wait_for_its_document_root(tmp_path: Path) -> None:
    config = configured(tmp_path, "<VirtualHost *>\nDocumentRoot /nowhere/at/all\n</VirtualHost>")
    assert config.warnings == ["AH00112: Warning: DocumentRoot [/nowhere/at/all] does not exist"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("User nobody-of-that-name", "AH00543: bad user name nobody-of-that-name"),
        ("Group nobody-of-that-name", "AH00544: bad group name nobody-of-that-name"),
        ("User #99999999999", "AH00543: bad user name #99999999999"),
        ("Group #-1", "AH00544: bad group name #-1"),
    ],
)
def test_an_unknown_user_or_group_ends_with_status_1(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "httpd.conf"
    path.write_text(f"Listen 127.0.0.1:0\n{text}\n")
    result = check("-t", "-f", path)
    assert (result.returncode, result.stderr) == (1, f"{message}\n")


def test_without_listen_there_is_nothing_to_do(tmp_path: Path) -> None:
    (tmp_path / "httpd.conf").write_text("Timeout 1\n")
    with pytest.raises(ConfigError, match="no listening sockets"):
        load(tmp_path / "httpd.conf")


def test_values_are_taken(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        "Listen [::1]:81\nlisten 8080\nTIMEOUT 7\nKeepAliveTimeout 500ms\nKeepAlive Off\nUser nobody\n"
        "LoadModule mpm_prefork_module x\nLoadModule status_module y\nLogLevel info core:debug\n"
        "AddType text/x-a .a b\nMaxRequestWorkers 9\n",
    )
    listens = [(listen.host, listen.port) for listen in config.listens]
    assert listens == [("127.0.0.1", 0), ("::1", 81), ("", 8080)]
    assert (config.timeout, config.keep_alive_timeout, config.keep_alive) == (7, 0.5, False)
    assert (config.user, config.mpm, config.max_request_workers) == ("nobody", "prefork", 9)
    assert (config.log_level, config.module_log_levels) == ("info", {"core": "debug"})
    assert config.main.settings.types == {b"a": b"text/x-a", b"b": b"text/x-a"}


def test_conditions_follow_what_is_loaded_and_defined(tmp_path: Path) -> None:
    text = (
        "LoadModule mpm_event_module x\n"
        "<IfModule mpm_event_module>\nStartServers 11\n</IfModule>\n"
        "<IfModule !event.c>\nStartServers 12\n</IfModule>\n"
        "<IfModule mod_status.c>\nNonsense\n</IfModule>\n"
        "<IfModule mod_mime.c>\nThreadsPerChild 3\n</IfModule>\n"
        "<IfDefine SLOW>\nTimeout 99\n</IfDefine>\n"
        "<IfDefine !SLOW>\nTimeout 1\n</IfDefine>\n"
    )
    config = configured(tmp_path, text, ("SLOW",))
    assert (config.start_servers, config.threads_per_child, config.timeout) == (11, 3, 99)
    assert configured(tmp_path, text).timeout == 1


def test_variables_are_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACEKIT_TEST_NAME", "from.environment")
    config = configured(
        tmp_path, "Define T 4\nDefine TT ${T}2\nTimeout ${TT}\nServerName ${TRACEKIT_TEST_NAME}${UNKNOWN}\n"
    )
    assert config.timeout == 42
    assert config.main.server_name == "from.environment${UNKNOWN}"


def test_include_reads_files_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more/b.conf").write_text("Timeout 2\nAddType text/b b\n")
    (tmp_path / "more/a.conf").write_text("Timeout 1\n")
    config = configured(tmp_path, "Include more/*.conf\nIncludeOptional nothing/*.conf\n")
    assert config.timeout == 2


def test_an_error_in_an_included_file_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "more.conf").write_text("\nNonsense\n")
    with pytest.raises(ConfigError, match=f"line 2 of {tmp_path}/more.conf"):
        configured(tmp_path, "Include more.conf\n")


def check(*args: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_the_shipped_configuration_is_good() -> None:
    result = check("-t", "-f", SHIPPED)
    assert (result.returncode, result.stderr) == (0, "Syntax OK\n")
    assert check("-t").returncode == 0


def test_a_bad_configuration_ends_with_status_1(tmp_path: Path) -> None:
    path = tmp_path / "httpd.conf"
    path.write_text("Listen 127.0.0.1:0\nFoo bar\n")
    result = check("-f", path)
    assert result.returncode == 1
    assert result.stderr == (
        f"AH00526: Syntax error on line 2 of {path}:\n"
        "Invalid command 'Foo', perhaps misspelled or defined by a module not included in the server"
        " configuration\n"
    )


def test_a_missing_file_ends_with_status_1(tmp_path: Path) -> None:
    result = check("-t", "-f", tmp_path / "none")
    assert result.returncode == 1
    assert "Could not open configuration file" in result.stderr
