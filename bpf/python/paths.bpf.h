/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Single steps from one CPython object to another. Pure, like the readers of objects.bpf.h.
 */
#ifndef FLOWTAP_PYTHON_PATHS_BPF_H
#define FLOWTAP_PYTHON_PATHS_BPF_H

#include "python/objects.bpf.h"

/* Include/object.h, the same bits in all known versions. */
#define FT_TYPE_HEAP (1ULL << 9)

#define FT_LIST_ITEMS 24          /* PyListObject.ob_item */
#define FT_FUNCTION_QUALNAME 40   /* PyFunctionObject.func_qualname, Include/cpython/funcobject.h */
#define FT_FUNCTION_CLOSURE 72    /* PyFunctionObject.func_closure, a tuple of cells */
#define FT_FUNCTION_MODULE 104    /* PyFunctionObject.func_module */
#define FT_TYPE_NAME_BEFORE 24    /* ht_name, from PyHeapTypeObject.ht_cached_keys back */
#define FT_TYPE_QUALNAME_BEFORE 8 /* ht_qualname, the same way */
#define FT_MEMBER 40              /* PyMemberDescrObject.d_member, Include/cpython/descrobject.h */
#define FT_MEMBER_TYPE 8          /* PyMemberDef.type, an int */
#define FT_MEMBER_OFFSET 16       /* PyMemberDef.offset */
#define FT_MEMBER_OBJECT 6        /* its values for a pointer to an object: of 3.11's T_OBJECT, */
#define FT_MEMBER_OBJECT_EX 16    /* and of T_OBJECT_EX, as slots are */

FT_INLINE __u64 ft_flags_of_type(const struct ft_python* py, __u64 object) {
    return ft_read_u64(ft_read_u64(object + FT_OBJECT_TYPE) + py->type_flags);
}

FT_INLINE int ft_is_class(const struct ft_python* py, __u64 object) {
    return (ft_flags_of_type(py, object) & FT_TYPE_TYPE_SUBCLASS) != 0;
}

/* The item of a list or tuple; 0: it is neither, or too short. */
FT_INLINE __u64 ft_sequence_item(const struct ft_python* py, __u64 object, __u64 index) {
    __u64 flags = ft_flags_of_type(py, object);

    if (!(flags & (FT_TYPE_LIST_SUBCLASS | FT_TYPE_TUPLE_SUBCLASS))) return 0;
    if (index >= ft_read_u64(object + py->tuple_size)) return 0;
    if (flags & FT_TYPE_LIST_SUBCLASS) return ft_read_u64(ft_read_u64(object + FT_LIST_ITEMS) + 8 * index);
    return ft_read_u64(object + py->tuple_items + 8 * index);
}

FT_INLINE int ft_is_dict(const struct ft_python* py, __u64 object) {
    return (ft_flags_of_type(py, object) & FT_TYPE_DICT_SUBCLASS) != 0;
}

/* The function of a bound method; otherwise the object itself. */
FT_INLINE __u64 ft_without_self(const struct ft_python* py, __u64 object) {
    return ft_read_u64(object + FT_OBJECT_TYPE) == py->method_type ? ft_read_u64(object + py->method_function)
                                                                   : object;
}

/* The name that a function, a bound method's function or a class keeps in its own struct; 0: the object is
 * none of these. */
FT_INLINE __u64 ft_own_name(const struct ft_python* py, __u64 object, __u8 kind) {
    object = ft_without_self(py, object);
    if (ft_read_u64(object + FT_OBJECT_TYPE) == py->function_type) {
        if (kind == FT_STEP_NAME) return ft_read_u64(object + py->function_name);
        return ft_read_u64(object + (kind == FT_STEP_MODULE ? FT_FUNCTION_MODULE : FT_FUNCTION_QUALNAME));
    }
    if (kind == FT_STEP_MODULE || !ft_is_class(py, object)) return 0;
    if (!(ft_read_u64(object + py->type_flags) & FT_TYPE_HEAP)) return 0;
    return ft_read_u64(object + py->type_cached_keys -
                       (kind == FT_STEP_NAME ? FT_TYPE_NAME_BEFORE : FT_TYPE_QUALNAME_BEFORE));
}

/* The value of an object if its class has this attribute: the value of a slot, or the class attribute
 * itself. */
FT_INLINE __u64 ft_value_from_class(const struct ft_python* py, __u64 object, __u64 found) {
    __u64 member;
    __u32 type;

    if (!found || ft_read_u64(found + FT_OBJECT_TYPE) != py->member_type) return found;
    if (ft_is_class(py, object)) return 0;
    member = ft_read_u64(found + FT_MEMBER);
    type = ft_read_u32(member + FT_MEMBER_TYPE);
    if (type != FT_MEMBER_OBJECT && type != FT_MEMBER_OBJECT_EX) return 0;
    return ft_read_u64(object + ft_read_u64(member + FT_MEMBER_OFFSET));
}

/* The object in a cell of a function's closure. */
FT_INLINE __u64 ft_closure_value(const struct ft_python* py, __u64 function, __u64 index) {
    __u64 cells = ft_read_u64(function + FT_FUNCTION_CLOSURE);

    if (!cells || index >= ft_read_u64(cells + py->tuple_size)) return 0;
    return ft_read_u64(ft_read_u64(cells + py->tuple_items + 8 * index) + py->cell_value);
}

#endif
