/*
 * The command `gracekeeper`: holds the signals that may come, then becomes Python.
 *
 * PID 1 is sent no signal that it neither handles nor blocks (pid_namespaces(7)), and Python needs about 10 ms before
 * its first line could do either. So this does it within the first: what is blocked waits, also across exec (signal(7)).
 * It leaves a signalfd for them, which Python could make only with ctypes, and that costs 4 ms and half a MiB.
 *
 * It is also `gracekeeper hold COMMAND [ARG ...]`, for programs that hear signals late, and it takes the place of `tini`
 * and `dumb-init` when it is linked from there. Without a compiler, the package has a Python script instead of it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { NOT_EXECUTABLE = 126, NOT_FOUND = 127, USAGE = 2, LEAST_FD = 3, MOST_PATH = PATH_MAX };

static const char HELD[] = "GRACEKEEPER_SIGNAL_FD";
static const char ANYWHERE[] =
    "import os, sys\n"
    "try:\n"
    "    from supervisor.__main__ import main\n"
    "except ImportError:\n"
    "    os.write(2, f'gracekeeper: cannot find its package in {sys.executable}: it is not installed there. Link to the'\n"
    "             ' command in its environment, don\\'t copy it.\\n'.encode())\n"
    "    os._exit(127)\n"
    "main()";
static const char MODULE[] = "supervisor/__main__.py";

/* All that can wait, so not faults, which must kill. */
static sigset_t all_that_wait(void) {
  static const int others[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, SIGKILL, SIGSTOP};
  sigset_t set;
  sigfillset(&set);
  for (unsigned i = 0; i < sizeof others / sizeof *others; i++) sigdelset(&set, others[i]);
  return set;
}

/* Python finds the descriptor by a variable; a plus says that orphans are ours. Without it Python does both itself. */
static void leave_a_signalfd(const sigset_t *set, int adopts) {
  int made = signalfd(-1, set, SFD_NONBLOCK);
  int fd = made < 0 ? -1 : fcntl(made, F_DUPFD, LEAST_FD); /* 0 to 2 may be closed, and are for others */
  if (made >= 0) close(made);
  char text[16];
  adopts = adopts && getpid() != 1 && !prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  snprintf(text, sizeof text, "%d%s", fd, adopts ? "+" : "");
  if (fd >= 0) setenv(HELD, text, 1);
}

static int complain(const char *what, int error) {
  fprintf(stderr, "gracekeeper: cannot run %s: %s.\n", what, strerror(error));
  return error == ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
}

/* Whether `tini` is asked to adopt; if that was another option's value, Python takes it back. */
static int tini_adopts(int argc, char **argv) {
  if (getenv("TINI_SUBREAPER")) return 1;
  for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
    if (argv[i][0] == '-' && strchr(argv[i], 's')) return 1;
  return 0;
}

/* Our own path, by the kernel's word, or by how we were called where there is no /proc. */
static int find_ourselves(char *path) {
  ssize_t length = readlink("/proc/self/exe", path, MOST_PATH - 1);
  if (length >= 0) path[length] = 0;
  return length >= 0 || realpath((const char *)getauxval(AT_EXECFN), path);
}

/* In `lib`, find python3.X/{site,dist}-packages that has our package; the interpreter's name is its folder's. */
static int find_package(const char *lib, char *module, char *python) {
  static const char *const kinds[] = {"site-packages", "dist-packages"};
  DIR *folder = opendir(lib);
  struct dirent *entry;
  int found = 0;
  while (folder && !found && (entry = readdir(folder))) {
    if (strncmp(entry->d_name, "python3", 7)) continue;
    for (unsigned i = 0; i < 2 && !found; i++) {
      int length = snprintf(module, MOST_PATH, "%s/%s/%s/%s", lib, entry->d_name, kinds[i], MODULE);
      found = length < MOST_PATH && !access(module, R_OK);
    }
    if (found) strcpy(python, entry->d_name);
  }
  if (folder) closedir(folder);
  return found;
}

/* Replace this process by the interpreter beside us, or by the one that PATH knows. */
static void become(const char *bin, const char *python, char **argv) {
  char beside[MOST_PATH];
  if (snprintf(beside, sizeof beside, "%s/%s", bin, python) >= MOST_PATH) return;
  argv[0] = beside; /* by it, Python knows its virtual environment */
  execv(beside, argv);
  argv[0] = (char *)python;
  execvp(python, argv);
}

static int start_python(int argc, char **argv, const char *as) {
  char bin[MOST_PATH], lib[MOST_PATH], module[MOST_PATH] = "", python[NAME_MAX + 1] = "python3";
  if (!find_ourselves(bin)) return complain("Python, our own path is not known", errno);
  *strrchr(bin, '/') = 0;
  int known = 0;
  for (int i = 0; i < 2 && !known; i++) {
    int length = snprintf(lib, sizeof lib, "%s/../%s", bin, i ? "lib64" : "lib");
    if (length >= MOST_PATH) return complain("Python, its path", ENAMETOOLONG);
    known = find_package(lib, module, python);
  }
#ifdef CHECKOUT /* installed as editable: the package is where it was built */
  if (!known) known = snprintf(module, sizeof module, "%s/%s", CHECKOUT, MODULE) > 0 && !access(module, R_OK);
#endif
  char **words = calloc((size_t)argc + 8, sizeof *words);
  if (!words) return complain("Python", errno);
  int at = 1;
  words[at++] = "-I";
  if (known) { /* our own lines say what else is loaded */
    words[at++] = "-S";
    words[at++] = module;
  } else {
    words[at++] = "-c";
    words[at++] = (char *)ANYWHERE;
  }
  if (as) words[at++] = (char *)as;
  for (int i = 1; i < argc; i++) words[at++] = argv[i];
  become(bin, python, words);
  if (strcmp(python, "python3")) become(bin, "python3", words);
  return complain("python3, beside it or by PATH", errno);
}

int main(int argc, char **argv) {
  const char *slash = argc ? strrchr(argv[0], '/') : NULL;
  const char *name = argc ? (slash ? slash + 1 : argv[0]) : "gracekeeper";
  const char *as = !strcmp(name, "tini") || !strcmp(name, "dumb-init") ? name : NULL;
  const char *command = as ? as : argc > 1 ? argv[1] : "";
  int keeps = as || !strcmp(command, "run") || !strcmp(command, "tini") || !strcmp(command, "dumb-init");
  int from = argc > 2 && !strcmp(argv[2], "--") ? 3 : 2; /* of what is held for */
  if (!keeps && (strcmp(command, "hold") || (argc > from && from == 2 && argv[from][0] == '-')))
    return start_python(argc, argv, as);
  sigset_t set = all_that_wait();
  sigprocmask(SIG_BLOCK, &set, NULL);
  if (keeps) {
    leave_a_signalfd(&set, !strcmp(command, "run") || (!strcmp(command, "tini") && tini_adopts(argc, argv)));
    return start_python(argc, argv, as);
  }
  if (argc <= from) {
    fputs("gracekeeper: cannot hold signals for nothing: there is no command. Write it after `hold`.\n", stderr);
    return USAGE;
  }
  execvp(argv[from], argv + from);
  return complain(argv[from], errno);
}
