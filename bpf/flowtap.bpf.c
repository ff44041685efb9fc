// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// The BPF object: every program of flowtap, for kernels from 5.10 on.
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "code_pages.bpf.h"
#include "event.h"
#include "native/keyed_programs.bpf.h"
#include "native/landing_programs.bpf.h"
#include "lifecycle_programs.bpf.h"
#include "native/marker_programs.bpf.h"
#include "native/native_programs.bpf.h"
#include "python/calls.bpf.h"
#include "python/contexts.bpf.h"
#include "python/lifetime.bpf.h"
#include "python/marks.bpf.h"
#include "python/raised.bpf.h"
#include "python/steps.bpf.h"
#include "python/variables.bpf.h"
#include "python/watches.bpf.h"
#include "text.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
