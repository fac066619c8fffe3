"""Which commands serve until they are told to stop, and which do something and end.

Source: documentation of each program; what is in neither list is unknown, and stays so.
"""

from __future__ import annotations

from typing import Final

_SERVERS: Final = """
gunicorn uvicorn hypercorn daphne granian uwsgi waitress-serve nginx openresty httpd apache2
apache2-foreground httpd-foreground php-fpm supervisord circusd honcho foreman flower rq rqworker
huey_consumer huey_consumer.py dramatiq arq streamlit jupyter-lab jupyter-notebook jupyterhub
mlflow-server gradio puma unicorn sidekiq thin passenger caddy traefik haproxy envoy varnishd
redis-server valkey-server postgres postmaster mysqld mariadbd mongod memcached rabbitmq-server
java node deno bun dotnet catalina.sh crond cron sshd vsftpd dockerd rsyslogd s6-svscan
runsvdir runit-init vault consul nats-server minio mosquitto prometheus grafana-server
rackup falcon iodine airflow-webserver airflow-scheduler superset datasette uwsgi-core pyuwsgi
chaperone gracekeeper
"""
SERVERS: Final = frozenset(_SERVERS.split())

# Words that make a server of a program that also does other things.
SERVING_WORDS: Final[dict[str, frozenset[str]]] = {
    "flask": frozenset(("run",)),
    "celery": frozenset(("worker", "beat", "flower")),
    "fastapi": frozenset(("run", "dev")),
    "airflow": frozenset(
        ("webserver", "scheduler", "triggerer", "api-server", "dag-processor", "standalone")
    ),
    "mlflow": frozenset(("server", "ui")),
    "jupyter": frozenset(("lab", "notebook", "server")),
    "rails": frozenset(("server", "s")),
    "npm": frozenset(("start",)),
    "yarn": frozenset(("start",)),
    "pnpm": frozenset(("start",)),
    "bundle": frozenset(("puma", "unicorn", "sidekiq", "thin")),
    "mkdocs": frozenset(("serve",)),
    "hugo": frozenset(("server",)),
    "manage.py": frozenset(
        (
            *("runserver", "runserver_plus", "rqworker", "qcluster", "run_huey", "process_tasks"),
            *("celery", "runworker", "rundramatiq", "livereload", "runsslserver", "testserver"),
        )
    ),
}
SUPPOSED_TO_END: Final[dict[str, frozenset[str]]] = {
    "nginx": frozenset(("-t", "-v", "-V", "-T", "-s")),
    "uwsgi": frozenset(("--version", "--stop", "--reload")),
    "gunicorn": frozenset(("--check-config", "--version", "--print-config")),
    "java": frozenset(("-version", "--version")),
    "node": frozenset(("--version", "-v", "-e", "-p", "--eval", "--print")),
    "apache2": frozenset(("-v", "-t")),
    "httpd": frozenset(("-v", "-t")),
    "redis-server": frozenset(("--version",)),
    "mysqld": frozenset(("--initialize", "--initialize-insecure", "--bootstrap", "--help")),
    "mariadbd": frozenset(("--bootstrap", "--help", "--version")),
    "postgres": frozenset(("--single", "--boot", "-C", "--version", "--describe-config")),
    "mongod": frozenset(("--version", "--shutdown")),
    "dotnet": frozenset(("ef", "build", "restore", "publish", "test", "tool", "dev-certs")),
    "deno": frozenset(("cache", "install", "compile", "test", "lint")),
    "bun": frozenset(("install", "build", "test", "add")),
    "php-fpm": frozenset(("-t", "-v")),
}

_ENDING: Final = """
: . [ [[ alias apk apt apt-get awk basename bash-completion break bc bg bind builtin cat cd chmod
chown chgrp cmp comm continue cp createdb crontab curl cut date dd declare df diff dig dirname
dos2unix du echo egrep envsubst env-subst eval exit expand export expr false fc fg fgrep file find
fold free getent getopt getopts git gpg grep groupadd gunzip gzip hash head host hostname iconv id
install ip iptables jobs join jq kill killall less let link ln local locale-gen locale logger ls
make mapfile md5sum mkdir mkfifo mknod mktemp more mount mv mysql mysqladmin nc ncat netstat nl
nslookup openssl passwd paste patch pg_isready pg_dump pidof ping pip pip3 pkill popd printenv
printf ps psql pushd pwd read readarray readlink readonly realpath redis-cli rename return rm rmdir
rsync sed seq set sha256sum shift shopt sort source split sqlite3 ssh-keygen stat stty sync sysctl
tar tee test time times touch tput tr trap true tty type typeset ulimit umask umount unalias uname
uniq unlink unset unzip update-ca-certificates useradd usermod adduser addgroup wait wc wget which
whoami xz yes yq zcat zip alembic sequelize prisma knex wait-for-it wait-for-it.sh wait-for
wait-for.sh wait_for_db.sh dockerize ldconfig flask-migrate pg_restore mongorestore aws gcloud
kubectl helm openssl certbot sqlfluff pytest black ruff nmap logrotate ssh-add chroot-setup getconf
ccache python-config cmake git-lfs bootsnap localedef update-alternatives sysctl depmod
"""
ENDING: Final = frozenset(_ENDING.split())
_MANAGED: Final = """
migrate makemigrations collectstatic compilemessages makemessages createsuperuser loaddata dumpdata
check shell flush test createcachetable compress clearsessions inspectdb showmigrations sqlmigrate
wait_for_db wait_for_database rebuild_index update_index createcache syncdb diffsettings dbshell
initadmin init_db create_superuser ensure_superuser ensure_admin load_data seed compilescss
compilejsi18n remove_stale_contenttypes wait_for_postgres waitdb collectmedia setup bootstrap
"""
MANAGED: Final = frozenset(_MANAGED.split())
"""Subcommands of manage.py that end by themselves."""
ENDING_WORDS: Final[dict[str, frozenset[str]]] = {
    "flask": frozenset(("db", "shell", "init-db", "routes", "create-db", "seed", "assets")),
    "npm": frozenset(
        ("install", "ci", "i", "build", "prune", "cache", "config", "rebuild", "test")
    ),
    "yarn": frozenset(("install", "build", "cache", "config", "test")),
    "pnpm": frozenset(("install", "build", "prune", "test")),
    "airflow": frozenset(("db", "users", "connections", "variables", "version", "pools")),
    "celery": frozenset(("inspect", "purge", "control", "status", "migrate", "report")),
    "bundle": frozenset(("install", "check", "rake", "rails")),
    "rails": frozenset(("db:migrate", "db:prepare", "db:setup", "assets:precompile", "runner")),
    "poetry": frozenset(("install", "lock", "export")),
    "superset": frozenset(("db", "init", "fab", "load_examples")),
    "service": frozenset(("start", "stop", "restart")),
    "mc": frozenset(
        ("alias", "config", "mb", "rb", "admin", "anonymous", "policy", "cp", "ls", "rm", "ready")
    ),
}
