// SPDX-License-Identifier: Apache-2.0
#include "yaml/yaml_document.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>

#include <exception>
#include <new>
#include <sstream>

namespace flowtap {
namespace {

// Notes where the content of a document begins, and ignores all other events.
class ContentStart final : public YAML::EventHandler {
public:
    [[nodiscard]] int line() const { return line_; }

    void OnDocumentStart(const YAML::Mark&) override { line_ = 0; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { note(mark); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { note(mark); }
    void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string&) override {
        note(mark);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {
        note(mark);
    }
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {
        note(mark);
    }
    void OnMapEnd() override {}

private:
    void note(const YAML::Mark& mark) {
        if (line_ == 0) line_ = mark.line + 1;
    }

    int line_ = 0;
};

// Line of the second document's content, if there is one. Does not use YAML::LoadAll: yaml-cpp 0.7 makes
// endless documents out of ", a", each of which leaves the comma to the next.
std::optional<int> second_document(const std::string& text) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    ContentStart start;
    parser.HandleNextDocument(start);
    if (!parser.HandleNextDocument(start)) return std::nullopt;
    return start.line();
}

// Throws yaml-cpp's exceptions.
std::optional<YAML::Node> parse(const std::string& text, Problems& problems) {
    auto document = YAML::Load(text);
    if (const auto line = second_document(text)) {
        problems.add(*line, "a second YAML document", "write one " + problems.what() + " per file");
    } else if (document.IsNull()) {
        problems.add(1, "holds no " + problems.what(), "write \"key: value\" lines");
    } else {
        return document;
    }
    return std::nullopt;
}

}  // namespace

std::optional<YAML::Node> read_document(const std::string& text, Problems& problems) {
    try {
        return parse(text, problems);
    } catch (const YAML::DeepRecursion& error) {
        problems.add(error.mark.line + 1, "is nested too deeply", "it needs five levels at most");
    } catch (const YAML::Exception& error) {
        problems.add(error.mark.line + 1, "not valid YAML: " + error.msg, "fix the YAML around this line");
    } catch (const std::bad_alloc&) {
        problems.add(0, "not enough memory to parse it", "shorten it, or allow flowtap more memory");
    } catch (const std::exception& error) {
        problems.add(0, std::string("cannot be parsed: ") + error.what(), "check that it is a YAML file");
    }
    return std::nullopt;
}

}  // namespace flowtap
