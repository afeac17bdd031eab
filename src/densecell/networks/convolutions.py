"""Convolutions whose gradients are also right on processors with AMX.

Torch leaves bfloat16 convolutions to oneDNN, which uses AMX where the processor has it.
There, kernel gradients over large images are wrong (seen in torch 2.13 with oneDNN 3.12
on an Intel Xeon): NaN or other values, and memory behind them is overwritten. They are
right while channels x rows x columns of a slice, with columns rounded up to a multiple
of 16, stay below about 120,000. So they are summed here over strips of rows that are
small enough. Gradients of biases are plain sums and need no convolution.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from densecell.geometry import Shape, round_up

MOST_VALUES = 1 << 16  # in a slice of a strip; half of the smallest that went wrong
FILLED = 16  # channels and columns are padded to a multiple of this
CHANNELS_LAST = torch.channels_last_3d


class Conv3d(nn.Conv3d):
    """Convolution of stride 1; a subclass of torch's, so that `isinstance` finds it.

    Parameters
    ----------
    inputs, outputs
        Number of channels.
    kernel, padding
        Voxels (z, y, x).
    bias
        Whether to add a constant to each channel.
    dilation
        Distance between the slices that the kernel sees; 1 for neighbours.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: Shape = (1, 1, 1),
        *,
        padding: Shape = (0, 0, 0),
        bias: bool = True,
        dilation: int = 1,
    ) -> None:
        super().__init__(
            inputs,
            outputs,
            kernel,
            padding=padding,
            bias=bias,
            dilation=(dilation, 1, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, Z, Y, X) as `torch.nn.Conv3d` does."""
        if not _needs_strips(x):
            return super().forward(x)
        padding, dilation = cast(Shape, self.padding), cast(Shape, self.dilation)
        kind = Kind(padding, 1, transposed=False, dilation=dilation)
        return _apply(x, self.weight, self.bias, kind)


class UpConv3d(nn.ConvTranspose3d):
    """Doubles the plane: kernel and stride (1, 2, 2)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, (1, 2, 2), stride=(1, 2, 2))

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Map (B, C, Z, Y, X) to (B, outputs, Z, 2 Y, 2 X)."""
        if output_size is not None or not _needs_strips(x):
            return super().forward(x, output_size)
        return _apply(x, self.weight, self.bias, Kind((0, 0, 0), 2, transposed=True))


def has_amx() -> bool:
    """Whether this processor has AMX, units that multiply small matrices."""
    return bool(getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)())


def _needs_strips(x: Tensor) -> bool:
    return (
        torch.is_grad_enabled()
        and x.device.type == "cpu"
        and torch.is_autocast_enabled("cpu")
        and torch.get_autocast_dtype("cpu") is torch.bfloat16
        and has_amx()
    )


class Kind(NamedTuple):
    """Settings of a convolution, of `Conv3d` or of `UpConv3d`."""

    padding: Shape
    stride: int  # in plane
    transposed: bool
    dilation: Shape = (1, 1, 1)  # across slices alone

    def run(self, x: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve a (B, C, Z, Y, X) window."""
        stride = (1, self.stride, self.stride)
        if self.transposed:
            return functional.conv_transpose3d(x, kernel, bias, stride, self.padding)
        return functional.conv3d(
            x, kernel, bias, stride, self.padding, dilation=self.dilation
        )

    def back(
        self, gradient: Tensor, x: Tensor, kernel: Tensor, *, of_kernel: bool
    ) -> Tensor:
        """Gradient of the kernel, or of `x`."""
        both = torch.ops.aten.convolution_backward(
            gradient,
            x,
            kernel,
            None,
            [1, self.stride, self.stride],
            list(self.padding),
            list(self.dilation),
            self.transposed,
            [0, 0, 0],
            1,
            [not of_kernel, of_kernel, False],
        )
        found: Tensor = both[int(of_kernel)]
        return found


def _apply(x: Tensor, weight: Tensor, bias: Tensor | None, kind: Kind) -> Tensor:
    result: Tensor = _InStrips.apply(x.bfloat16(), weight, bias, kind)  # type: ignore[no-untyped-call]
    return result


class _InStrips(torch.autograd.Function):
    """Convolve in bfloat16; sum the kernel's gradient over strips."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, kind: Kind
    ) -> Tensor:
        kernel = weight.bfloat16()
        ctx.save_for_backward(x, kernel)
        ctx.kind = kind
        return kind.run(x, kernel, None if bias is None else bias.bfloat16())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, kernel = ctx.saved_tensors
        kind: Kind = ctx.kind
        of_x, of_kernel, of_bias, _ = ctx.needs_input_grad
        gradient = gradient.contiguous(memory_format=CHANNELS_LAST)
        return (
            kind.back(gradient, x, kernel, of_kernel=False) if of_x else None,
            kernel_gradient(gradient, x, kernel, kind) if of_kernel else None,
            gradient.float().sum((0, 2, 3, 4)) if of_bias else None,
            None,
        )


def kernel_gradient(gradient: Tensor, x: Tensor, kernel: Tensor, kind: Kind) -> Tensor:
    """Gradient of a kernel, in its shape, in float32.

    Parameters
    ----------
    gradient
        (B, outputs, Z, Y', X') gradient of the result.
    x
        (B, inputs, Z, Y, X) input of the convolution.
    """
    total = torch.zeros(kernel.shape)
    within = kind._replace(padding=(kind.padding[0], 0, kind.padding[2]))
    for rows, sources, zeros in strips(gradient, x, kernel, kind):
        part = gradient[:, :, :, rows].contiguous(memory_format=CHANNELS_LAST)
        image = functional.pad(x[:, :, :, sources], (0, 0, *zeros))
        image = image.contiguous(memory_format=CHANNELS_LAST)
        total += within.back(part, image, kernel, of_kernel=True)
    return total


def strips(
    gradient: Tensor, x: Tensor, kernel: Tensor, kind: Kind
) -> Iterator[tuple[slice, slice, tuple[int, int]]]:
    """Cut a gradient into strips of rows.

    Yields rows of the gradient, the rows of `x` that they come from, and the number of
    rows of zeros to pad before and behind these.
    """
    channels = round_up(max(x.shape[1], gradient.shape[1]), FILLED)
    columns = round_up(max(gradient.shape[4], x.shape[4]), FILLED)
    step = kind.stride if kind.transposed else 1  # rows of the gradient from one of `x`
    around = 0 if kind.transposed else kernel.shape[3] - 1
    most = max(1, MOST_VALUES // (channels * columns * step) - around) * step
    for first in range(0, gradient.shape[3], most):
        last = min(gradient.shape[3], first + most)
        begin = first // step - kind.padding[1]
        end = last // step - kind.padding[1] + around
        sources = slice(max(0, begin), min(end, x.shape[3]))
        yield slice(first, last), sources, (sources.start - begin, end - sources.stop)
