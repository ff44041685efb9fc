// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attach/kernel/probe_link.h"
#include "machine/machine_facts.h"
#include "selftest/probed_functions.h"
#include "selftest/self_test_object.h"
#include "selftest/subject.h"

namespace flowtap {

// What all trials share, and what they leave attached until the end.
struct TestBed {
    SelfTestObject object;
    ProbedFunctions functions;
    Subject subject;
    std::vector<Link> links = {};
    std::vector<Fd> watches = {};
    MachineFacts facts = {};

    void note(MechanismProof proof) { facts.proofs.push_back(std::move(proof)); }
};

// How often something fired for a task, and what that cost.
struct Trial {
    std::uint64_t fired = 0;
    TaskDone done;
};

// By a counter of the programs.
Trial try_task(TestBed& bed, Task task, const volatile __u64& counter);

// As proof_of_hits(); of a task that nobody answered for, it says so.
MechanismProof proof_of(KernelMechanism mechanism, std::uint64_t fired, std::uint64_t triggered);

// What a hit costs more than the same without a probe; nullopt where not all fired.
std::optional<double> price(const Trial& trial, const TaskDone& bare);

// Each notes what it found. The ring buffer's needs a uprobe that fires.
void try_uprobes(TestBed& bed);
void try_ring_buffer(TestBed& bed);
void try_watches(TestBed& bed);

}  // namespace flowtap
