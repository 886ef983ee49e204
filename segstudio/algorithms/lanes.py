"""Rows of float32 added up in vector registers, for kernels that numba's own vectoriser leaves scalar.

A kernel takes *lanes*, a tuple of as many zeros as a register shall hold floats (see :func:`lanes_for`), so that each
width is compiled for itself. Rows are padded to a multiple of it. All arrays are C-contiguous and flat (one
dimension); positions count elements; nothing is checked against the arrays' ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # numba's own compiler, which ships no types
from numba.core import cgutils, types
from numba.extending import intrinsic

_WIDTHS = (1, 4, 8)


def _instructions(generator: Callable[..., Any]) -> Any:
    """An intrinsic of numba; the caller in Python source leaves out the typing context, so it has no honest type."""
    return intrinsic(generator)


def lanes_for(columns: int) -> tuple[int, ...]:
    """The lanes for rows of *columns* floats: the fewest that hold them, or the most there are."""
    return (0,) * next((width for width in _WIDTHS if width >= columns), _WIDTHS[-1])


def padded(columns: int, lanes: tuple[int, ...]) -> int:
    """*columns*, rounded up to whole registers."""
    return -(-columns // len(lanes)) * len(lanes)


class _Rows:
    """Writes LLVM instructions on registers of one width."""

    def __init__(self, context: Any, builder: Any, lanes: Any) -> None:
        self.context, self.builder, self.width = context, builder, lanes.count
        self.type = ir.VectorType(ir.FloatType(), self.width)

    def data(self, array_type: Any, value: Any) -> Any:
        return self.context.make_array(array_type)(self.context, self.builder, value).data

    def element(self, data: Any, position: Any) -> Any:
        return self.builder.load(self.builder.gep(data, [position]))

    def row(self, data: Any, position: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(data, [position]), self.type.as_pointer())

    def load(self, row: Any) -> Any:
        loaded = self.builder.load(row)
        loaded.align = 4
        return loaded

    def store(self, value: Any, row: Any) -> None:
        self.builder.store(value, row).align = 4

    def spread(self, scalar: Any) -> Any:
        undefined = ir.Constant(self.type, ir.Undefined)
        index = ir.IntType(32)
        first = self.builder.insert_element(undefined, scalar, ir.Constant(index, 0))
        return self.builder.shuffle_vector(
            first, undefined, ir.Constant(ir.VectorType(index, self.width), [0] * self.width)
        )

    def variable(self, value: Any) -> Any:
        make: Callable[..., Any] = cgutils.alloca_once_value
        return make(self.builder, value)

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        product = self.builder.fmul(a, b, flags=("contract",))
        return self.builder.fadd(product, c, flags=("contract",))

    def table_row(self, numbers: Any, at: Any, table: Any, stride: Any, offset: Any) -> Any:
        number = self.builder.sext(self.element(numbers, at), ir.IntType(64))
        return self.row(table, self.builder.add(self.builder.mul(number, stride), offset))


@_instructions
def gather(typing, lanes, target, at, numbers, weights, first, count, table, stride, offset):  # type: ignore[no-untyped-def]
    """``target[at:] += sum of weights[q] * table[numbers[q] * stride + offset:]`` for *count* q from *first* on."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        rows = _Rows(context, builder, signature.args[0])
        _, target, at, numbers, weights, first, count, table, stride, offset = arguments
        target, numbers, weights, table = (
            rows.data(signature.args[i], value) for i, value in ((1, target), (3, numbers), (4, weights), (7, table))
        )
        place = rows.row(target, at)
        total = rows.variable(rows.load(place))
        with cgutils.for_range(builder, count) as loop:
            position = builder.add(first, loop.index)
            value = rows.load(rows.table_row(numbers, position, table, stride, offset))
            weight = rows.spread(rows.element(weights, position))
            builder.store(rows.multiply_add(weight, value, builder.load(total)), total)
        rows.store(builder.load(total), place)
        return context.get_dummy_value()

    size = types.intp
    return types.void(lanes, target, size, numbers, weights, size, size, table, size, size), generate


