// SPDX-License-Identifier: Apache-2.0
#include "elf/symbols/mini_debug_info.h"

#include <gelf.h>
#include <lzma.h>

#include <cstdint>
#include <string_view>

namespace flowtap {
namespace {

constexpr std::uint64_t kMaxDecoderMemory = 128 << 20;
constexpr std::size_t kMaxBytes = 128 << 20;
constexpr std::size_t kFirstBytes = 1 << 20;

const Elf_Data* section_named(Elf* elf, std::string_view wanted) {
    std::size_t names = 0;
    if (elf_getshdrstrndx(elf, &names) != 0) return nullptr;
    Elf_Scn* section = nullptr;
    while ((section = elf_nextscn(elf, section)) != nullptr) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_PROGBITS) continue;
        const char* name = elf_strptr(elf, names, header.sh_name);
        if (name != nullptr && name == wanted) return elf_rawdata(section, nullptr);
    }
    return nullptr;
}

class Decoder {
public:
    Decoder() { ready_ = lzma_stream_decoder(&stream_, kMaxDecoderMemory, 0) == LZMA_OK; }
    ~Decoder() { lzma_end(&stream_); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    std::vector<char> decode(const Elf_Data& data) {
        if (!ready_ || data.d_buf == nullptr) return {};
        std::vector<char> out(kFirstBytes);
        stream_.next_in = static_cast<const std::uint8_t*>(data.d_buf);
        stream_.avail_in = data.d_size;
        std::size_t done = 0;
        while (true) {
            stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data() + done);
            stream_.avail_out = out.size() - done;
            const lzma_ret result = lzma_code(&stream_, LZMA_FINISH);
            done = out.size() - stream_.avail_out;
            if (result == LZMA_STREAM_END) break;
            if (result != LZMA_OK || done < out.size() || out.size() >= kMaxBytes) return {};
            out.resize(2 * out.size());
        }
        out.resize(done);
        return out;
    }

private:
    lzma_stream stream_ = LZMA_STREAM_INIT;
    bool ready_ = false;
};

}  // namespace

std::vector<char> read_mini_debug_info(Elf* elf) {
    const Elf_Data* data = section_named(elf, ".gnu_debugdata");
    return data == nullptr ? std::vector<char>() : Decoder().decode(*data);
}

}  // namespace flowtap
