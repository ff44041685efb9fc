// SPDX-License-Identifier: Apache-2.0
#include "plan/native/value_reading.h"

namespace flowtap {

bool takes_two_registers(NativeType type) {
    return type == NativeType::kStringView || type == NativeType::kStr;
}

bool is_passed_by_address(NativeType type) {
    return type == NativeType::kString || type == NativeType::kLibcxxString;
}

bool read_as(AccessPath& place, NativeType type) {
    switch (type) {
        case NativeType::kDeclared:
            return false;
        case NativeType::kCString:
            return place.read_cstring();
        case NativeType::kString:
        case NativeType::kStr:
            return place.read_slice(0, 8);
        case NativeType::kStringView:
            return place.read_slice(8, 0);
        case NativeType::kLibcxxString:
            return place.read_libcxx_string();
        case NativeType::kInt8:
        case NativeType::kUint8:
            return place.read_number(1, type == NativeType::kInt8);
        case NativeType::kInt16:
        case NativeType::kUint16:
            return place.read_number(2, type == NativeType::kInt16);
        case NativeType::kInt32:
        case NativeType::kUint32:
            return place.read_number(4, type == NativeType::kInt32);
        case NativeType::kInt64:
        case NativeType::kUint64:
            return place.read_number(8, type == NativeType::kInt64);
    }
    return false;
}

}  // namespace flowtap
