// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two functions of this program for the self-test to probe at their first instruction, in this order in one
// section. The kernel emulates that of the first under a probe, and single-steps that of the second.
extern "C" {
void flowtap_selftest_emulated();
void flowtap_selftest_single_stepped();
}
