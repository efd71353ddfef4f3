#define _GNU_SOURCE
#include "CProcess.h"
#include <malloc.h>
#include <sched.h>

int cprocess_usable_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
}

void cprocess_limit_arenas(int count) { mallopt(M_ARENA_MAX, count); }
