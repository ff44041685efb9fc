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

// Shared by all trials. Owns everything that stays attached until the end.
struct TestBed {
    SelfTestObject object;
    ProbedFunctions functions;
    Subject subject;
    std::vector<Link> links = {};
    std::vector<Fd> watches = {};
    MachineFacts facts = {};

    void add(MechanismProof proof) { facts.proofs.push_back(std::move(proof)); }
};

// How often a probe fired during a task, and what the task cost.
struct Trial {
    std::uint64_t fired = 0;
    TaskDone done;
};

// counter: the BPF programs' counter of hits.
Trial try_task(TestBed& bed, Task task, const volatile __u64& counter);

// As proof_of_hits(), with another reason if the process did not answer.
MechanismProof proof_of(KernelMechanism mechanism, std::uint64_t fired, std::uint64_t triggered);

// The cost of one hit: the task's cost with the probe, less its cost without. nullopt if some hits did not
// fire.
std::optional<double> price(const Trial& trial, const TaskDone& bare);

// Each adds its proofs to the test bed. try_ring_buffer() needs a uprobe that fires.
void try_uprobes(TestBed& bed);
void try_ring_buffer(TestBed& bed);
void try_watches(TestBed& bed);

}  // namespace flowtap
