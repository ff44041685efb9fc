# SPDX-License-Identifier: Apache-2.0
"""Programs that an observer must not change: see program.py."""
