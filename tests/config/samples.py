"""Files that are right and files that are wrong; the reader and the schema are asked of both."""

from __future__ import annotations

from typing import Final

GOOD: Final = """\
grace = "30s"
drain_delay = 2
exit_code = "child"
hurry = false
health = ":8081"
control = "none"
report = "r.json"
log_format = "${FORMAT:-text}"

[services.db]
command = "postgres -D '/data dir'"
user = "999:999"
cwd = "db"
environment = { PASSWORD_FILE = "pw", N = 5, CERT_FILE = "/c" }
verbatim = ["CERT_FILE"]
ready = { tcp = ":5432", every = "100ms", timeout = 2 }
stop = [{ signal = "INT", patience = "5s" }, { signal = 3, target = "group" }]
grace = "20s"

[services.migrate]
command = ["app", "${HOME}", "$$x", "${NO:-a b}", ""]
task = true
restart = "on-failure"
after = ["db"]

[services.web]
command = "uwsgi --ini app.ini"
after = ["migrate", "db"]
listen = ["uwsgi=./app.sock", ":8000"]
late = "hold"
restart = "always"
restart_grace = "1m"
start_timeout = "1h30m"
watch_file = "touch"
log = "json"
[services.web.ready]
exec = ["test", "-e", "x y"]
[services.web.recycle]
memory = "256MiB"
age = 3600
jitter = "10%"
requests = 1000
memory_as = "uss"

[services.nginx]
command = ["nginx", "-g", "daemon off;"]
after = { web = "started" }
ready = { file = "./up" }
essential = false
"""
A: Final = "[services.a]\ncommand = 'a'\n"
B: Final = "[services.b]\ncommand = 'b'\n"
TASK: Final = f"{A}task = true\n"

