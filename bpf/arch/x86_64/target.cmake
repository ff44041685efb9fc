# As libbpf's bpf_tracing.h names it: __TARGET_ARCH_*.
set(FLOWTAP_BPF_ARCHITECTURE x86)
