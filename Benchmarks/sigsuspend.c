// Preloaded under valgrind, which changes the signal mask given to sigsuspend in place and crashes where the mask is
// constant, as it is in libdispatch. A copy may be changed.
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
    sigset_t copy = *mask;
    return (int)syscall(SYS_rt_sigsuspend, &copy, 8);
}