@_instructions
def scatter(typing, lanes, source, at, numbers, weights, first, count, table, stride, offset):  # type: ignore[no-untyped-def]
    """``table[numbers[q] * stride + offset:] += weights[q] * source[at:]`` for *count* q from *first* on."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        rows = _Rows(context, builder, signature.args[0])
        _, source, at, numbers, weights, first, count, table, stride, offset = arguments
        source, numbers, weights, table = (
            rows.data(signature.args[i], value) for i, value in ((1, source), (3, numbers), (4, weights), (7, table))
        )
        value = rows.load(rows.row(source, at))
        with cgutils.for_range(builder, count) as loop:
            position = builder.add(first, loop.index)
            place = rows.table_row(numbers, position, table, stride, offset)
            weight = rows.spread(rows.element(weights, position))
            rows.store(rows.multiply_add(weight, value, rows.load(place)), place)
        return context.get_dummy_value()

    size = types.intp
    return types.void(lanes, source, size, numbers, weights, size, size, table, size, size), generate


@_instructions
def middle(typing, lanes, target, source, at, before, after):  # type: ignore[no-untyped-def]
    """``target[at:] = source[at:] + (source[before:] + source[after:]) / 2``."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        rows = _Rows(context, builder, signature.args[0])
        _, target, source, at, before, after = arguments
        target, source = rows.data(signature.args[1], target), rows.data(signature.args[2], source)
        here, left, right = (rows.load(rows.row(source, position)) for position in (at, before, after))
        half = rows.spread(ir.Constant(ir.FloatType(), 0.5))
        rows.store(rows.multiply_add(half, builder.fadd(left, right), here), rows.row(target, at))
        return context.get_dummy_value()

    size = types.intp
    return types.void(lanes, target, source, size, size, size), generate


@_instructions
def affine(typing, lanes, target, at, count, factor, shift):  # type: ignore[no-untyped-def]
    """``target[at : at + count] = target[at : at + count] * factor + shift``, *count* in whole registers."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        rows = _Rows(context, builder, signature.args[0])
        _, target, at, count, factor, shift = arguments
        target = rows.data(signature.args[1], target)
        factor, shift = rows.spread(factor), rows.spread(shift)
        step = ir.Constant(ir.IntType(64), rows.width)
        with cgutils.for_range_slice(builder, ir.Constant(ir.IntType(64), 0), count, step) as (offset, _):
            place = rows.row(target, builder.add(at, offset))
            rows.store(rows.multiply_add(rows.load(place), factor, shift), place)
        return context.get_dummy_value()

    size = types.intp
    return types.void(lanes, target, size, size, types.float32, types.float32), generate


def _folded(rows: _Rows, value: Any, combine: Any) -> Any:
    """All lanes of *value* combined into one float, half onto half."""
    width = rows.width
    while width > 1:
        width //= 2
        index = ir.VectorType(ir.IntType(32), rows.width)
        other = ir.Constant(index, [*range(width, 2 * width), *range(rows.width - width)])
        value = combine(value, rows.builder.shuffle_vector(value, value, other))
    return rows.builder.extract_element(value, ir.Constant(ir.IntType(32), 0))


def _reduction(combine_of: Any) -> Any:
    def reduced(typing, lanes, source, at, count):  # type: ignore[no-untyped-def]
        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            rows = _Rows(context, builder, signature.args[0])
            _, source, at, count = arguments
            source = rows.data(signature.args[1], source)
            combine = combine_of(builder)
            total = rows.variable(rows.load(rows.row(source, at)))
            step = ir.Constant(ir.IntType(64), rows.width)
            with cgutils.for_range_slice(builder, step, count, step) as (offset, _):
                value = rows.load(rows.row(source, builder.add(at, offset)))
                builder.store(combine(value, builder.load(total)), total)
            return _folded(rows, builder.load(total), combine)

        return types.float32(lanes, source, types.intp, types.intp), generate

    return reduced


def _greater(builder: Any) -> Any:
    return lambda a, b: builder.select(builder.fcmp_ordered(">", a, b), a, b)


row_sum = _instructions(_reduction(lambda builder: builder.fadd))
"""``row_sum(lanes, source, at, count)``: the sum of ``source[at : at + count]``, *count* in whole registers."""
row_max = _instructions(_reduction(_greater))
"""``row_max(lanes, source, at, count)``: the greatest of ``source[at : at + count]``."""


@_instructions
def float_of_bits(typing, bits):  # type: ignore[no-untyped-def]
    """The float32 that the bits of an int32 stand for."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate
