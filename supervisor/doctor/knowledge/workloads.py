"""What images and commands are for, as far as the way they are stopped depends on it.

Sources: the images' pages on Docker Hub, quay.io and registry.k8s.io; the documentation of each
program on what it does at a stop.
"""

from __future__ import annotations

import re
from typing import Final

# What has to write to disk before it ends, by the last part of the image's name.
DATABASES: Final = frozenset(
    (
        *("postgres", "postgresql", "postgis", "timescaledb", "timescaledb-ha", "pgvector"),
        *("mysql", "mysql-server", "mariadb", "percona", "percona-server", "mongo", "mongodb"),
        *("elasticsearch", "opensearch", "cassandra", "scylla", "clickhouse", "cockroach"),
        *("clickhouse-server", "couchdb", "couchbase", "influxdb", "neo4j", "kafka", "cp-kafka"),
    )
)
DATABASE_PROGRAMS: Final = frozenset(
    ("postgres", "postmaster", "mysqld", "mariadbd", "mongod", "clickhouse-server", "influxd")
)
# What other programs cannot do without while they finish their work.
BACKENDS: Final = DATABASES | frozenset(
    (
        *("redis", "redis-stack", "redis-stack-server", "valkey", "keydb", "dragonfly", "rabbitmq"),
        *("memcached", "nats", "zookeeper", "cp-zookeeper", "minio", "beanstalkd", "activemq"),
    )
)
# What passes requests on to an app, and what passes an app's own requests on.
FRONTS: Final = frozenset(("nginx", "nginx-unprivileged", "openresty", "haproxy", "httpd"))
OUTLETS: Final = frozenset(("gce-proxy", "cloud-sql-proxy", "pgbouncer"))
# The same, by the whole name of an image or of a container: `registry/team/nginx-web:1`.
FRONT_NAMES: Final = re.compile(
    r"(?:^|[^a-z])(?:nginx|openresty|haproxy|httpd|apache2?|caddy|traefik|varnish|envoy"
    r"|oauth2?-?proxy|auth-?proxy|louketo-proxy|(?:keycloak-)?gatekeeper|pomerium"
    r"|endpoints-runtime|espv2|esp|reverse-?proxy)(?:$|[^a-z])"
)
OUTLET_NAMES: Final = re.compile(
    r"(?:^|[^a-z])(?:gce-proxy|cloud-?sql-?(?:auth-)?proxy|alloydb-auth-proxy|sql-?proxy|pgbouncer"
    r"|pgpool|proxysql|mcrouter|twemproxy|nutcracker|envoy|istio-proxy|proxyv2|linkerd-proxy"
    r"|consul-dataplane|dapr|daprd|ambassador|stunnel|(?:ssh-)?tunnel)(?:$|[^a-z])"
)
SHIPPER_NAMES: Final = re.compile(
    r"(?:^|[^a-z])(?:fluent-?bit|fluentd|filebeat|logstash|promtail|grafana-agent"
    r"|otel(?:-?col(?:lector)?)?|opentelemetry-collector|datadog-agent|cloudwatch-agent|logspout"
    r"|splunk|sumologic|newrelic-logging|log(?:ging)?-?(?:agent|shipper|forwarder|collector"
    r"|sidecar|streamer|tailer))(?:$|[^a-z])"
)
# What stands beside an app for the sake of others: nobody's requests are in it.
HELPER_NAMES: Final = re.compile(
    r"exporter|metrics|reload|kube-rbac-proxy|git-?sync|vault|consul|jaeger|statsd|telegraf|cadvisor"
    r"|registrar|liveness-?probe|csi-|attacher|provisioner|resizer|snapshotter|pause|backup|config-sync"
)
# What goes on listening for a while after the stop signal, by itself.
LAME_DUCKS: Final = frozenset(("podinfo", "coredns", "queue", "queue-proxy", "activator"))
LAME_DUCK_WORDS: Final = re.compile(
    r"lame[-_]?duck|(?:shutdown|termination|stop)[-_]?(?:delay|wait)|drain[-_]?(?:delay|wait|time)"
    r"|pre[-_]?stop|delay[-_]?shutdown",
    re.IGNORECASE,
)

# What looks at a database, and loses nothing with it.
ONLOOKERS: Final = re.compile(
    r"exporter|pgadmin|adminer|phpmyadmin|pgweb|mongo-express|commander|redisinsight|kafka-?ui"
    r"|kafdrop|akhq|flower|backup|dozzle|grafana|prometheus"
)

WORKERS: Final = frozenset(
    ("rq", "rqworker", "dramatiq", "huey_consumer", "huey_consumer.py", "arq", "sidekiq")
)
WORKER_WORDS: Final = frozenset(
    ("rqworker", "qcluster", "run_huey", "rundramatiq", "sidekiq", "queue:work", "horizon")
)

# Looked for in the images themselves: none of these is in Debian's slim image, nor in what is
# built from it without installing more (measured: debian:bookworm-slim, python:3.11-slim).
NOT_IN_SLIM: Final = frozenset(("killall", "pkill", "pgrep", "ps", "wget", "nc"))
NOT_IN_ALPINE: Final = frozenset(("bash", "curl"))
PACKAGES: Final = {
    "killall": "psmisc",
    "pkill": "procps",
    "pgrep": "procps",
    "ps": "procps",
    "nc": "netcat",
}
# Images that have nothing but their program, as their Dockerfiles say (FROM scratch, distroless);
# a tag with one of WITH_SHELL in it is another build.
SHELLLESS: Final = re.compile(
    r"(docker\.io/)?coredns/coredns|(registry\.k8s\.io|k8s\.gcr\.io)/(coredns(/coredns)?|pause"
    r"|metrics-server/.+|external-dns/.+|kube-state-metrics/.+)|quay\.io/jetstack/cert-manager-.+"
    r"|gcr\.io/(cloud-sql-connectors/cloud-sql-proxy|knative-releases/.+)|nats|hashicorp/http-echo"
    r"|otel/opentelemetry-collector.*|(.*/)?fluent/fluent-bit"
)
WITH_SHELL: Final = re.compile(r"debug|alpine|busybox|bullseye|bookworm|buster|debian|ubuntu|slim")


def short(image: str) -> str:
    """Return the last part of an image's name, without tag and digest."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()
