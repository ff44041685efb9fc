// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// The BPF object: every program of flowtap, for kernels from 5.10 on.
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "code_pages.bpf.h"
#include "event.h"
#include "keyed_programs.bpf.h"
#include "landing_programs.bpf.h"
#include "lifecycle_programs.bpf.h"
#include "marker_programs.bpf.h"
#include "native_programs.bpf.h"
#include "python_calls.bpf.h"
#include "python_lifetime.bpf.h"
#include "python_raised.bpf.h"
#include "python_steps.bpf.h"
#include "python_variables.bpf.h"
#include "python_watches.bpf.h"
#include "text.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
