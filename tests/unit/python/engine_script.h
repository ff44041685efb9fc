// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace flowtap {

// A Python program with one module, "engine.core", for the tests to find things in. Ends in wait(), which
// prints "ready" and blocks on stdin inside an except block.
inline std::string engine_script(const std::string& more = "") {
    static const char* const kStart = R"PY(
import gc, sys, threading, types
SOURCE = '''
import contextvars, functools

CURRENT = contextvars.ContextVar('current')

def plain(first, second=1, *rest, key=None, **keywords):
    local = first
    captured = second
    def inner():
        return captured
    return inner

async def coroutine(value):
    late = value
    return late

async def async_generator():
    yield 1

def wraps(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper

class Base:
    def execute(self, **runtime_inputs):
        return self
    def inherited(self):
        return 1
    @staticmethod
    def static(value):
        return value
    @classmethod
    def build(cls):
        return cls
    @wraps
    def decorated(self):
        pass
    class Inner:
        def method(self):
            pass

class Left(Base):
    def execute(self, **runtime_inputs):
        return 1

class Right(Base):
    pass

class Deep(Right):
    async def execute(self, **runtime_inputs):
        return 2

class Bottom(Left, Right):
    @staticmethod
    def execute(**runtime_inputs):
        return 3

class Same(Base):
    execute = Left.execute

class NoFunction(Base):
    execute = len

class Gone(Base):
    def execute(self, **runtime_inputs):
        return 4

del Gone
builtin = len
number = 3
'''
engine = types.ModuleType('engine.core')
sys.modules['engine.core'] = engine
sys.modules['engine.absent'] = None
exec(SOURCE, engine.__dict__)
gc.collect()

def show(key, value):
    print(key, value)

def wait(marker):
    try:
        raise LookupError('a')
    except LookupError:
        print('ready', flush=True)
        sys.stdin.readline()
)PY";
    return std::string(kStart) + more + "\nwait('the marker')\n";
}

// The same with a function that makes a subinterpreter, "legacy" or "isolated" (from 3.12 on with a GIL of
// its own), which has that module too and then runs `script`. It gives what keeps the subinterpreter.
inline std::string subinterpreter_script(const std::string& more) {
    return engine_script(R"PY(
try:
    import _interpreters
    create, run, destroy = _interpreters.create, _interpreters.exec, _interpreters.destroy
except ImportError:
    import _xxsubinterpreters
    create = lambda kind: _xxsubinterpreters.create(isolated=kind == 'isolated')
    run, destroy = _xxsubinterpreters.run_string, _xxsubinterpreters.destroy

def subinterpreter(kind, script='', source=SOURCE):
    interpreter = create(kind)
    sys.stdout.flush()
    run(interpreter, 'import sys, types\n'
                     'engine = types.ModuleType("engine.core")\n'
                     'sys.modules["engine.core"] = engine\n'
                     f'exec({source!r}, engine.__dict__)\n' + script)
    return interpreter
)PY" + more);
}

}  // namespace flowtap
