"""Which commands go on in the background by themselves, and leave whoever started them.

Source: each program's manual; those whose configuration files decide it are told to be unknown
where no option says it.
"""

from __future__ import annotations

from typing import Final

from supervisor.core.record import Record


class Daemon(Record):
    """`default`: what it does without options, None if its files decide; `front`, `back`: options
    that keep it in front, or send it away; `helper`: no requests come to it."""

    default: bool | None = None
    front: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    helper: bool = False


DAEMONS: Final[dict[str, Daemon]] = {
    "nginx": Daemon(None, ("daemon off",), ("daemon on",)),
    "openresty": Daemon(None, ("daemon off",), ("daemon on",)),
    "httpd": Daemon(True, ("FOREGROUND", "-DFOREGROUND", "-X", "NO_DETACH", "-DNO_DETACH")),
    "apache2": Daemon(True, ("FOREGROUND", "-DFOREGROUND", "-X", "NO_DETACH", "-DNO_DETACH")),
    "apachectl": Daemon(None, ("FOREGROUND", "-DFOREGROUND"), ("start",)),
    "apache2ctl": Daemon(None, ("FOREGROUND", "-DFOREGROUND"), ("start",)),
    "gunicorn": Daemon(False, (), ("--daemon", "-D")),
    "uwsgi": Daemon(False, (), ("--daemonize", "-d", "--daemonize2")),
    "celery": Daemon(False, (), ("-D", "--detach", "multi")),
    "php-fpm": Daemon(None, ("-F", "--nodaemonize"), ("-D", "--daemonize")),
    "supervisord": Daemon(None, ("-n", "--nodaemon")),
    "redis-server": Daemon(None, (), ("--daemonize yes",)),
    "mongod": Daemon(None, (), ("--fork",)),
    "mysqld": Daemon(False, (), ("--daemonize", "-D")),
    "haproxy": Daemon(None, ("-db", "-W"), ("-D",)),
    "memcached": Daemon(False, (), ("-d",)),
    "cron": Daemon(True, ("-f",), helper=True),
    "crond": Daemon(True, ("-f", "-n", "-d"), helper=True),
    "sshd": Daemon(True, ("-D", "-d", "-De"), helper=True),
    "rsyslogd": Daemon(True, ("-n",), helper=True),
    "vsftpd": Daemon(None),
}
HELPERS: Final = ("cron", "crond", "ssh", "sshd", "rsyslog", "syslog", "dbus", "atd", "anacron")
