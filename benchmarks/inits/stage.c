/* Start a command as PID 1 of a PID namespace of its own and tell exact times.
 *
 *   stage [TERM_AFTER_US] -- COMMAND [ARG ...]
 *
 * Lines on standard output, times in ns of CLOCK_MONOTONIC:
 *   started PID T   the number seen from outside; just before execve
 *   exec T          execve is past the point of no return: its close-on-exec pipe is closed
 *   sent T          TERM was sent, TERM_AFTER_US after that
 *   ended CODE T    PID 1 can be waited for; -N: killed by signal N
 * PID 1 stays a zombie until standard input is closed, so nobody can signal a reused number.
 *
 * The mount namespace is the stage's, not PID 1's: taking one down costs more than some inits do. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what) {
  dprintf(2, "stage: cannot %s: %s\n", what, strerror(errno));
  exit(70);
}

static void note(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, text, strlen(text)) < 0) fail(path);
  close(fd);
}

static void unshare_all(void) {
  uid_t uid = geteuid();
  gid_t gid = getegid();
  char line[64];
  if (unshare((uid ? CLONE_NEWUSER : 0) | CLONE_NEWNS)) fail("unshare (root, or user namespaces)");
  if (!uid) return;
  note("/proc/self/setgroups", "deny");
  snprintf(line, sizeof line, "0 %u 1", uid);
  note("/proc/self/uid_map", line);
  snprintf(line, sizeof line, "0 %u 1", gid);
  note("/proc/self/gid_map", line);
}

static void become(char **command, long long *begun, int report) {
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) fail("mount /proc");
  setsid();
  dup2(null, 0);
  dup2(2, 1);
  close(report);
  *begun = now();
  execvp(command[0], command);
  fail(command[0]);
}

/* Sleeping is late by a timer's slack and a wake-up; the last bit is spent awake. */
static void wait_until(long long at) {
  long long most = at - 150000;
  struct timespec t = {most / 1000000000LL, most % 1000000000LL};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
  while (now() < at) {
  }
}

int main(int argc, char **argv) {
  long long term_after_us = argc > 2 && strcmp(argv[1], "--") ? atoll(argv[1]) : -1;
  char **command = argv + (term_after_us < 0 ? 2 : 3), byte;
  long long *begun = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int gate[2], report;
  siginfo_t info;
  if (argc < 3) return 64;
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* and ours takes the namespace along */
  unshare_all();
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) fail("make mounts private");
  if (pipe2(gate, O_CLOEXEC)) fail("pipe");
  report = fcntl(1, F_DUPFD_CLOEXEC, 10);
  pid_t pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
  if (pid < 0) fail("make a PID namespace");
  if (!pid) become(command, begun, report);
  close(gate[1]);
  while (read(gate[0], &byte, 1) < 0 && errno == EINTR) {
  }
  long long exec = now();
  if (term_after_us >= 0) {
    wait_until(exec + term_after_us * 1000);
    long long sent = now();
    kill(pid, SIGTERM);
    dprintf(report, "started %d %lld\nexec %lld\nsent %lld\n", pid, *begun, exec, sent);
  } else {
    dprintf(report, "started %d %lld\nexec %lld\n", pid, *begun, exec);
  }
  while (waitid(P_PID, pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
  }
  long long end = now();
  int code = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
  dprintf(report, "ended %d %lld\n", code, end);
  while (read(0, &byte, 1) > 0) {
  }
  return 0;
}
