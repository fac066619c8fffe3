/*
 * hold-signals COMMAND [ARG ...]: block the signals that end or steer a container, then become COMMAND.
 *
 * PID 1 is sent no signal that it has not asked for (pid_namespaces(7)). Python needs some hundredths of a second
 * before it can ask; a stop in that time would be lost, and end in SIGKILL when the grace is over. A blocked signal
 * waits instead, also across exec. Linked statically: a program that has to load libc first is deaf for longer.
 * The same as `env --block-signal=...` of coreutils 8.31, only sooner.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const int held[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

int main(int argc, char **argv) {
  sigset_t set;
  sigemptyset(&set);
  for (unsigned i = 0; i < sizeof held / sizeof *held; i++) sigaddset(&set, held[i]);
  sigprocmask(SIG_BLOCK, &set, NULL);
  if (argc < 2) {
    fputs("hold-signals: usage: hold-signals COMMAND [ARG ...]\n", stderr);
    return 2;
  }
  execvp(argv[1], argv + 1);
  int error = errno;
  fprintf(stderr, "hold-signals: cannot run %s: %s\n", argv[1], strerror(error));
  return error == ENOENT ? 127 : 126;
}
