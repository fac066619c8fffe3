#!/bin/bash
# The classic: uWSGI in the background, a trap that writes q (graceful stop) to the master FIFO,
# one wait. The trap ends the wait with 128+15, the shell ends with it, and PID 1's end is
# everyone's end: this is what the benchmark shows.
INI="$1"
FIFO="$2"

_term() {
  echo "Caught SIGTERM! Sending graceful stop to uWSGI through the master FIFO"
  echo q > "$FIFO"
}
trap _term SIGTERM

uwsgi --ini "$INI" &
wait $!
