"""The configuration: what its directives amount to, and how it is read and checked."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from server.config import ConfigError, ConfigWarning, Options, load
from server.config.model import ReadTimeout, RequestReadTimeout
from tests.support.configurations import configured

SHIPPED = Path(__file__).parents[2] / "server" / "conf" / "httpd.conf"
MPM = "LoadModule mpm_event_module x\nServerName localhost\n"


def test_values_are_taken(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        "Listen [::1]:81\nlisten 8080\nListen 127.0.0.1:0\nTIMEOUT 7\nKeepAliveTimeout 500ms\nKeepAlive Off\n"
        "User nobody\nLogLevel info core:debug\nAddType text/x-a .a b\nMaxRequestWorkers 9\n"
        "ThreadsPerChild 3\nMinSpareThreads 4\nMaxSpareThreads 5\nThreadLimit 6\nServerLimit 7\n"
        "MaxConnectionsPerChild 8\nAsyncRequestWorkerFactor 1.5\nListenBacklog 10\n"
        "GracefulShutdownTimeout 11\nLimitRequestLine 12\nLimitRequestFieldSize 13\nLimitRequestFields 14\n",
    )
    listens = [(listen.host, listen.port) for listen in config.listens]
    assert listens == [("::1", 81), ("", 8080), ("127.0.0.1", 0)]
    assert (config.timeout, config.keep_alive_timeout, config.keep_alive) == (7, 0.5, False)
    assert (config.user, config.mpm, config.max_request_workers) == ("nobody", "event", 9)
    assert (config.threads_per_child, config.min_spare_threads, config.max_spare_threads) == (3, 4, 5)
    assert (config.thread_limit, config.server_limit, config.max_connections_per_child) == (6, 7, 8)
    assert (config.async_request_worker_factor, config.listen_backlog) == (1.5, 10)
    assert config.graceful_shutdown_timeout == 11
    assert (config.limit_request_line, config.limit_request_field_size, config.limit_request_fields) == (
        12,
        13,
        14,
    )
    assert (config.log_level, config.module_log_levels) == ("info", {"core": "debug"})
    assert config.base.types == {b"a": b"text/x-a", b"b": b"text/x-a"}


def test_defaults_are_those_of_httpd(tmp_path: Path) -> None:
    config = configured(tmp_path, "")
    assert (config.timeout, config.keep_alive, config.keep_alive_timeout) == (60, True, 5)
    assert (config.max_keep_alive_requests, config.listen_backlog, config.start_servers) == (100, 511, None)
    assert (config.limit_request_line, config.limit_request_fields) == (8190, 100)
    assert config.base.options == Options.FOLLOW_SYMLINKS
    assert not config.base.allow_override
    assert (config.base.enable_sendfile, config.base.enable_mmap) == (False, True)
    assert config.request_read_timeout == RequestReadTimeout(
        ReadTimeout(20, 40, 500), ReadTimeout(20, None, 500)
    )
    assert config.extended_status  # mod_status is loaded


def test_what_is_not_loaded_is_off_and_unknown(tmp_path: Path) -> None:
    path = tmp_path / "httpd.conf"
    path.write_text(MPM)
    config = load(path)
    assert config.request_read_timeout is None
    assert not config.extended_status
    path.write_text(f"{MPM}Alias /a /b\n")
    with pytest.raises(ConfigError, match="Invalid command 'Alias'"):
        load(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("header=10", RequestReadTimeout(ReadTimeout(10, None, 0), ReadTimeout(20, None, 500))),
        ("header=5-9,MinRate=3 body=0", RequestReadTimeout(ReadTimeout(5, 9, 3), None)),
    ],
)
def test_request_read_timeout(tmp_path: Path, text: str, expected: RequestReadTimeout) -> None:
    assert configured(tmp_path, f"RequestReadTimeout {text}\n").request_read_timeout == expected


@pytest.mark.parametrize("mpm", ["prefork", "worker", "event"])
def test_the_module_chooses_the_mpm(tmp_path: Path, mpm: str) -> None:
    assert configured(tmp_path, "", mpm=mpm).mpm == mpm


def test_an_mpm_has_its_own_directives(tmp_path: Path) -> None:
    config = configured(tmp_path, "MinSpareServers 3\nMaxSpareServers 9\n", mpm="prefork")
    assert (config.min_spare_servers, config.max_spare_servers) == (3, 9)
    with pytest.raises(ConfigError, match="Invalid command 'ThreadsPerChild'"):
        configured(tmp_path, "ThreadsPerChild 3\n", mpm="prefork")


def test_hosts_have_values_of_their_own(tmp_path: Path) -> None:
    config = configured(
        tmp_path, "Timeout 9\n<VirtualHost *:80>\nTimeout 3\nKeepAlive Off\nTraceEnable off\n</VirtualHost>\n"
    )
    assert config.timeout == 9
    assert config.virtual_hosts[0].values == {"timeout": 3, "keep_alive": False, "trace_enable": False}


def test_conditions_follow_what_is_loaded_and_defined(tmp_path: Path) -> None:
    text = (
        "<IfModule mpm_event_module>\nStartServers 11\n</IfModule>\n"
        "<IfModule !event.c>\nStartServers 12\n</IfModule>\n"
        "<IfModule mod_deflate.c>\nNonsense\n</IfModule>\n"
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
        tmp_path,
        "Define T 4\nDefine TT ${T}2\nTimeout ${TT}\nServerName ${TRACEKIT_TEST_NAME}${UNKNOWN}\n"
        'Define WORDS "/a /b"\nRedirect ${WORDS}\n',
    )
    assert config.timeout == 42
    assert config.main.server_name == "from.environment${UNKNOWN}"
    assert (config.main.redirects[0].pattern, config.main.redirects[0].target) == (b"/a", b"/b")
    assert config.warnings == [ConfigWarning("AH00111: Config variable ${UNKNOWN} is not defined")]


def test_include_reads_files_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "more/.hidden").mkdir(parents=True)
    (tmp_path / "more/b.conf").write_text("Timeout 2\nAddType text/b b\n")
    (tmp_path / "more/a.conf").write_text("Timeout 1\n")
    (tmp_path / "more/.c.conf").write_text("Nonsense\n")
    config = configured(tmp_path, "Include more/*.conf\nIncludeOptional nothing/*.conf\n")
    assert config.timeout == 2
    assert [path.name for _, _, path in config.included] == ["httpd.conf", "a.conf", "b.conf"]


def test_directives_of_the_command_line_come_first_and_last(tmp_path: Path) -> None:
    path = tmp_path / "httpd.conf"
    path.write_text("ServerName localhost\nTimeout 2\nKeepAliveTimeout 2\n")
    before = ["LoadModule mpm_event_module x", "Timeout 1"]
    config = load(path, server_root=tmp_path, before=before, after=["KeepAliveTimeout 3"])
    assert (config.timeout, config.keep_alive_timeout, config.server_root) == (2, 3, tmp_path)


@pytest.mark.parametrize(
    ("before", "message"),
    [
        (["Foo x"], "AH00526: Syntax error on line 2 of -c/-C directives:\nInvalid command 'Foo'"),
        (["</X>"], "Syntax error in -C/-c directive: </X> without matching <X> section"),
    ],
)
def test_a_mistake_on_the_command_line_is_found_there(
    tmp_path: Path, before: list[str], message: str
) -> None:
    path = tmp_path / "httpd.conf"
    path.write_text("ServerName localhost\n")
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        load(path, before=["LoadModule mpm_event_module x", *before])


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [("Prod", rb"[a-z-]+"), ("Major", rb"[a-z-]+/\d+"), ("Min", rb"[a-z-]+/[\d.]+"), ("OS", rb"\S+ \(\w+\)")],
)
def test_server_tokens(tmp_path: Path, tokens: str, expected: bytes) -> None:
    assert re.fullmatch(expected, configured(tmp_path, f"ServerTokens {tokens}\n").server_software)


def test_a_virtual_host_may_wait_for_its_document_root(tmp_path: Path) -> None:
    config = configured(tmp_path, "<VirtualHost *>\nDocumentRoot /nowhere/at/all\n</VirtualHost>")
    text = "AH00112: Warning: DocumentRoot [/nowhere/at/all] does not exist"
    assert config.warnings == [ConfigWarning(text, module="")]


def test_formats_are_found_by_their_names_wherever_these_stand(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        'CustomLog a.log short\n<VirtualHost *>\nCustomLog b.log SHORT env=!quiet\nCustomLog c.log "%b"\n'
        '</VirtualHost>\nLogFormat "%h" short\n',
    )
    assert [log.template for log in config.main.custom_logs] == ["%h"]
    (first, second) = config.virtual_hosts[0].custom_logs
    assert (first.template, first.env, first.env_wanted) == ("%h", "quiet", False)
    assert second.template == "%b"


def check(*args: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("defines", [(), ("CONTAINER",), ("CRASH",)])
def test_the_shipped_configuration_is_good(defines: tuple[str, ...]) -> None:
    config = load(SHIPPED, defines)
    assert config.warnings == []
    assert (config.mpm, config.start_servers, config.threads_per_child) == ("event", 2, 5)
    assert (config.min_spare_threads, config.max_spare_threads, config.max_request_workers) == (10, 60, 80)
    assert config.listens[0].port == (80 if "CONTAINER" in defines else 8080)
    crashing = [section for section in config.main.locations if section.settings.set_handler == b"crash"]
    assert bool(crashing) == ("CRASH" in defines)


def test_the_shipped_configuration_is_taken_by_the_program() -> None:
    result = check("-t")
    assert (result.returncode, result.stderr) == (0, "Syntax OK\n")


def test_a_bad_configuration_ends_with_status_1(tmp_path: Path) -> None:
    path = tmp_path / "httpd.conf"
    path.write_text(f"{MPM}Foo bar\n")
    result = check("-f", path)
    assert result.returncode == 1
    assert result.stderr == (
        f"AH00526: Syntax error on line 3 of {path}:\n"
        "Invalid command 'Foo', perhaps misspelled or defined by a module not included in the server"
        " configuration\n"
    )


@pytest.mark.parametrize("text", ["User nobody-of-that-name", "Group #-1", "User #99999999999"])
def test_an_unknown_user_or_group_ends_with_status_1(tmp_path: Path, text: str) -> None:
    path = tmp_path / "httpd.conf"
    path.write_text(f"{MPM}{text}\n")
    result = check("-t", "-f", path)
    assert result.returncode == 1
    assert text.split()[1] in result.stderr


def test_a_missing_file_ends_with_status_1(tmp_path: Path) -> None:
    result = check("-t", "-f", tmp_path / "none")
    assert result.returncode == 1
    assert "Could not open configuration file" in result.stderr