# What a schema can tell, too.
MISSHAPEN: Final = (
    ("", "1: cannot run nothing: the file has no service. Write [services.NAME]"),
    (f"grcae = 5\n{A}", "1: cannot understand `grcae`: there is no such key. Did you mean"),
    (f"restart = 'always'\n{A}", "1: cannot understand `restart`: there is no such key. Write it"),
    (f"{A}health = ':1'", "3: cannot understand `health` of a: there is no such key. Write it"),
    (f"{A}depends_on = ['b']", "3: cannot understand `depends_on` of a: there is no such key. Did"),
    (f"{A}Restart = 'no'", "3: cannot understand `Restart` of a: there is no such key. Did you"),
    (f"{A}ready.tpc = ':1'\nready.file='x'", "3: cannot understand `ready.tpc` of a: there is no"),
    (f"{A}qqq = 1", "3: cannot understand `qqq` of a: there is no such key. Leave it out; there"),
    (f"{A}stop = [{{signal='TERM'}},\n{{signal='INT', to='tree'}}]", "4: cannot understand"),
    (f"{A}[web]\ncommand = 'x'", "3: cannot understand `web`: there is no such key. Did you mean"),
    ("services = 5", "1: cannot use `services`: it is the number 5. Write [services.NAME]"),
    ("services.a = 5", "1: cannot use service a: it is the number 5. Write [services.NAME]"),
    ("[services.'a b']\ncommand='x'", '1: cannot call a service "a b": a name has letters'),
    ("[services.a]\ntask = true", "1: cannot use service a: it has no `command`. Write a"),
    ("[services.a]\ncommand = []", "2: cannot use `command` of a: it is an empty list."),
    ("[services.a]\ncommand = ''", "2: cannot use `command` of a: it is an empty list."),
    ("[services.a]\ncommand = ['a', 5]", "2: cannot use `command` of a: one of its words is the"),
    (f"grace = 0\n{A}", "1: cannot use `grace`: it is 0. Write a duration above 0"),
    (f"drain_delay = '5 s'\n{A}", '1: cannot use `drain_delay`: it is the text "5 s". Write a'),
    (f"drain_delay = true\n{A}", "1: cannot use `drain_delay`: it is true. Write a duration"),
    (f"hurry = 'yes'\n{A}", '1: cannot use `hurry`: it is the text "yes". Write true or false.'),
    (f"exit_code = 'chlid'\n{A}", '1: cannot use `exit_code`: it is the text "chlid". Did you'),
    (f"{A}restart = 5", '3: cannot use `restart` of a: it is the number 5. Write "never",'),
    (f"{A}cwd = 1979-05-27", "3: cannot use `cwd` of a: it is a date or a time. Write a path."),
    (f"{A}user = 'a:b:c'", '3: cannot use `user` of a: it is the text "a:b:c". Write NAME, UID'),
    (f"{A}after = 5", "3: cannot use `after` of a: it is the number 5. Write a list of names, or"),
    (f"{A}ready = {{}}", "3: cannot use `ready` of a: there is no probe. Write exactly one of"),
    (f"{A}ready = {{file = 'a', tcp = ':1'}}", "3: cannot use `ready` of a: tcp and file are"),
    (f"{A}ready = {{notify = false}}", "3: cannot use `ready.notify` of a: it is false. Write"),
    (f"{A}ready = {{http = 'https://x/'}}", '3: cannot use `ready.http` of a: it is the text'),
    (f"{A}ready = 'notify'", '3: cannot use `ready` of a: it is the text "notify". Write a table:'),
    (f"{A}stop = 'TERM'", '3: cannot use `stop` of a: it is the text "TERM". Write a list of'),
    (f"{A}stop = []", "3: cannot use `stop` of a: it is an empty list."),
    (f"{A}stop = [{{patience = 1}}]", "3: cannot use `stop[1]` of a: it has no `signal`."),
    (f"{A}stop = [{{signal = 65}}]", "3: cannot use `stop[1].signal` of a: it is the number 65."),
    (f"{A}environment = {{A = 1.5}}", "3: cannot use `environment` of a: A is the number 1.5."),
    (f"{A}environment = {{'A=B' = '1'}}", '3: cannot use `environment` of a: "A=B" can name no'),
    (f"{A}recycle = {{min_ready = -1}}", "3: cannot use `recycle.min_ready` of a: it is the"),
    (f"{A}recycle = {{memory = 'much'}}", '3: cannot use `recycle.memory` of a: it is the text'),
    (f"{A}listen = [5]", "3: cannot use `listen` of a: it is the number 5. Write HOST:PORT"),
    (f"{A}cwd = '$HOME'", "3: cannot use `cwd` of a: the $ at character 1 begins no variable."),
)  # fmt: skip
# What it can't.
CONTRADICTIONS: Final = (
    (f"{A}recycle = {{memory = '0%'}}", "3: cannot use `recycle.memory` of a: it is 0. Write a"),
    (f"{A}recycle = {{pressure = '101%'}}", "3: cannot use `recycle.pressure` of a: it is more"),
    (f'{A}log = "a\\u001b\\n"', r'3: cannot use `log` of a: it is the text "a\x1b\n".'),
    (f"{A}listen = ':x'", "3: cannot use `listen` of a: 'x' is not a port between 1 and 65535."),
    (f"{A}ready = {{tcp = 'db:1'}}", "3: cannot use `ready.tcp` of a: db is a name, and"),
    (f"{A}ready = {{http = 'http://db/'}}", "3: cannot use `ready.http` of a: db is a name, and"),
    (f"{A}ready = {{tcp = '/a'}}", "3: cannot use `ready.tcp` of a: it is the path of a socket."),
    (f"{A}listen = ':1'\n{B}listen = 'http=:1'", "6: cannot listen on :1 for b: a has it. Choose"),
    (f"{A}stop = [{{signal = 'TREM'}}]", '3: cannot use `stop[1].signal` of a: it is the text'),
    (f"{A}stop = [{{signal = 'STOP'}}]", "3: cannot use `stop[1].signal` of a: a process that is"),
    (f"{A}cwd = '${{NO}}'", "3: cannot use `cwd` of a: the variable NO is not set. Set it, or"),
    (f"{A}cwd = '${{HOMR}}'", "or write ${HOMR:-default}. Did you mean `HOME`?"),
    (f"{A}cwd = 'a\\u0000'".replace("'", '"'), "3: cannot use `cwd` of a: it has a NUL"),
    (f"{A}environment = {{X_FILE = 'gone'}}", "3: cannot use `environment.X_FILE` of a: cannot"),
    (f"{A}[services.a.environment]\nX = ''\nX_FILE = 'x'", "5: cannot use `environment.X_FILE` of"),
    ("[services.a]\ncommand = 'a && b'", "2: cannot use `command` of a: there is no shell that"),
    (f"grace = 1\n{A}", "1: cannot fit a drain delay of 0 s and the reserve of 1 s into a grace"),
    (f"drain_delay = 9\n{A}", "1: cannot fit a drain delay of 9 s"),
    (f"{A}grace = 11", "3: cannot give a 11 s to stop: the container has 10 s. Use less"),
    (f"{A}grace = 3\ndrain_delay = 2", "3: cannot fit a drain delay of 2 s"),
    (f"{A}restart_grace = 1", "3: cannot restart a with a grace of 1 s: the reserve is 1 s."),
    (f"{A}after = ['c']\n{B}after=['a']", "3: cannot start a after c: there is no such service."),
    (f"{A}after = [\n'a']", "4: cannot start a after itself: it would wait for ever."),
    (f"{A}after = ['b']\n{B}after = ['a']",
     "3: cannot start a: it waits for itself: a (line 3) -> b"
     " (line 6) -> a. Take one `after` out."),
    (f"{B}after = {{a = 'completed'}}\n{A}", "3: cannot start b when a is completed: a is no"),
    (f"{B}after = {{a = 'ready'}}\n{TASK}", "3: cannot start b when a is ready: a is a task"),
    (f"{TASK}restart = 'always'", "4: cannot start a always anew: it is a task"),
    (f"{TASK}ready = {{notify = true}}", "4: cannot use `ready` of a: as a task it is"),
    (f"{TASK}watch_file = 'x'", "4: cannot use `watch_file` of a: as a task it runs once."),
)  # fmt: skip
BAD: Final = MISSHAPEN + CONTRADICTIONS
