# SPDX-License-Identifier: Apache-2.0
"""One function for each `call:` of a profile. Their objects are named after the way they are called."""


class Named:
    def __init__(self, name):
        self.name = name

    def __lt__(self, other):
        return self.name < other.name


class Method(Named):
    def run(self, *args, **kwargs):
        return 0


class MethodHeir(Method):
    """Has one of its own, and calls the inherited one from elsewhere."""

    def run(self, *args, **kwargs):
        return 1

    def run_inherited(self):
        return super().run()


class Function(Named):
    def run(self, *args, **kwargs):
        return 0


class FunctionHeir(Function):
    def run(self, *args, **kwargs):
        return 1

    def run_inherited(self):
        return super().run()


class Instance(Named):
    def __call__(self, *args, **kwargs):
        return 0


class Coroutine(Named):
    async def run(self, *args, **kwargs):
        return 0


class CoroutineHeir(Coroutine):
    async def run(self, *args, **kwargs):
        return 1

    async def run_inherited(self):
        return await super().run()
