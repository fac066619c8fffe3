"""How uWSGI reads its own command line: getopt_long(3) over its tables of options.

Options come first whatever their place, then what is left over (core/init.c,
uwsgi_commandline_config). Which options take a value has to be known: `--vacuum app.ini` and
`--http app.ini` mean very different things.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# `no_argument` in 2.0.31, core and plugins; an option that is not here takes a value.
_NO_VALUE = """
abstract-socket alarm-list alarms-list auto-procname autoload cache-no-expire
cache-report-freed-items cache-use-last-modified carbon-name-resolve carbon-no-workers
carbon-resolve-names carbon-use-metrics catch-exceptions cflags cgi-async-max-attempts
cgi-close-stdin-on-eof cgi-do-not-kill-on-error cgi-from-docroot cgi-mode cgi-optimize
cgi-optimized cgi-path-info cheap cheaper-algo-list cheaper-algos-list cheaper-busyness-verbose
cheaper-list check-static-docroot clock-list clocks-list close-on-exec close-on-exec2 command-mode
config-py daemons-honour-stdin die-on-idle die-on-term disable-logging disable-sendfile
disable-write-exception dot-h drop-after-apps drop-after-init dump-options early-emperor
emperor-graceful-shutdown emperor-magic-exec emperor-no-blacklist emperor-nofollow emperor-tyrant
emperor-tyrant-nofollow enable-metrics enable-proxy-protocol enable-threads end-blacklist
end-whitelist exit-on-reload fastrouter-cheap fastrouter-fallback-on-no-key fiber force-gateway
forkptyrouter-cheap freebind geoip-use-disk gevent-early-monkey-patch gevent-monkey-patch
gevent-wait-for-hub greenlet harakiri-no-arh harakiri-verbose help honour-range honour-stdin
http-auto-chunked http-auto-gzip http-cheap http-chunked-input http-manage-rtsp http-manage-source
http-raw-body http-websockets https-export-cert if-not-reload if-reload ignore-script-name
ignore-sigpipe ignore-write-errors imperial-monitor-list imperial-monitors-list jailed lazy
lazy-apps ldap-schema ldap-schema-ldif log-4xx log-5xx log-format-strftime log-master
log-master-req-stream log-master-stream log-micros log-reopen log-truncate log-x-forwarded-for
log-zero logfile-chown logformat-strftime logger-list loggers-list loop-list loops-list
lua-gc-freq lua-shell luashell manage-script-name master master-as-root memory-report
metric-dir-restore metrics-dir-restore metrics-no-cores nagios never-swap no-default-app
no-defer-accept no-fd-passing no-harakiri-after-req-hook no-harakiri-arh no-initgroups no-orphans
no-server no-site no-threads-wait notfound-log paste-logger pcre-jit perl-no-die-catch
perl-no-plack perl-version persistent-ipcsem php-dump-config plshell-oneshot plugin-list
plugins-list propagate-touch psgi-enable-psgix-io pty-input pty-log pty-no-isig
py-call-osafterfork py-call-uwsgi-fork-hooks python-version rawrouter-cheap rawrouter-xclient
rb-thread rb-threads rbshell-oneshot rbthread rbthreads re-fork re-fork-as-root re-fork-post-jail
reaper refork refork-as-root refork-post-jail reload-on-exception reload-os-env reuse-port
router-list routers-list rsyslog-split-messages setns-preopen show-config shutdown-sockets
single-interpreter skip-atexit skip-atexit-teardown skip-zero so-keepalive so-send-timeout
so-write-timeout socket-send-timeout socket-write-timeout spooler-ordered spooler-quiet
ssl-enable-sslv3 ssl-enable-tlsv1 ssl-enable3 ssl-option ssl-verbose sslrouter-cheap sslrouter-sni
stackless start-unsubscribed start_response-nodelay static-gzip-all stats-http stats-min
stats-minified stats-no-cores stats-no-metrics strict subscription-dotsplit
subscriptions-use-credentials symcall-use-next tcp-fast-open-client tcp-fastopen-client
tcp-nodelay threaded-logger thunder-lock ugreen unsubscribe-on-graceful-reload usage use-abort
vacuum version vhost vhost-host write-errors-exception-only wsgi-accept-buffer wsgi-accept-buffers
wsgi-disable-file-wrapper wsgi-strict zerg-fallback
"""
NO_VALUE = frozenset(_NO_VALUE.split())
# `optional_argument`: a value must be written behind `=`, or directly behind the letter.
_OPTIONAL_VALUE = """
chmod chmod-socket check-cache end-for end-if endfor endif exit fastrouter-use-cache
fastrouter-use-socket http-enable-proxy-protocol http-keepalive http-manage-expect http-use-cache
http-use-socket ksm log-date log-prefix log-syslog logdate mule mule-msg-size need-app pyshell
pyshell-oneshot rawrouter-use-cache rawrouter-use-socket snmp ssl-session-use-cache
ssl-sessions-use-cache ssl-verify-depth sslrouter-use-cache sslrouter-use-socket
"""
OPTIONAL_VALUE = frozenset(_OPTIONAL_VALUE.split())
LETTERS = {
    "A": "sharedarea",
    "C": "chmod-socket",
    "H": "home",
    "J": "test",
    "L": "disable-logging",
    "M": "master",
    "O": "optimize",
    "Q": "spooler",
    "R": "max-requests",
    "S": "set",
    "T": "enable-threads",
    "a": "abstract-socket",
    "b": "buffer-size",
    "c": "cgi-mode",
    "d": "daemonize",
    "h": "help",
    "i": "single-interpreter",
    "j": "json",
    "l": "listen",
    "m": "memory-report",
    "p": "processes",
    "r": "reaper",
    "s": "socket",
    "t": "harakiri",
    "v": "max-vars",
    "w": "module",
    "x": "xmlconfig",
    "y": "yaml",
    "z": "socket-timeout",
}


def split(arguments: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return options as (name, value) in order, the value empty if none, and what is left."""
    options: list[tuple[str, str]] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += words
        elif word.startswith("--"):
            options.append(_long(word[2:], words))
        elif word.startswith("-") and word != "-":
            options += _short(word[1:], words)
        else:
            rest.append(word)
    return options, rest


def _long(text: str, words: Iterator[str]) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals and name not in NO_VALUE and name not in OPTIONAL_VALUE:
        value = next(words, "")
    return name, value


def _short(text: str, words: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Take a cluster apart: `-Mp4` is `-M -p 4`."""
    while text:
        name, text = LETTERS.get(text[0], text[0]), text[1:]
        if name in NO_VALUE:
            yield name, ""
            continue
        yield name, text if text or name in OPTIONAL_VALUE else next(words, "")
        return
