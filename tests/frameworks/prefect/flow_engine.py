# SPDX-License-Identifier: Apache-2.0
"""One run of a flow."""

import ledger


class AsyncFlowRunEngine:
    def __init__(self, flow, parameters):
        self.flow = flow
        self.parameters = parameters

    async def call_flow_fn(self):
        return await self.flow.fn(**self.parameters)


async def run_flow_async(flow, parameters):
    with ledger.workflow(flow.name):
        return await AsyncFlowRunEngine(flow, parameters).call_flow_fn()
