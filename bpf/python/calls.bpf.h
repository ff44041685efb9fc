/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Calls of bound methods from C (method_vectorcall, or functions that unpack **kwargs for them), as in
 * object.method(**kwargs), and of instances (slot_tp_call), as in object(...). The key is the calling Python
 * frame: it can have only one such call open, on whatever thread or greenlet it runs.
 */
#ifndef FLOWTAP_PYTHON_CALLS_BPF_H
#define FLOWTAP_PYTHON_CALLS_BPF_H

#include "python/outcomes.bpf.h"
#include "registers.bpf.h"

/* The calling frame or, if C calls without one (a thread's first call), the thread state. */
static __always_inline __u64 call_key(const struct ft_python* py, __u64 tstate) {
    __u64 frame = ft_current_frame(py, tstate);

    return frame ? frame : tstate;
}

/* The function of a call whose argument 0 is this object. */
static __always_inline __u64 called_function(struct pt_regs* ctx, const struct ft_site* site,
                                             const struct ft_python* py, __u64 object) {
    if (site->function == FT_NO_REGISTER) return ft_read_u64(object + py->method_function);
    return register_value(ctx, site->function);
}

static __always_inline int is_bound_method(const struct ft_site* site) {
    return !site->by_class && site->function == FT_NO_REGISTER;
}

/* Whether this call is of no interest: usually because the object is not a bound method. */
static __always_inline int is_other_call(struct pt_regs* ctx, const struct ft_site* site,
                                         const struct ft_python* py, __u64 object) {
    if (!site->any_callable) return 0;
    if (ft_read_u64(object + FT_OBJECT_TYPE) != py->method_type) return 1;
    return site->result != FT_NO_REGISTER && !register_value(ctx, site->result);
}

/* The key in `codes` of the profiles' function that this call runs, or of the class whose instance is
 * called; 0: none. */
static __always_inline __u64 called_key(struct pt_regs* ctx, const struct ft_site* site,
                                        const struct ft_python* py, __u64 object, __u64 self, __u32 tgid) {
    __u64 function, code, name;

    if (site->by_class) {
        __u64 type = ft_read_u64(object + FT_OBJECT_TYPE);

        return passes_filter(py, type) && code_info(type, tgid) ? type : 0;
    }
    function = called_function(ctx, site, py, object);
    code = ft_read_u64(function + py->function_code);
    name = ft_read_u64(function + py->function_name);
    /* True for nearly every call. */
    if (!passes_filter(py, code) && !passes_filter(py, name)) return 0;
    if (!code_info(code, tgid) && !code_info(name, tgid)) return 0;
    if (ft_read_u32(code + py->code_flags) & FT_CODE_ASYNC) return 0;
    return function_key(function, code, self, tgid);
}

/* The frame of the call does not exist yet. */
static __always_inline struct path_origin call_origin(struct pt_regs* ctx, const struct ft_site* site,
                                                      const struct ft_python* py, __u64 object, __u64 self) {
    struct path_origin from = {.self = self};

    if (!site->by_class) from.function = called_function(ctx, site, py, object);
    if (site->arguments != FT_NO_REGISTER) {
        from.arguments = register_value(ctx, site->arguments);
        from.count = register_value(ctx, site->argument_count);
        from.keywords = register_value(ctx, site->keywords);
    }
    return from;
}

SEC("uprobe/python_call_entry")
int python_call_entry(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    __u32 tgid = current_tgid();
    struct ft_python* py = python_at(site);
    __u64 object, self, key, tstate, caller;
    struct path_origin from;
    struct ft_code* info;
    struct ft_begin* event;

    if (!site || !py) return 0;
    object = register_value(ctx, site->object);
    if (is_other_call(ctx, site, py, object)) return 0;
    self = is_bound_method(site) ? ft_read_u64(object + py->method_self) : object;
    key = called_key(ctx, site, py, object, self, tgid);
    if (!key) return 0;
    info = info_at(key, tgid);
    if (!info || info->role & (FT_CODE_COROUTINE | FT_CODE_SETTER | FT_CODE_WATCHED) ||
        !(info->role & (FT_CODE_WORKFLOW | FT_CODE_NODE)))
        return 0;
    tstate = own_thread_state(py, site);
    if (!tstate) return 0;
    caller = call_key(py, tstate);
    info->seen = 1;
    if (is_part_of_another(caller, self, tgid)) return 0;
    event = reserve_python(site, info, caller, FT_KEY_FRAME, FT_EVENT_BEGIN);
    if (!event) return 0;
    if (!remember(event, site, info->role & FT_CODE_NODE ? self : 0, PT_REGS_SP(ctx) + site->stack_adjust, 0))
        return 0;
    if (info->role & FT_CODE_NODE) {
        fill_type(py, &event->node_type, self);
        fill_from_callers(py, identity_of(event), caller, self, tgid);
        fill_from_carried(identity_of(event), self, caller);
    }
    from = call_origin(ctx, site, py, object, self);
    fill_own(event, &from, key, info);
    count_unreadable(site, event);
    submit_begin(event);
    return 0;
}

SEC("uprobe/python_call_exit")
int python_call_exit(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_python* py = python_at(site);
    struct ft_open* execution;
    __u64 tstate, key, returned;

    if (!site || !py) return 0;
    tstate = ft_thread_state(py);
    if (!tstate) return 0;
    key = call_key(py, tstate);
    execution = find_open(key);
    /* The same frame may call other bound methods from C meanwhile: only the same C call ends the
     * execution. */
    if (!execution || execution->stack != PT_REGS_SP(ctx) + site->stack_adjust) return 0;
    returned = register_value(ctx, site->result);
    if (returned)
        end_without_exception(site->probe, execution, key, py, returned, 0);
    else
        end_execution(site->probe, execution, key, FT_STATUS_FAILED, py, tstate);
    return 0;
}

#endif
