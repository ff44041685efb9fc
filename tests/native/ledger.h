// SPDX-License-Identifier: Apache-2.0
/* The part of the ledger that only the harness needs. */
#ifndef FLOWTAP_TESTS_NATIVE_LEDGER_H
#define FLOWTAP_TESTS_NATIVE_LEDGER_H

void ledger_reset(void);
/* "workflows": {...}, "nodes": [...], "errors": [...] */
void ledger_print(void);

#endif
