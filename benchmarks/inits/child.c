/* What an init is given to run: it writes what happens to it, and when, into a FIFO.
 *
 *   child FIFO wait            S at the start, U at USR1, T at TERM, E just before it exits (0)
 *   child FIFO family N        the same, with N - 1 children that only wait
 *   child FIFO orphans N WAVE  the same, but first N orphans, once FIFO.go has a byte: B, then R
 *   child FIFO exit N          exits with N
 *   child FIFO signal N        is killed by signal N
 *
 * A line is a letter and a time in ns of CLOCK_MONOTONIC; R has the number of zombies left, too.
 * WAVE 0: N zombies get a new parent at once, when their own one ends. Else: orphans die in waves
 * of so many, each with a SIGCHLD of its own to the init. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GIVE_UP_NS 10000000000LL /* an init that reaps 100 a second is not waited for */

static int fifo;

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void tell(char letter, long long at, long more) {
  char line[64];
  int n = snprintf(line, sizeof line, "%c %lld %ld\n", letter, at, more);
  if (write(fifo, line, n) != n) _exit(71);
}

static void attend(void) {
  sigset_t all;
  sigfillset(&all);
  for (;;) {
    int number = sigwaitinfo(&all, NULL);
    long long at = now();
    if (number == SIGUSR1) tell('U', at, 0);
    if (number == SIGTERM) {
      tell('T', at, 0);
      tell('E', now(), 0);
      _exit(0);
    }
  }
}

/* A parent of n children that have all ended; its own end hands them over. */
static void at_once(long n, pid_t *orphans, long long *begun) {
  for (volatile long i = 0; i < n; i++) {
    pid_t pid = vfork();
    if (!pid) _exit(0);
    orphans[i] = pid;
  }
  *begun = now();
  _exit(0);
}

/* Orphans that outlive their parent: they wait for the end of a pipe, and then die together. */
static void wave(long n, pid_t *orphans) {
  int gate[2];
  char byte;
  if (pipe(gate)) _exit(72);
  pid_t parent = fork();
  if (!parent) {
    for (long i = 0; i < n; i++) {
      pid_t pid = fork();
      if (!pid) {
        close(gate[1]);
        _exit(read(gate[0], &byte, 1) > 0);
      }
      orphans[i] = pid;
    }
    _exit(0);
  }
  waitpid(parent, NULL, 0);
  close(gate[1]);
  close(gate[0]);
}

static long left(long n, pid_t *orphans) {
  long count = 0;
  for (long i = 0; i < n; i++) count += orphans[i] > 0 && !kill(orphans[i], 0);
  return count;
}

static void burst(long n, long size) {
  size_t bytes = n * sizeof(pid_t) + 64;
  char *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  long long *begun = (long long *)shared;
  pid_t *orphans = (pid_t *)(shared + 64);
  struct timespec pause = {0, 500000};
  tell('B', *begun = now(), 0);
  for (long i = 0; size && i < n; i += size) wave(n - i < size ? n - i : size, orphans + i);
  if (!size) {
    pid_t parent = fork();
    if (!parent) at_once(n, orphans, begun);
    waitpid(parent, NULL, 0);
    tell('B', *begun, 0);
  }
  /* Zombies are reaped about in the order of their birth: wait for the first, then the next. */
  long long end = now() + GIVE_UP_NS;
  for (long i = 0; i < n; i++)
    while (orphans[i] > 0 && !kill(orphans[i], 0) && now() < end) nanosleep(&pause, NULL);
  long long at = now();
  tell('R', at, left(n, orphans));
}

static void wait_for_go(const char *path) {
  char name[4096], byte;
  snprintf(name, sizeof name, "%s.go", path);
  int go = open(name, O_RDONLY | O_CLOEXEC);
  while (go >= 0 && read(go, &byte, 1) < 0 && errno == EINTR) {
  }
  close(go);
}

int main(int argc, char **argv) {
  long long begun = now();
  sigset_t all;
  if (argc < 3) return 64;
  const char *mode = argv[2];
  long n = argc > 3 ? atol(argv[3]) : 0;
  if (!strcmp(mode, "exit")) _exit(n);
  if (!strcmp(mode, "signal")) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    sigemptyset(&all);
    /* Not signal(): libc keeps 32 and 33 to itself, and its posix_spawn has them ignored. */
    long plain[8] = {0};
    syscall(SYS_rt_sigaction, n, plain, NULL, 8);
    sigprocmask(SIG_SETMASK, &all, NULL);
    syscall(SYS_kill, getpid(), n);
    _exit(0);
  }
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  fifo = open(argv[1], O_WRONLY | O_CLOEXEC);
  if (fifo < 0) return 66;
  tell('S', begun, 0);
  for (long i = 1; !strcmp(mode, "family") && i < n; i++)
    if (!fork())
      for (;;) pause();
  if (!strcmp(mode, "orphans")) {
    wait_for_go(argv[1]);
    burst(n, argc > 4 ? atol(argv[4]) : 0);
  }
  attend();
}
