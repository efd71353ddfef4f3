#ifndef TURNPIKE_CPROCESS_H
#define TURNPIKE_CPROCESS_H

/// The number of processors this process may run on (sched_getaffinity), or 1 where it cannot be told.
int cprocess_usable_processors(void);

/// Limits how many arenas glibc's allocator makes (mallopt M_ARENA_MAX).
void cprocess_limit_arenas(int count);

#endif
