# SPDX-License-Identifier: Apache-2.0
"""A small workflow engine with the module names, call shapes and local names of the Kailash SDK.

Written for flowtap's tests from notes on how the SDK calls its code; no SDK code is in here. It
knows nothing of flowtap: its only extra is kailash.ledger, its own count of what it ran.
"""
