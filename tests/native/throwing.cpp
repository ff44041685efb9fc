// SPDX-License-Identifier: Apache-2.0
// C++ inside a Python process: it calls back into Python, throws around that, and catches. Loaded by
// tests/engine/safety/throwing.py. What it uses of Python's C API is the same in all versions, so it is built
// without Python's headers and serves every interpreter.
//
// No exception leaves one of these functions: Python's own frames must not be unwound.
#include <sys/types.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

extern "C" {
struct PyObject;
struct PyThreadState;
extern PyObject* PyExc_RuntimeError;
PyObject* PyObject_CallObject(PyObject* callable, PyObject* arguments);
PyObject* PyErr_Occurred();
void PyErr_Clear();
void PyErr_SetString(PyObject* type, const char* message);
void Py_IncRef(PyObject* object);
void Py_DecRef(PyObject* object);
int PyObject_IsTrue(PyObject* object);
int PyGILState_Ensure();
void PyGILState_Release(int state);
PyThreadState* PyEval_SaveThread();
void PyEval_RestoreThread(PyThreadState* state);
}

namespace {

// Python has raised, and says what.
struct Raised : std::exception {};

struct Refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Counts {
public:
    explicit Counts(long& counter) : counter_(counter) {}
    ~Counts() { ++counter_; }
    Counts(const Counts&) = delete;
    Counts& operator=(const Counts&) = delete;

private:
    long& counter_;
};

[[gnu::noinline]] void call(PyObject* callable) {
    PyObject* result = PyObject_CallObject(callable, nullptr);
    if (result == nullptr) throw Raised();
    const bool accepted = PyObject_IsTrue(result) == 1;
    Py_DecRef(result);
    if (!accepted) throw Refused("refused");
}

// Some frames with something to clean up, and one that catches and throws again.
[[gnu::noinline]] void call_below(PyObject* callable, int frames, long& unwound) {
    const Counts frame(unwound);
    try {
        if (frames == 0) {
            call(callable);
        } else {
            call_below(callable, frames - 1, unwound);
        }
    } catch (const Refused&) {
        if (frames % 2 == 0) throw;
        throw Refused("refused again");
    }
}

// Calls Python when it is destroyed, be that while an exception is on its way.
class CallsAtTheEnd {
public:
    CallsAtTheEnd(PyObject* callable, bool& called_in_flight)
        : callable_(callable), called_in_flight_(called_in_flight) {}
    ~CallsAtTheEnd() {
        try {
            const bool in_flight = std::uncaught_exceptions() > 0;
            call(callable_);
            called_in_flight_ = in_flight;
        } catch (const std::exception&) {
            PyErr_Clear();
        }
    }
    CallsAtTheEnd(const CallsAtTheEnd&) = delete;
    CallsAtTheEnd& operator=(const CallsAtTheEnd&) = delete;

private:
    PyObject* callable_;
    bool& called_in_flight_;
};

[[gnu::noinline]] void throw_past(PyObject* callable, bool& called_in_flight) {
    const CallsAtTheEnd last(callable, called_in_flight);
    throw Refused("thrown");
}

std::exception_ptr work_with_python(PyObject* callable) {
    const int state = PyGILState_Ensure();
    std::exception_ptr caught;
    try {
        call(callable);
        throw Refused("after the call");
    } catch (const std::exception&) {
        PyErr_Clear();
        caught = std::current_exception();
    }
    PyGILState_Release(state);
    return caught;
}

}  // namespace

extern "C" {

// Calls it so many times. Returns how often that raised or gave something false, and what was unwound
// meanwhile.
long call_and_catch(PyObject* callable, long times, long* unwound) {
    long caught = 0;
    for (long i = 0; i < times; i++) {
        try {
            call_below(callable, 4, *unwound);
        } catch (const Raised&) {
            PyErr_Clear();
            ++caught;
        } catch (const Refused&) {
            ++caught;
        }
    }
    return caught;
}

// What Python raised goes through C++ frames as a C++ exception and comes out as it was raised; what C++
// throws comes out as a RuntimeError.
PyObject* call_and_translate(PyObject* callable, PyObject* result) {
    long unwound = 0;
    try {
        call_below(callable, 3, unwound);
        Py_IncRef(result);
        return result;
    } catch (const Raised&) {
        return nullptr;
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
        return nullptr;
    }
}

// Calls it from a destructor while an exception is on its way. Returns whether it was, and is caught whole.
int call_in_flight(PyObject* callable) {
    bool called_in_flight = false;
    try {
        throw_past(callable, called_in_flight);
    } catch (const Refused& error) {
        return called_in_flight && std::string(error.what()) == "thrown" ? 1 : 0;
    }
    return 0;
}

// Calls it on threads that are not Python's; what they threw is thrown again on this one. Returns how often.
long call_on_threads(PyObject* callable, int count) {
    PyThreadState* saved = PyEval_SaveThread();
    std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(count));
    std::vector<std::thread> threads;
    threads.reserve(thrown.size());
    for (std::exception_ptr& one : thrown) threads.emplace_back([&] { one = work_with_python(callable); });
    for (std::thread& thread : threads) thread.join();
    long caught = 0;
    for (const std::exception_ptr& one : thrown) {
        try {
            std::rethrow_exception(one);
        } catch (const std::exception&) {
            ++caught;
        }
    }
    PyEval_RestoreThread(saved);
    return caught;
}
}
