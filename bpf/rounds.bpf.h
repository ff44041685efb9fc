/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Loops with much in them: FT_ROUNDS(i, most, condition) is for (__u32 i = 0; i < most && condition; i++).
 *
 * The verifier follows each round of a plain loop. With FT_ITERATORS, rounds are counted by the kernel's
 * number iterator (Linux 6.4 and newer), and the verifier follows them only until what it knows repeats: it
 * then takes three quarters of the time. The daemon has both objects. It loads the other one where the
 * kernel refuses this one, or has no links of many uprobes (Linux 6.6).
 */
#ifndef FLOWTAP_ROUNDS_BPF_H
#define FLOWTAP_ROUNDS_BPF_H

#ifdef FT_ITERATORS
extern int bpf_iter_num_new(struct bpf_iter_num* rounds, int start, int end) __weak __ksym;
extern int* bpf_iter_num_next(struct bpf_iter_num* rounds) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num* rounds) __weak __ksym;
/* The outer loop declares i and runs once. The iterator is destroyed however the inner one is left; clang
 * emits the type of that function only where it is mentioned otherwise too. The comparison tells the verifier
 * the bound of i. */
#define FT_ROUNDS(i, most, condition)                                                                   \
    for (__u32 i = 0, ft_once = 1; ft_once; ft_once = 0)                                                \
        for (struct bpf_iter_num ft_rounds __attribute__((aligned(8), cleanup(bpf_iter_num_destroy))),  \
             *ft_begun __attribute__((unused)) = (bpf_iter_num_new(&ft_rounds, 0, most),                \
                                                  (void)bpf_iter_num_destroy, (struct bpf_iter_num*)0); \
             ({                                                                                         \
                 int* ft_round = bpf_iter_num_next(&ft_rounds);                                         \
                 ft_round && ((i) = *ft_round, (i) < (most) && (condition));                            \
             });)
#else
#define FT_ROUNDS(i, most, condition) for (__u32 i = 0; i < (most) && (condition); i++)
#endif

#endif
