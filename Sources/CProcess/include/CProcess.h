#ifndef TURNPIKE_CPROCESS_H
#define TURNPIKE_CPROCESS_H

/// The number of processors this process may run on (sched_getaffinity), or 1 where it cannot be told.
int cprocess_usable_processors(void);

/// Limits how many arenas glibc's allocator makes (mallopt M_ARENA_MAX).
void cprocess_limit_arenas(int count);

/// Raises the number of files that may be open to what the system allows (setrlimit RLIMIT_NOFILE), and returns it.
long cprocess_raise_descriptor_limit(void);

/// Gives back the pages of program text that are mapped in (madvise MADV_DONTNEED on executable segments). They are clean
/// pages of files: what is run again is mapped again, what only the start needed stays out.
void cprocess_release_text(void);

#endif
