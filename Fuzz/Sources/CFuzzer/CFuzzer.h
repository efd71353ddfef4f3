// The entry of libFuzzer for programs that keep their own main (compiler-rt, "Using libFuzzer as a library").
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Runs the fuzzer: calls `body` with one input after the other. Returns the status to exit with.
int LLVMFuzzerRunDriver(int *_Nonnull argc, char *_Nullable *_Nonnull *_Nonnull argv,
                        int (*_Nonnull body)(const uint8_t *_Nullable data, size_t size));
