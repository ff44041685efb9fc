/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Chains of coroutines that await each other, read from their frames; natively compiled for tests as well.
 */
#ifndef FLOWTAP_PYTHON_AWAITS_BPF_H
#define FLOWTAP_PYTHON_AWAITS_BPF_H

#include "python/objects.bpf.h"

/* Maximum number of frames between a coroutine and the head of its chain. */
#define FT_MAX_AWAITS 16

/* Whether a frame stands for a C function on the Python stack: such frames have no code of interest. */
FT_INLINE int ft_is_shim(const struct ft_python* py, __u64 frame) {
    return py->first_shim_owner && frame && ft_read_u8(frame + py->frame_owner) >= py->first_shim_owner;
}

/* Whether a generator is suspended, after at least one step. */
FT_INLINE int ft_is_suspended(const struct ft_python* py, __u64 generator) {
    __s8 state = ft_read_u8(generator + py->generator_state);

    return state >= py->generator_suspended_first && state <= py->generator_suspended_last;
}

/* Whether a generator has returned, raised or been closed. */
FT_INLINE int ft_has_ended(const struct ft_python* py, __u64 generator) {
    return (__s8)ft_read_u8(generator + py->generator_state) > py->generator_executing;
}

FT_INLINE int ft_has_never_run(const struct ft_python* py, __u64 generator) {
    return (__s8)ft_read_u8(generator + py->generator_state) == py->generator_created;
}

/* The same during throw(), which marks the generator as executing before it raises: its frame shows that
 * it has ended. */
FT_INLINE int ft_stands_before_first_step(const struct ft_python* py, __u64 generator) {
    __u64 frame = generator + py->generator_frame;

    return ft_read_u8(ft_read_u64(frame + py->frame_instruction)) == py->unstarted;
}

/* Whether the bytecode awaits the result of this call immediately: GET_AWAITABLE follows the call. A call
 * through C leaves the caller at CALL_FUNCTION_EX. */
FT_INLINE int ft_awaits_its_call(const struct ft_python* py, __u64 caller, int through_c) {
    __u64 instruction = ft_read_u64(caller + py->frame_instruction), units = 1;
    __u16 offset = 0;

    if (through_c) {
        units = py->call_ex_units;
    } else if (py->frame_return_offset &&
               !ft_read(&offset, sizeof(offset), caller + py->frame_return_offset)) {
        units = offset;
    }
    return ft_read_u8(instruction + 2 * units) == py->get_awaitable;
}

FT_INLINE int ft_is_generator_frame(const struct ft_python* py, __u64 frame) {
    return frame && ft_read_u8(frame + py->frame_owner) == FT_OWNED_BY_GENERATOR;
}

/* Whether a frame belongs to a generator that awaits something stepped by C (false for one that calls
 * send()). */
FT_INLINE int ft_awaits_through_c(const struct ft_python* py, __u64 frame) {
    __u64 opcode = ft_read_u8(ft_read_u64(frame + py->frame_instruction));

    FT_BOUND(opcode);
    opcode &= 8 * FT_OPCODE_BYTES - 1;
    return (py->await_opcodes[opcode / 8] >> (opcode % 8) & 1) && ft_is_generator_frame(py, frame);
}

/* The coroutine at the head of this one's chain of awaits: C drives it, and nothing awaits it. `above` is
 * the frame to which it returns. 0: there is none, or it is too far away. */
FT_INLINE __u64 ft_driver(const struct ft_python* py, __u64 coroutine, __u64 above) {
    FT_ROUNDS(i, FT_MAX_AWAITS, 1) {
        if (!py->inlines_awaits || ft_is_shim(py, above)) {
            if (py->first_shim_owner) above = ft_read_u64(above + py->frame_previous);
            if (!ft_awaits_through_c(py, above)) return coroutine;
        } else if (!ft_is_generator_frame(py, above)) {
            return 0;
        }
        coroutine = above - py->generator_frame;
        above = ft_read_u64(above + py->frame_previous);
    }
    return 0;
}

#endif
