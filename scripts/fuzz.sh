#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/fuzz.sh [SECONDS [NAME...]]
#
# Builds the fuzzers of tests/fuzz with clang, AddressSanitizer and UndefinedBehaviorSanitizer into build/fuzz, and runs
# each, or those named, for SECONDS (60). What an input must not do is in each fuzzer; a finding is left in
# build/fuzz/findings. Inputs that reach new code are kept in build/fuzz/corpus for the next run.
# A table comes last: inputs tried, by second, code reached. Exit status: 0 without findings, 1 with one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-60}
[[ $seconds =~ ^[0-9]+$ ]] || { echo "usage: scripts/fuzz.sh [SECONDS [NAME...]]" >&2 && exit 2; }
names=("${@:2}")
((${#names[@]})) || for source in tests/fuzz/*.cpp; do names+=("$(basename "$source" .cpp)"); done
readonly most_bytes=65536 most_megabytes=2048 longest=25

build() {
    cmake -S . -B build/fuzz -G Ninja --log-level=WARNING -DCMAKE_BUILD_TYPE=None -DCMAKE_UNITY_BUILD=ON \
        -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_CXX_FLAGS="-O1 -DNDEBUG" -DFLOWTAP_FUZZ=ON \
        -DFLOWTAP_SANITIZE=fuzzer-no-link,address,undefined >/dev/null
    cmake --build build/fuzz --target "${names[@]/#/fuzz_}"
}

section_of() { objcopy -O binary --only-section="$2" --set-section-flags "$2=alloc" "$1" "$3" && [[ -s $3 ]]; }
# The size of a file as a number of so many bytes, the lowest first.
size_of() {
    local size left
    size=$(stat -c %s "$1")
    for ((left = $2; left > 0; left--, size >>= 8)); do printf '%b' "$(printf '\\x%02x' $((size & 255)))"; done
}

# record KIND SIZE: one of the ring buffer, of the one execution of one thread.
record() { printf '%b' "\\x0$1" && head -c "$2" /dev/zero && printf '\0\1\0\0\0\2\0'; }

# Debug information of a function at 0x1000, as tests/fuzz/dwarf.cpp takes it apart. Options: of the compiler.
debug_information() {
    local in=build/fuzz/seeds
    cc -g -gdwarf-4 "$@" -nostdlib -static -no-pie -Wl,-Ttext=0x1000,-e,run -o $in/debug $in/debug.c
    for section in abbrev loc info; do section_of $in/debug .debug_$section $in/$section || : >$in/$section; done
    size_of $in/abbrev 2 && cat $in/abbrev && size_of $in/loc 2 && cat $in/loc $in/info
}

# Files that a compiler makes, and bytes, as inputs to begin with. Names of at most three letters are in .debug_info
# itself.
seeds() {
    local in=build/fuzz/seeds
    mkdir -p $in/{elf,unwinding,dwarf,python,records}
    printf '%s\n' 'struct it { long id; struct it *to; };' \
        'long run(struct it *it, int a) { for (; it; it = it->to) a += it->id; return a; }' >$in/debug.c
    printf '%s\n' 'struct spec { long id; struct spec *next; };' \
        '__attribute__((noinline)) long run(struct spec *spec, int a) { return spec->id + a; }' \
        'int main(int a, char **v) { struct spec s = {a, 0}; return (int)run(&s, v != 0); }' >$in/seed.c
    cc -g -gdwarf-4 -O1 -o $in/elf/linked $in/seed.c
    cc -O2 -s -nostartfiles -Wl,-e,main -o $in/elf/stripped $in/seed.c
    head -c 4096 $in/elf/linked >$in/python/bytes  # no interpreter's, but as long as objects are
    section_of $in/elf/linked .eh_frame $in/part
    { size_of $in/part 2 && cat $in/part; } >$in/unwinding/linked
    debug_information -O0 >$in/dwarf/plain
    debug_information -O1 >$in/dwarf/optimised
    { record 1 432 && record 2 136 && printf '\1'; } >$in/records/run  # struct ft_begin, struct ft_end
}

# The last line that libFuzzer says of how far it came.
row() {
    local last
    last=$(grep -E '^#[0-9]+' "$2" | tail -1)
    printf '%-12s %10s runs, %6s a second, %6s edges: %s\n' "$1" \
        "$(sed -n 's/^#\([0-9]*\).*/\1/p' <<<"$last")" \
        "$(sed -n 's/.*exec\/s: \([0-9]*\).*/\1/p' <<<"$last")" \
        "$(sed -n 's/.*cov: \([0-9]*\).*/\1/p' <<<"$last")" "$3"
}

build
seeds
mkdir -p build/fuzz/findings
status=0
table=()
for name in "${names[@]}"; do
    corpora=("build/fuzz/corpus/$name")
    mkdir -p "${corpora[0]}"
    for seed in "tests/fuzz/corpus/$name" "build/fuzz/seeds/$name"; do [[ ! -d $seed ]] || corpora+=("$seed"); done
    [[ $name != profile ]] || corpora+=(probes)
    said=no\ finding
    # Threads and libraries that are not ours stay as long as the program.
    if ! ASAN_OPTIONS=detect_leaks=0 "build/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len="$most_bytes" \
        -rss_limit_mb="$most_megabytes" -timeout="$longest" -artifact_prefix="build/fuzz/findings/$name-" \
        "${corpora[@]}" >"build/fuzz/$name.log" 2>&1; then
        said="FINDING, see build/fuzz/$name.log"
        status=1
    fi
    table+=("$(row "$name" "build/fuzz/$name.log" "$said")")
done
printf '%s\n' "" "${table[@]}"
exit $status
